//! The simplest core that drives a replica: replica 0 orders, the others follow. For tests of the replica alone.

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Authentic, Signatures, SignedBytes};
use protocol::{Call, Ctx, Decision, Input, Payload, Protocol, Reply, Status};
use types::{NodeId, Seq, View};

#[derive(Debug)]
pub(super) struct Sequencer {
    next: Seq,
    building: bool,
    waiting: usize,
    log: Vec<(Seq, Payload)>,
    halted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    seq: Seq,
    payload: Payload,
}
codec::record!(Order { seq: Seq, payload: Payload });

#[derive(Clone, Debug)]
pub(super) struct Nothing;
impl Encode for Nothing {
    fn encode(&self, _: &mut Vec<u8>) {}
}
impl Decode for Nothing {
    const BYTES_MIN: usize = 0;
    fn decode(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}
impl Authentic for Order {
    fn author(&self) -> Option<NodeId> {
        Some(NodeId::new(0))
    }
    fn check_signatures(&self, _: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        true
    }
}

impl Protocol for Sequencer {
    const NAME: &'static str = "sequencer";
    type Config = ();
    type Message = Order;
    type Record = Nothing;
    type Timer = ();

    fn start((): (), _: Vec<Nothing>, _: &mut Ctx<'_, Self>) -> Self {
        Self { next: Seq::new(1), building: false, waiting: 0, log: Vec::new(), halted: false }
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        let leads = ctx.me() == NodeId::new(0);
        match input {
            Input::Submit(_) => self.waiting += 1,
            Input::Reply(Reply::Built { payload: Some(payload), seq, .. }) => {
                self.building = false;
                self.waiting = 0;
                self.next = seq.next();
                ctx.broadcast(Order { seq, payload });
            }
            Input::Reply(Reply::Built { payload: None, .. }) => {
                self.building = false;
                self.waiting = 0;
            }
            Input::Receive { message, .. } => {
                self.log.push((message.seq, message.payload.clone()));
                let (seq, payload) = (message.seq, message.payload.clone());
                ctx.call(Call::Check { view: View::ZERO, seq, payload, proposer: NodeId::new(0) });
            }
            Input::Reply(Reply::Checked { seq, valid, .. }) => {
                assert!(valid, "the sequencer proposes only valid payloads");
                let payload =
                    self.log.iter().find(|(at, _)| *at == seq).map(|(_, payload)| payload.clone());
                ctx.decide(Decision { view: View::ZERO, seq, payload, commits: Signatures::new() });
            }
            Input::Reply(Reply::Diverged { .. }) => self.halted = true,
            Input::Reply(Reply::Transferred { .. }) => self.halted = false,
            Input::Timeout(()) | Input::Reply(Reply::Executed { .. } | Reply::Mined { .. }) => {}
        }
        if leads && self.waiting > 0 && !self.building {
            self.building = true;
            ctx.call(Call::Build { view: View::ZERO, seq: self.next });
        }
    }

    fn status(&self) -> Status {
        Status {
            view: View::ZERO,
            leader: Some(NodeId::new(0)),
            voting: !self.halted,
            phase: if self.halted { "halted" } else { "normal" },
            decided: self.next.previous().unwrap_or(Seq::ZERO),
            stable: Seq::ZERO,
            tentative: None,
            pending: self.waiting,
            log_entries: self.log.len(),
            waiting: None,
            view_change_cause: None,
        }
    }
    fn view(&self) -> View {
        View::ZERO
    }
}
