//! What the model world must know of this core.

use testkit::{Subject, WorldBug};
use types::Duration;

use crate::{Config, Core, Message, Mutant, Record, Slot};

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        let ms = Duration::from_ms;
        Config {
            period: ms(100),
            wiggle: ms(40),
            era_periods: 32,
            drift_max: ms(300),
            retry_interval: ms(250),
            renew_after: ms(4_000),
            history: 16,
            mutant,
            ..Config::new(n)
        }
    }
    fn message_name(message: &Message) -> String {
        match message {
            Message::Block(block) => {
                let header = &block.header.statement;
                let slot = match header.slot {
                    Slot::Era(_) => format!("d{}", header.difficulty),
                    Slot::Step(step) => format!("step {step}"),
                };
                let load = if block.payload.is_some() { "payload" } else { "empty" };
                format!("BLOCK(h{} {slot} {load})", header.height)
            }
            Message::Want(want) => format!("WANT(above h{})", want.above),
            Message::Blocks(piece) => format!("BLOCKS({})", piece.blocks.len()),
            Message::Head(head) => format!("HEAD(h{} settled h{})", head.height, head.settled),
            Message::Exhibit(exhibit) => format!("EXHIBIT({})", exhibit.second.signer),
            Message::Anchor(anchor) => format!("ANCHOR(h{})", anchor.height),
        }
    }
    fn record_name(record: &Record) -> String {
        match record {
            Record::Root(root) => format!("root(h{})", root.anchor.height),
            Record::Block(block) => {
                format!("block(h{} by {})", block.header.statement.height, block.header.signer)
            }
        }
    }
    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            _ => None,
        }
    }
}
