//! What the model world must know of the baselines.

use testkit::{Cluster, Subject, ms};

use crate::{Config, Core, Message, Mode, Mutant, Record};

pub(super) type World = Cluster<Core>;

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config { retry_interval: ms(100), mutant, ..Config::new(n) }
    }
    fn message_name(message: &Message) -> String {
        match message {
            Message::Order(order) => format!("ORDER({} {:?})", order.seq, order.payload),
            Message::Ack(ack) => format!("ACK({})", ack.seq),
            Message::Fetch(fetch) => format!("FETCH({})", fetch.seq),
            Message::Stand(stand) => format!("STAND({})", stand.seq),
        }
    }
    fn record_name(record: &Record) -> String {
        match record {
            Record::Order(order) => format!("order({})", order.seq),
            Record::Base(seq) => format!("base({seq})"),
        }
    }
}

/// Replicas without consensus.
pub(super) fn without_consensus(n: usize) -> World {
    World::with(n, None, |config| config.mode = Mode::None)
}
