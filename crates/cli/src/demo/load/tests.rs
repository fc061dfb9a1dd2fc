use super::*;

#[test]
fn what_the_ledger_says_is_final_and_a_validators_trouble_is_not() {
    let consumed = Answer::Final(Fate::Refused("ALREADY_CONSUMED".into()));
    assert_eq!(of_code(api::Code::AlreadyConsumed), consumed);
    for code in [api::Code::PoolFull, api::Code::SenderLimit, api::Code::TooManyConnections] {
        assert_eq!(of_code(code), Answer::Busy);
    }
    for code in [
        api::Code::CommitTimeout,
        api::Code::NodeUnavailable,
        api::Code::NonceUsed,
        api::Code::AlreadyPending,
    ] {
        assert_eq!(of_code(code), Answer::Elsewhere);
    }
}
