use types::{Duration, Height, Time, View};

use super::*;
use crate::{ConfigError, ForkChoice, SealError};

#[test]
fn a_chain_of_every_protocol_grows_and_says_so() {
    for protocol in ALL {
        let mut chain = chain_of(protocol);
        for at in 0..12 {
            let block = next(&chain, &[tx(&chain, 1, at), tx(&chain, 2, at)]);
            assert_eq!(chain.offer(block.clone(), NOW), Ok(Offered::Extended), "{protocol}");
            assert_eq!(chain.offer(block, NOW), Ok(Offered::Known), "{protocol}");
        }
        let summary = chain.summary();
        assert_eq!((summary.height, summary.beside, summary.alarms), (Height::new(12), 0, 0));
        assert_eq!(chain.clock().total(), 12);
        let finalised = match chain.fork_choice() {
            ForkChoice::First => 12,
            ForkChoice::Longest | ForkChoice::Heaviest => match protocol {
                "poa" | "aura" => 10,
                _ => 4,
            },
        };
        assert_eq!(chain.finalised(), Height::new(finalised), "{protocol}");
    }
}

#[test]
fn each_part_of_a_block_is_checked_by_itself() {
    let mut chain = chain_of("pbft");
    grow(&mut chain, 3);
    let wrong = |edit: fn(&mut Block)| refused(&mut chain_of("pbft"), true, edit);
    assert_eq!(wrong(|it| it.header.chain = types::ChainId(digest(1))), BlockError::WrongChain);
    let (is, must) = (Height::new(7), Height::new(1));
    assert_eq!(wrong(|it| it.header.height = Height::new(7)), BlockError::Height { is, must });
    assert_eq!(
        wrong(|it| it.header.time = Time::from_us(3)),
        BlockError::Time { is: Time::from_us(3), must: Time::from_us(10 * SECOND) }
    );
    let far = Time::from_us(u64::MAX);
    let latest = NOW.after(Duration::from_ms(15_000));
    assert_eq!(
        wrong(|it| it.header.time = Time::from_us(u64::MAX)),
        BlockError::TooEarly { is: far, latest }
    );
    assert_eq!(wrong(|it| it.header.payload = digest(1)), BlockError::Payload);
    assert_eq!(wrong(|it| it.header.view = View::new(3)), BlockError::Payload);
    assert_eq!(wrong(|it| it.header.proposer = None), BlockError::Payload);
    assert_eq!(wrong(|it| it.proposal = None), BlockError::Payload);
    assert_eq!(wrong(|it| it.batches.push(Arc::clone(&it.batches[0]))), BlockError::Batches);
    assert_eq!(wrong(|it| it.header.clock.increment(NodeId::new(3))), BlockError::Clock);
    assert_eq!(wrong(|it| it.header.tx_count = 2), BlockError::Count);
    assert_eq!(wrong(|it| it.outcomes.clear()), BlockError::Count);
    assert_eq!(wrong(|it| it.header.tx_root = digest(1)), BlockError::Root);
    assert_eq!(
        wrong(|it| it.outcomes[0] = Outcome::Refused(crate::Refusal::Disputed)),
        BlockError::Root
    );
    let mut orphan = next(&chain, &[]);
    orphan.header.parent = digest(9);
    let unknown = Err(ChainError::UnknownParent { parent: digest(9) });
    assert_eq!(chain.offer(orphan, NOW), unknown);
}

#[test]
fn a_block_is_bounded_in_transactions_and_bytes() {
    let mut chain = with_config("pbft", |config| config.block_txs_max = 2);
    let block = next(&chain, &[tx(&chain, 1, 1), tx(&chain, 1, 2), tx(&chain, 1, 3)]);
    let error = BlockError::TooManyTransactions { count: 3, max: 2 };
    assert_eq!(block_error(chain.offer(block, NOW)), error);
    let mut chain = with_config("pbft", |config| config.block_bytes_max = 300);
    let block = next(&chain, &[tx(&chain, 1, 1), tx(&chain, 1, 2)]);
    assert!(matches!(block_error(chain.offer(block, NOW)), BlockError::TooLarge { max: 300, .. }));
}

#[test]
fn a_null_request_moves_nothing_but_the_height() {
    let mut chain = chain_of("pbft");
    grow(&mut chain, 2);
    let mut block = next(&chain, &[]);
    let below = chain.block(Height::new(2)).unwrap().header.clone();
    block.proposal = None;
    block.header.proposer = None;
    block.header.payload = Digest::ZERO;
    block.header.time = below.time;
    block.header.clock = below.clock;
    seal(&chain, &mut block, 0);
    assert_eq!(chain.offer(block.clone(), NOW), Ok(Offered::Extended));
    let mut chain = chain_of("none");
    grow(&mut chain, 2);
    block.header.chain = chain.id();
    block.header.parent = chain.tip();
    block.header.time = Time::from_us(3);
    block.seal = Seal::None;
    assert_eq!(block_error(chain.offer(block, NOW)), BlockError::Payload);
}

#[test]
fn a_configuration_that_is_none_says_what_is_wrong() {
    let genesis = genesis("pbft", true);
    let crypto = CryptoConfig::of(&genesis);
    let new = |edit: fn(&mut ConsensusConfig)| {
        let mut config = config("pbft");
        edit(&mut config);
        Chain::new(&genesis, config, crypto).map(|_| ()).unwrap_err()
    };
    let name = "proof-of-hope".to_owned();
    assert_eq!(ConsensusConfig::of(&name), Err(ConfigError::UnknownProtocol { name }));
    assert!(matches!(new(|it| it.protocol = "poa".to_owned()), ConfigError::OtherProtocol { .. }));
    let out_of_range = |error| matches!(error, ConfigError::OutOfRange { .. });
    assert!(out_of_range(new(|it| it.stakes = vec![1, 2])));
    assert!(out_of_range(new(|it| it.difficulty_initial = 0)));
    assert!(out_of_range(new(|it| it.retarget_interval = 1)));
    assert!(out_of_range(new(|it| it.finality_depth = u64::MAX)));
    assert!(out_of_range(new(|it| it.authority_threshold_ppm = 1_000_001)));
    assert!(out_of_range(new(|it| it.block_interval = Duration::from_us(0))));
}

#[test]
fn turns_slots_and_stakes_are_kept() {
    let mut poa = chain_of("poa");
    grow(&mut poa, 3);
    let mut again = draft(&poa, 3, 40, &[]);
    seal(&poa, &mut again, 3);
    let too_soon = SealError::TooSoon { proposer: NodeId::new(3) };
    assert_eq!(block_error(poa.offer(again, NOW)), BlockError::Seal(too_soon));
    let mut out_of_turn = draft(&poa, 1, 40, &[]);
    seal(&poa, &mut out_of_turn, 1);
    let weight = poa.weight();
    assert_eq!(poa.offer(out_of_turn, NOW), Ok(Offered::Extended));
    assert_eq!(poa.weight(), weight + 1, "out of turn weighs one, in turn two");

    let mut aura = chain_of("aura");
    grow(&mut aura, 3);
    for (proposer, seconds, slot) in [(2, 40, 4), (3, 30, 3), (3, 39, 3)] {
        let mut block = draft(&aura, proposer, seconds, &[]);
        seal(&aura, &mut block, proposer);
        let error = BlockError::Seal(SealError::Slot { slot });
        assert_eq!(block_error(aura.offer(block, NOW)), error);
    }

    let mut pos = with_config("pos", |config| {
        config.stakes = vec![100, 100, 9, 100];
        config.minimum_stake = 10;
    });
    grow(&mut pos, 1);
    let error = BlockError::Seal(SealError::Stake { have: 9, need: 10 });
    let block = next(&pos, &[]);
    assert_eq!(block_error(pos.offer(block, NOW)), error);
}

#[test]
fn difficulty_follows_the_time_that_blocks_took_and_is_demanded() {
    let mut chain = with_config("pow", |config| config.finality_depth = 64);
    let mut demanded = Vec::new();
    let mut seconds = 0;
    for height in 1..=20_u64 {
        // Ten times too fast, then a hundred times too slow.
        seconds += if height < 12 { 1 } else { 1_000 };
        demanded.push(chain.next_difficulty());
        let mut block = draft(&chain, 0, seconds, &[]);
        seal(&chain, &mut block, 0);
        assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
    }
    let expected =
        [4, 4, 4, 16, 16, 16, 16, 64, 64, 64, 64, 256, 256, 256, 256, 64, 64, 64, 64, 16];
    assert_eq!(demanded, expected);
    assert_eq!(chain.weight(), expected.iter().map(|&it| u128::from(it)).sum());
}
