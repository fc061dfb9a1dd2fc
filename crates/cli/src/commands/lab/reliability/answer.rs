//! One point's answer, by every engine that was asked.

use lab::parallel::{self, processors};
use lab::reliability::rare::{Event, RareSampler, Sums, rare_shards};
use lab::reliability::{
    CoreRuns, Effort, Error, Help, Interval, Model, Setup, Theory, Thresholds, Trial, estimate,
    observe, theory,
};
use serde_json::{Value, json};

use super::points::Point;
use super::{refused, wants};
use crate::args::{Engine, ReliabilityArgs};
use crate::clock::cpu_s;
use crate::failure::{Failure, Result};
use crate::stats::{per_s, round};

/// Rounds for a rare event where none are asked for.
const RARE_ROUNDS: u64 = 200_000;
/// Most of them.
const RARE_ROUNDS_MAX: u64 = 1_000_000_000;

/// Asks all engines.
pub(super) fn of(args: &ReliabilityArgs, point: &Point) -> Result<Value> {
    let model = Model::new(&point.setup).map_err(|error| refused(&error))?;
    let mut value = json!({
        "protocol": args.protocol, "nodes": model.n(), "p": point.p, "faults": model.f(), "need": model.need(),
        "thresholds": point.setup.thresholds.to_string(), "topology": point.topology,
        "silent": point.setup.silent, "leader": point.setup.leader, "seed": args.seed,
    });
    if args.matrix.is_some() {
        value["p"] = Value::Null;
    }
    let mut known = None;
    if wants(args, Engine::Theory) {
        known = exact(args, &model, point, &mut value)?;
    }
    if wants(args, Engine::Mc) {
        sampled(args, &model, point, known, &mut value)?;
    }
    if wants(args, Engine::Rare) {
        value["rare"] = rare(args, &model, point)?;
    }
    if wants(args, Engine::Core) {
        let helps = Help::ALL
            .into_iter()
            .filter(|help| args.help_by.iter().any(|name| name == help.name()));
        let cores = helps.map(|help| core(args, point, help)).collect::<Result<Vec<_>>>()?;
        value["cores"] = Value::Array(cores);
    }
    Ok(value)
}

/// The exact probability; where there are too many fates and something else answers too, why not.
fn exact(
    args: &ReliabilityArgs,
    model: &Model,
    point: &Point,
    value: &mut Value,
) -> Result<Option<Theory>> {
    let start = cpu_s();
    match theory::solve(model, &point.links) {
        Ok(known) => {
            value["theory"] = json!(known.success);
            value["theory_failure"] = json!(known.failure);
            value["theory_log10"] = json!([known.log10_success, known.log10_failure].map(finite));
            value["theory_relative_error_max"] = json!(known.relative_error_max);
            value["theory_cpu_ms"] = json!(round((cpu_s() - start) * 1e3, 3));
            Ok(Some(known))
        }
        Err(error @ Error::Intractable { .. }) if args.engine.len() > 1 => {
            value["theory"] = Value::Null;
            value["theory_refused"] = json!(error.to_string());
            Ok(None)
        }
        Err(error) => Err(refused(&error)),
    }
}

/// JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn ends(interval: Interval) -> Value {
    json!([interval.low, interval.high])
}

fn sampled(
    args: &ReliabilityArgs,
    model: &Model,
    point: &Point,
    known: Option<Theory>,
    value: &mut Value,
) -> Result<()> {
    let threads = args.threads.unwrap_or_else(processors);
    let effort =
        Effort { rounds: args.rounds, precision: args.precision, seed: args.seed, threads };
    let start = cpu_s();
    let found = estimate(model, &point.links, &effort).map_err(|error| refused(&error))?;
    let spent = cpu_s() - start;
    value["estimate"] = json!(found.probability());
    value["ci95"] = ends(found.ci95);
    value["hits"] = json!(found.hits);
    value["rounds"] = json!(found.rounds);
    value["rounds_per_cpu_s"] = json!(per_s(found.rounds, spent));
    value["precise"] = json!(found.precise);
    if let Some(known) = known {
        value["residual"] = json!(found.probability() - known.success);
        value["theory_in_ci95"] = json!(found.ci95.contains(known.success));
    }
    Ok(())
}

/// Whichever end of a round is the rarer one.
fn rare(args: &ReliabilityArgs, model: &Model, point: &Point) -> Result<Value> {
    let fail = |error: Error| refused(&error);
    let rounds = args.rounds.unwrap_or(RARE_ROUNDS);
    if rounds == 0 || rounds > RARE_ROUNDS_MAX {
        let why = format!("{rounds} rounds for a rare event; 1 to {RARE_ROUNDS_MAX} are possible");
        return Err(refused(&Error::Rounds { why }));
    }
    let threads = args.threads.unwrap_or_else(processors);
    let pilot = Effort { rounds: Some(1 << 14), precision: None, seed: args.seed, threads };
    let often = estimate(model, &point.links, &pilot).map_err(fail)?.probability() > 0.5;
    let event = if often { Event::Failure } else { Event::Success };
    let sampler = RareSampler::new(model, &point.links, event).map_err(fail)?;
    let start = cpu_s();
    let shards: Vec<(u64, u64)> = rare_shards(rounds).collect();
    let draw = |&(shard, rounds): &(u64, u64)| sampler.shard(args.seed, shard, rounds);
    let sums = parallel::map(&shards, threads, draw).into_iter().fold(Sums::default(), Sums::and);
    let found = sampler.judge(&sums);
    Ok(json!({
        "event": event.name(), "probability": found.probability, "ci95": ends(found.ci95),
        "relative_error": finite(found.relative_error), "effective_rounds": round(found.effective_rounds, 1),
        "rounds": found.rounds, "rounds_per_cpu_s": per_s(found.rounds, cpu_s() - start),
    }))
}

/// The real core, and what theory says where its own votes count as the core counts them.
fn core(args: &ReliabilityArgs, point: &Point, help: Help) -> Result<Value> {
    let fail = |error: Error| refused(&error);
    let setup = &point.setup;
    let usage = |what: &str, why: String| Err(Failure::usage(what).why(why));
    if !help.is_known_to(setup.protocol) {
        let why =
            "its heartbeats are its retransmission, and no election goes without them".to_owned();
        return usage("raft has no retransmission by itself", why);
    }
    if !setup.availability.is_empty() {
        return usage(
            "a core's replicas are up or silent",
            "--availability is for the other engines".into(),
        );
    }
    let first = lab::reliability::leader(setup.protocol, setup.nodes).map_err(fail)?;
    if first != setup.leader {
        let why = format!("this core begins with node {first}");
        return usage(&format!("node {} does not lead", setup.leader), why);
    }
    let counted = Setup { thresholds: Thresholds::Core, ..setup.clone() };
    let model = Model::new(&counted).map_err(fail)?;
    let horizon_ms = u64::try_from(args.horizon.as_millis()).unwrap_or(u64::MAX).min(3_600_000);
    let trial = Trial {
        protocol: setup.protocol,
        model: &model,
        silent: setup.silent,
        links: &point.links,
        help,
        horizon: types::Duration::from_ms(horizon_ms),
    };
    let threads = args.threads.unwrap_or_else(processors);
    let start = cpu_s();
    let runs = CoreRuns { trials: args.trials, seed: args.seed, threads };
    let found = observe(&trial, &runs).map_err(fail)?;
    let spent = cpu_s() - start;
    let known = match theory::solve(&model, &point.links) {
        Ok(known) if help == Help::None => Some(known.success),
        Ok(_) | Err(Error::Intractable { .. }) => None,
        Err(error) => return Err(refused(&error)),
    };
    Ok(json!({
        "help": help.name(), "theory": known, "estimate": found.success.probability(),
        "ci95": ends(found.success.ci95), "trials": found.success.rounds,
        "decided_share": round(found.decided_share, 6), "horizon_ms": horizon_ms,
        "trials_per_cpu_s": per_s(found.success.rounds, spent),
    }))
}
