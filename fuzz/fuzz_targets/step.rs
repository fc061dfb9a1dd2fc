//! Any messages into any core: the first byte picks the core, then come senders, lengths and messages.

#![no_main]

use codec::Decode as _;
use crypto::{Authentic as _, Domain, KeyRing, Scheme, Signer};
use libfuzzer_sys::fuzz_target;
use protocol::{Ctx, Input, Protocol as _};
use protocols::{Any, Message, PROTOCOLS, Params, config};
use types::{ChainId, Digest, NodeId, Time};

const N: usize = 4;
const ME: NodeId = NodeId::new(3);

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, mut rest)) = bytes.split_first() else { return };
    let name = PROTOCOLS[usize::from(which) % PROTOCOLS.len()].name;
    let domain = Domain::new(ChainId::default(), Digest::ZERO, name);
    let (_, keys) = KeyRing::simulated(Scheme::Cheap, N, 1);
    let signers: Vec<Signer> = keys
        .into_iter()
        .zip(NodeId::all(N))
        .map(|(key, id)| Signer::simulated(id, domain, key))
        .collect();
    let mut effects = Vec::new();
    let Ok(config) = config(name, N, &Params::default()) else { return };
    let mut ctx = Ctx::new(Time::from_us(1), &signers[ME.index()], &mut effects);
    let mut core = Any::start(config, Vec::new(), &mut ctx);
    while let Some((&[from, low, high], more)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high])).min(more.len());
        let (message, behind) = more.split_at(length);
        rest = behind;
        let Ok(message) = Message::from_bytes(message) else { continue };
        let from = message.author().unwrap_or(NodeId::new(u16::from(from) % 3));
        let Some(signer) = signers.get(from.index()).filter(|_| from != ME) else { continue };
        let message = signer.own(message);
        let mut effects = Vec::new();
        let mut ctx = Ctx::new(Time::from_us(2), &signers[ME.index()], &mut effects);
        core.step(Input::Receive { from, message }, &mut ctx);
    }
    let _ = core.status();
});
