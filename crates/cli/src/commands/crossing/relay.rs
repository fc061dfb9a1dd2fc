//! Carries proofs between two chains over HTTP: the same relayer as in the simulator, which nobody has to trust.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use app::crossings::{Relayer, Side, Verb, Want};
use serde_json::json;

use super::{End, operation};
use crate::args::SignArgs;
use crate::failure::Result;
use crate::output::{Report, note};
use crate::signer::Signer;

/// What a relayer did.
#[derive(Default, Debug)]
struct Done {
    rounds: u64,
    applied: u64,
    refused: u64,
}

/// Goes on until there is nothing left to do, where that is asked for, or for ever.
pub(super) async fn run(
    ends: [&End; 2],
    folder: &Path,
    sign: &SignArgs,
    exit: bool,
    every: Duration,
) -> Result<Report> {
    let [left, right] = ends;
    let signers = [left.signer(folder, sign).await?, right.signer(folder, sign).await?];
    let mut relayer = Relayer::new(left.id, right.id);
    let mut done = Done::default();
    loop {
        let is_idle = match round(&mut relayer, ends, &signers, &mut done).await {
            Ok(is_idle) => is_idle,
            Err(error) if exit => return Err(error),
            // A chain that is away comes back.
            Err(error) => {
                note(&format!("{}: {}", error.what, error.why));
                false
            }
        };
        done.rounds += 1;
        if exit && is_idle {
            let Done { rounds, applied, refused } = done;
            let value = json!({ "rounds": rounds, "applied": applied, "refused": refused });
            let text = format!("{applied} steps in {rounds} rounds, {refused} refused");
            return Ok(Report::new(value, text));
        }
        tokio::time::sleep(every).await;
    }
}

/// One round; whether both chains had nothing open.
async fn round(
    relayer: &mut Relayer,
    ends: [&End; 2],
    signers: &[Signer<'_>; 2],
    done: &mut Done,
) -> Result<bool> {
    let mut is_idle = true;
    let mut wants = VecDeque::from(relayer.round());
    while let Some(want) = wants.pop_front() {
        match want {
            Want::Prove { at, app, key } => {
                let proof = ends[at as usize].prove(app, &key).await?;
                wants.extend(relayer.told(at, &proof));
            }
            Want::Submit { to, verb, payload } => {
                is_idle = false;
                submit(&signers[to as usize], to, verb, payload, done).await;
            }
        }
    }
    Ok(is_idle)
}

/// A refusal is told and harms nothing: another relayer was faster, or the next round knows better.
async fn submit(signer: &Signer<'_>, to: Side, verb: Verb, payload: Vec<u8>, done: &mut Done) {
    let side = match to {
        Side::Left => "here",
        Side::Right => "there",
    };
    match signer.send_bytes(operation(verb), payload, 0).await {
        Ok(_) => {
            done.applied += 1;
            note(&format!("{} {side}", verb.label()));
        }
        Err(error) => {
            done.refused += 1;
            note(&format!("{} {side}: {}", verb.label(), error.code));
        }
    }
}
