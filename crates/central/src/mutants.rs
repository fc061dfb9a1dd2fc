//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// an order counts whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// the sequencer gives a place away before that is durable.
    OrderNotPersisted = "order-not-persisted",
    /// a replica acknowledges an order before it is durable.
    AckNotPersisted = "ack-not-persisted",
}
