//! Every role against every protocol that stands liars: the attack happens, honest replicas stay safe, and go on.

use super::*;
use crate::byzantine;

/// The protocols that a liar is let into.
const PROTOCOLS: [&str; 6] = ["pbft", "hotstuff", "hotstuff-3", "tendermint", "fba", "pos"];
const SEEDS: u64 = 2;

/// Runs a role in every protocol; a replica is down for a while, so that somebody needs what it missed.
fn attack(role: &str) {
    for protocol in PROTOCOLS {
        let mut attacks = 0;
        for seed in 0..SEEDS {
            let side = vec![types::NodeId::new((seed % 4) as u16)];
            let cut = Cut { from_us: 10_000, to_us: 1_500_000, side, one_way: false };
            let report = pass(&Options {
                protocol: protocol.to_owned(),
                role: role.to_owned(),
                byzantine: 1,
                decisions: 12,
                workload: Workload::Tickets,
                cuts: vec![cut],
                chaos_us_max: 2_000_000,
                seed,
                ..Options::default()
            });
            attacks += report.attacks;
        }
        assert!(attacks > 0, "{role} never attacks {protocol}");
    }
}

macro_rules! roles {
    ($($test:ident: $role:literal;)+) => {
        $(
            #[test]
            fn $test() {
                attack($role);
            }
        )+

        #[test]
        fn every_role_has_a_test() {
            assert_eq!(byzantine::ROLES, [$($role),+]);
        }
    };
}

roles! {
    the_silent_are_done_without: "silent";
    equivocators_split_nobody: "equivocating";
    those_who_delay_cost_time_only: "delaying";
    two_proposals_for_one_place_decide_one_at_most: "proposing-twice";
    conflicting_votes_count_once_at_most: "conflicting";
    a_wrong_value_is_nobodys_value: "wrong-value";
    what_was_tampered_with_is_refused: "tampering";
    what_was_forged_is_refused: "forging";
    what_was_replayed_changes_nothing: "replaying";
    withheld_votes_are_done_without: "withholding";
    nobody_is_framed: "framing";
    the_censored_are_served: "censor";
    a_bad_state_is_not_believed: "bad-state";
    a_flood_from_the_future_is_not_kept: "flooding";
    what_was_rewritten_and_signed_again_harms_nobody: "rewriting";
    who_said_one_thing_is_not_believed_the_other: "revising";
}
