use super::*;
use crate::byzantine;

#[test]
fn a_printed_command_line_repeats_the_run() {
    for seed in 0..200 {
        let mut options = Options::draw(seed);
        options.crash_at = (seed % 3 == 0).then_some((NodeId::new(2), 17));
        if seed % 4 == 0 {
            options.cuts.push(Cut::parse("0-5000:0,1").unwrap());
            options.cuts.push(Cut::parse("700-900>3").unwrap());
        }
        let line = options.command_line();
        assert_eq!(Options::from_command_line(&line), Ok(options.clone()), "{line}");
        assert_eq!(options.validate(), Ok(()));
    }
}

#[test]
fn a_full_configuration_is_repeated_by_its_command_line_too() {
    for seed in 0..200 {
        let mut options = Options::draw_wide("tendermint", seed);
        options.lost = Selection::of([3, 4, 5, 9]);
        options.only = (seed % 2 == 0).then(|| Selection::of([seed]));
        let line = options.command_line();
        assert_eq!(Options::from_command_line(&line), Ok(options.clone()), "{line}");
        assert_eq!(options.validate(), Ok(()));
    }
}

#[test]
fn what_is_no_command_line_is_refused() {
    for line in ["", "unisono net up", "unisono sim run --nodes", "unisono sim run nodes 4"] {
        assert!(Options::from_command_line(line).is_err(), "{line}");
    }
}

#[test]
fn selections_are_read_as_they_are_written() {
    for (text, inside, outside) in [("3", 3, 4), ("0,2-5,9", 4, 6), ("none", u64::MAX, 0)] {
        let selection = Selection::parse(text).unwrap();
        assert_eq!(selection.to_string(), text);
        assert_eq!(selection.contains(inside), text != "none");
        assert!(!selection.contains(outside));
    }
    for text in ["", "a", "5-3", "3,3", "4,1", "1-"] {
        assert_eq!(Selection::parse(text), None, "{text}");
    }
    assert_eq!(Selection::of([1, 2, 3, 7, 9, 10]).to_string(), "1-3,7,9-10");
}

#[test]
fn shares_are_read_as_percent_and_ppm() {
    let mut options = Options::default();
    for (text, ppm) in
        [("5%", 50_000), ("0.25%", 2_500), ("300ppm", 300), ("7", 7), ("100%", 1_000_000)]
    {
        options.set("loss", text).unwrap();
        assert_eq!(options.loss_ppm, ppm, "{text}");
    }
    for text in ["", "%", "-1%", "101%", "a", "5.x%", "99999999999%"] {
        assert!(options.set("loss", text).is_err(), "{text}");
    }
}

#[test]
fn what_cannot_be_simulated_is_refused_with_a_hint() {
    let refused = |flag: &str, text: &str| {
        let mut options = Options::default();
        options.set(flag, text).and_then(|()| options.validate()).unwrap_err().to_string()
    };
    assert!(refused("nodes", "0").contains("1 to 1024"));
    assert!(refused("byzantine", "5").contains("liars"));
    assert!(refused("role", "nice").contains("equivocating"));
    assert!(refused("nodes", "many").starts_with("--nodes"));
    assert!(refused("speed", "9").contains("no such flag"));
    assert!(refused("latency", "fast").contains("aws"));
    assert!(refused("view-timeout-ms", "0").contains("time"));
}

/// Rule R-16: what stands crashes only is not run among liars.
#[test]
fn r16_liars_are_refused_where_only_crashes_are_stood() {
    for protocol in ["raft", "central", "none"] {
        let options = Options { protocol: protocol.to_owned(), byzantine: 1, ..Options::default() };
        let refused = options.validate().unwrap_err().to_string();
        assert!(refused.starts_with("--byzantine") && refused.contains(protocol), "{refused}");
        assert_eq!(Options { byzantine: 0, ..options }.validate(), Ok(()));
    }
}

#[test]
fn every_drawn_fault_occurs_among_some_seeds() {
    let drawn: Vec<Options> = (0..300).map(Options::draw).collect();
    let some = |what: fn(&Options) -> bool| drawn.iter().any(what) && !drawn.iter().all(what);
    assert!(some(|options| options.loss_ppm > 0));
    assert!(some(|options| options.crash_ppm > 0));
    assert!(some(|options| options.power_cuts > 0));
    assert!(some(|options| options.partition_every_us > 0));
    assert!(some(|options| options.byzantine > 0));
    assert!(some(|options| options.wire));
    assert!(some(Options::has_chaos));
}

#[test]
fn every_fault_of_a_full_configuration_occurs_among_some_seeds() {
    let drawn: Vec<Options> = (0..300).map(|seed| Options::draw_wide("pbft", seed)).collect();
    let some = |what: fn(&Options) -> bool| drawn.iter().any(what) && !drawn.iter().all(what);
    assert!(some(|options| options.reformat_ppm > 0));
    assert!(some(|options| options.rot_ppm > 0));
    assert!(some(|options| options.sync_error_ppm > 0));
    assert!(some(|options| options.stall_ppm > 0));
    assert!(some(|options| options.skew_us_max > 0));
    assert!(some(|options| options.checkpoint_interval <= 16));
    for mode in PartitionMode::ALL {
        assert!(drawn.iter().any(|options| options.partition_mode == mode));
    }
    for role in byzantine::ROLES {
        assert!(
            drawn.iter().any(|options| options.byzantine > 0 && options.role == *role),
            "{role}"
        );
    }
}
