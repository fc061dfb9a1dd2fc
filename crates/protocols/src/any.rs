//! One core that is any of them: an enum over each of their parts, and one match from a variant to its core.

use std::sync::Arc;

use crypto::{Authentic, SignedBytes, Signer, Verifier};
use protocol::{Ctx, Effect, Evidence, Input, Inspect, Promise, Protocol, Status, ViewChangeCause};
use types::{NodeId, View};

/// A core with room for its effects.
#[derive(Debug)]
pub struct Running<C: Protocol> {
    core: C,
    scratch: Vec<Effect<C>>,
}

impl<C: Protocol> Running<C> {
    fn start(
        config: C::Config,
        log: Vec<C::Record>,
        ctx: &mut Ctx<'_, Any>,
        wrap: impl FnMut(Effect<C>) -> Effect<Any>,
    ) -> Self {
        let mut scratch = Vec::new();
        let core = ctx.within(&mut scratch, |ctx| C::start(config, log, ctx), wrap);
        Self { core, scratch }
    }
    fn step(
        &mut self,
        input: Input<C>,
        ctx: &mut Ctx<'_, Any>,
        wrap: impl FnMut(Effect<C>) -> Effect<Any>,
    ) {
        let core = &mut self.core;
        ctx.within(&mut self.scratch, |ctx| core.step(input, ctx), wrap);
    }
}

const fn total(lists: &[&[&str]]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < lists.len() {
        sum += lists[at].len();
        at += 1;
    }
    sum
}

const fn concat<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let (mut all, mut list, mut into) = ([""; N], 0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            all[into] = lists[list][at];
            into += 1;
            at += 1;
        }
        list += 1;
    }
    all
}

macro_rules! cores {
    ($($tag:literal => $variant:ident = $core:ty),+ $(,)?) => {
        /// Any of the cores.
        #[derive(Debug)]
        #[expect(clippy::large_enum_variant, reason = "there is one of them in a replica")]
        pub enum Any {
            $(#[doc = stringify!($core)] $variant(Running<$core>)),+
        }
        /// A message of any core.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Message {
            $(#[doc = stringify!($core)] $variant(Arc<<$core as Protocol>::Message>)),+
        }
        codec::tagged!(Message { $($tag => $variant),+ });
        /// What any core keeps.
        #[derive(Clone, Debug)]
        pub enum Record {
            $(#[doc = stringify!($core)] $variant(<$core as Protocol>::Record)),+
        }
        codec::tagged!(Record { $($tag => $variant),+ });
        /// A timer of any core.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Timer {
            $(#[doc = stringify!($core)] $variant(<$core as Protocol>::Timer)),+
        }
        /// What any core is told.
        #[derive(Clone, Debug)]
        pub enum Config {
            $(#[doc = stringify!($core)] $variant(<$core as Protocol>::Config)),+
        }

        const LISTS: &[&[&str]] = &[$(<$core as Inspect>::KINDS),+];

        impl Protocol for Any {
            const NAME: &'static str = "any";
            type Config = Config;
            type Message = Message;
            type Record = Record;
            type Timer = Timer;

            fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
                match config {
                    $(Config::$variant(config) => {
                        // Another core's records are of an earlier epoch.
                        let log = log.into_iter().filter_map(|record| match record {
                            Record::$variant(record) => Some(record),
                            #[allow(unreachable_patterns, clippy::wildcard_enum_match_arm, reason = "all others")]
                            _ => None,
                        });
                        Self::$variant(Running::start(config, log.collect(), ctx, wrap::$variant))
                    })+
                }
            }

            fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
                match self {
                    $(Self::$variant(running) => {
                        let input = match input {
                            Input::Receive { from, message } => {
                                let part = message.part(|message| match message {
                                    Message::$variant(message) => Some(message),
                                    #[allow(unreachable_patterns, clippy::wildcard_enum_match_arm, reason = "all others")]
                                    _ => None,
                                });
                                match part {
                                    Some(message) => Input::Receive { from, message },
                                    None => return ctx.reject(from, protocol::Reject::Malformed),
                                }
                            }
                            Input::Timeout(Timer::$variant(timer)) => Input::Timeout(timer),
                            #[allow(unreachable_patterns, reason = "all others")]
                            Input::Timeout(_) => return,
                            Input::Submit(digest) => Input::Submit(digest),
                            Input::Reply(reply) => Input::Reply(reply),
                        };
                        running.step(input, ctx, wrap::$variant);
                    })+
                }
            }

            fn status(&self) -> Status {
                match self {
                    $(Self::$variant(running) => running.core.status()),+
                }
            }
            fn view(&self) -> View {
                match self {
                    $(Self::$variant(running) => running.core.view()),+
                }
            }
            fn view_change_cause(&self) -> Option<ViewChangeCause> {
                match self {
                    $(Self::$variant(running) => running.core.view_change_cause()),+
                }
            }
        }

        impl Inspect for Any {
            const KINDS: &'static [&'static str] = &concat::<{ total(LISTS) }>(LISTS);

            fn kind(message: &Message) -> usize {
                let mut before = 0;
                $(
                    if let Message::$variant(message) = message {
                        return before + <$core as Inspect>::kind(message);
                    }
                    before += <$core as Inspect>::KINDS.len();
                )+
                before
            }
            fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
                match message {
                    $(Message::$variant(message) => <$core as Inspect>::promises(message, each)),+
                }
            }
            fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
                match message {
                    $(Message::$variant(message) => <$core as Inspect>::contradict(message, signer)
                        .map(|lie| Message::$variant(Arc::new(lie)))),+
                }
            }
            fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
                match message {
                    $(Message::$variant(message) => <$core as Inspect>::ahead(message, signer, by)
                        .map(|flood| Message::$variant(Arc::new(flood)))),+
                }
            }
            fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
                false $(|| <$core as Inspect>::verify_evidence(evidence, verifier))+
            }
        }

        impl Authentic for Message {
            fn author(&self) -> Option<NodeId> {
                match self {
                    $(Self::$variant(message) => message.author()),+
                }
            }
            fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
                match self {
                    $(Self::$variant(message) => message.check_signatures(check)),+
                }
            }
        }

        #[allow(non_snake_case, reason = "one function for each variant, named like it")]
        mod wrap {
            use super::{Any, Arc, Effect, Message, Record, Timer};

            $(pub(super) fn $variant(effect: Effect<$core>) -> Effect<Any> {
                match effect {
                    Effect::Persist(record) => Effect::Persist(Record::$variant(record)),
                    Effect::Compact(records) => {
                        Effect::Compact(records.into_iter().map(Record::$variant).collect())
                    }
                    Effect::Send { to, message } => {
                        Effect::Send { to, message: Message::$variant(Arc::new(message)) }
                    }
                    Effect::Broadcast(message) => {
                        Effect::Broadcast(Message::$variant(Arc::new(message)))
                    }
                    Effect::SetTimer { timer, after } => {
                        Effect::SetTimer { timer: Timer::$variant(timer), after }
                    }
                    Effect::CancelTimer(timer) => Effect::CancelTimer(Timer::$variant(timer)),
                    Effect::Call(call) => Effect::Call(call),
                    Effect::Decide(decision) => Effect::Decide(decision),
                    Effect::Accuse(evidence) => Effect::Accuse(evidence),
                    Effect::Reject { peer, reason } => Effect::Reject { peer, reason },
                }
            })+
        }
    };
}

cores! {
    0 => Pbft = pbft::Core,
    1 => HotStuff = hotstuff::Core,
    2 => Tendermint = tendermint::Core,
    3 => Raft = raft::Core,
    4 => Poa = poa::Core,
    5 => Pos = pos::Core,
    6 => Pow = pow::Core,
    7 => Fba = fba::Core,
    8 => Central = central::Core,
}
