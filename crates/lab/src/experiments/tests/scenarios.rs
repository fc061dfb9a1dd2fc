use super::*;

fn refused(text: &str, set: &[&str]) -> Error {
    let set: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
    Scenario::read(text, None, &set).and_then(Plan::new).unwrap_err()
}

#[test]
fn every_shipped_scenario_can_be_planned_and_drawn() {
    for (name, text) in SHIPPED {
        let scenario = Scenario::read(text, None, &[]).unwrap();
        assert_eq!(scenario.name, *name);
        assert!(!scenario.question.is_empty() && !scenario.figures.is_empty());
        let full = Plan::new(scenario).unwrap();
        let quick = Plan::new(Scenario::read(text, Some("quick"), &[]).unwrap()).unwrap();
        assert!(quick.cells.len() < full.cells.len(), "{name}");
        assert_ne!(quick.fingerprint, full.fingerprint);
    }
}

#[test]
fn axes_multiply_and_zips_go_together() {
    let plan = plan(&[]);
    assert_eq!((plan.cells.len(), plan.combinations()), (12, 4));
    assert_eq!(plan.axes, ["nodes", "protocol"]);
    let text = "name=\"z\"\n[[zip]]\nnodes=[4,7]\nbyzantine=[1,2]\n[grid]\nrole=[\"silent\",\"delaying\"]\n\
                [[exclude]]\nrole=\"silent\"\nnodes=[7]";
    let plan = Plan::new(Scenario::read(text, None, &[]).unwrap()).unwrap();
    let said: Vec<String> = plan
        .cells
        .iter()
        .map(|cell| cell.params.values().cloned().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(said, ["1 4 silent", "1 4 delaying", "2 7 delaying"]);
}

#[test]
fn settings_replace_what_the_file_says() {
    let plan = plan(&["nodes=4", "protocol=[pbft,hotstuff]", "repeats=2", "loss=0.05", "seed=9"]);
    assert_eq!((plan.cells.len(), plan.scenario.seed), (4, 9));
    assert_eq!(plan.scenario.base["loss"], "50000ppm");
    assert!(plan.cells.iter().all(|cell| cell.params["nodes"] == "4"));
    // Every cell has a seed of its own, and the same one wherever it stands.
    let mut seeds: Vec<u64> = plan.cells.iter().map(|cell| cell.seed).collect();
    let more = self::plan(&[
        "nodes=4",
        "protocol=[raft,pbft,hotstuff]",
        "repeats=3",
        "loss=0.05",
        "seed=9",
    ]);
    let same = |seed: &u64| more.cells.iter().any(|cell| cell.seed == *seed);
    assert!(seeds.iter().all(same));
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 4);
}

#[test]
fn what_nobody_knows_is_refused_with_the_nearest_that_is_known() {
    let near = |text: &str, set: &[&str], name: &str| {
        let error = refused(text, set);
        assert!(error.next.contains(&format!("`{name}`")), "{error:?}");
    };
    near("name=\"x\"\nrepeat=3", &[], "repeats");
    near("name=\"x\"\n[base]\nnode=4", &[], "nodes");
    near("name=\"x\"\n[grid]\nprotocl=[\"pbft\"]", &[], "protocol");
    near(SMALL, &["lattency=aws"], "latency");
    near(SMALL, &["protocol=pbtf"], "pbft");
    near(&SMALL.replace("latency_us_p50", "latency_p50_us"), &[], "latency_us_p50");
    near(&SMALL.replace("\"violin\"", "\"violins\""), &[], "violin");
    let preset = Scenario::read(SHIPPED[0].1, Some("quik"), &[]).unwrap_err();
    assert!(preset.next.contains("`quick`"), "{preset:?}");
}

#[test]
fn impossible_scenarios_are_refused_before_anything_runs() {
    let why = |text: &str, set: &[&str], part: &str| {
        let error = refused(text, set);
        assert_eq!(error.kind, Kind::Usage);
        assert!(format!("{} {} {}", error.what, error.why, error.next).contains(part), "{error:?}");
    };
    why("name = ", &[], "no scenario");
    why("name = \"a/b\"", &[], "names a folder");
    why("name=\"x\"\n[base]\nseed=3", &[], "draws its own");
    why("name=\"x\"\n[[zip]]\nnodes=[4,7]\nbyzantine=[1]", &[], "byzantine has 1, nodes has 2");
    why("name=\"x\"\n[grid]\nnodes=[]", &[], "1 to");
    why(SMALL, &["nodes=0"], "1 to 1024 replicas");
    why(SMALL, &["loss=1.5"], "share");
    why(SMALL, &["loss=nan"], "share");
    why(SMALL, &["loss=200%"], "lost");
    why(SMALL, &["byzantine=1"], "crashes and no lies");
    why(SMALL, &["warmup=-1"], "number of requests");
    why(SMALL, &["repeats=0"], "from 1 to");
    why(SMALL, &["decisions"], "KEY=VALUE");
    why(SMALL, &["repeats=100000"], "400000 cells cannot be run");
    why(&SMALL.replace("repeats = 3", "repeats = -3"), &[], "from 1 to");
}

#[test]
fn a_custom_protocol_is_its_numbers() {
    let text = "name=\"c\"\n[base]\nprotocol=\"custom\"\ndecisions=500\nclients=1\nbase-latency-us=800000\n\
                latency-variability-us=150000\nbase-throughput-per-s=85\nbyzantine-tolerance=0.33";
    let cells = |set: &str| {
        let plan = Plan::new(Scenario::read(text, None, &[set.to_owned()]).unwrap()).unwrap();
        run_cell(&plan.cells[0])
    };
    let alone = cells("nodes=4");
    assert!((alone.metrics["latency_us_mean"] - 800_000.0).abs() < 15_000.0);
    assert!(alone.latency_us.iter().all(|us| (650_000..=950_000).contains(us)));
    let many = cells("clients=400");
    assert!((many.metrics["throughput_per_s"] - 85.0).abs() < 15.0, "{:?}", many.metrics);
    assert_eq!((alone.status, cells("byzantine=1").status), (Status::Ok, Status::Ok));
    assert_eq!(cells("byzantine=2").status, Status::Failed);
    assert_eq!(cells("nodes=4"), alone);
}

#[test]
fn a_claim_holds_while_its_runs_say_the_same() {
    let claim = |value: &str, metric: &str| {
        format!(
            "[[claims]]\nclaim=\"{{}} messages\"\nscenario=\"overhead\"\npreset=\"quick\"\nset=[\"repeats=1\",\
             \"protocol=pbft\"]\nmetric=\"{metric}\"\nstatistic=\"mean\"\nvalue=\"{value}\"\n[claims.where]\nnodes=\"4\""
        )
    };
    let check = |text: &str| check_claims(text, threads(2));
    let found = check(&claim("1", "messages_per_decision")).unwrap();
    assert!(!found[0].holds());
    let held = check(&claim(&found[0].found, "messages_per_decision")).unwrap();
    assert!(held[0].holds());
    assert_eq!(held[0].sentence(), format!("{} messages", found[0].found));
    let near = check(&claim("1", "messages_per_decisions")).unwrap_err();
    assert!(near.next.contains("messages_per_decision"), "{near:?}");
    let many = claim("1", "decisions").replace("[claims.where]\nnodes=\"4\"", "");
    assert!(check(&many).unwrap_err().what.contains("3 combinations"));
    assert!(check("[[claims]]\nclaim=3").is_err());
}

#[test]
fn the_projects_own_claims_hold_and_the_readme_states_them() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let read = |name: &str| std::fs::read_to_string(format!("{root}/{name}")).unwrap();
    let readme = read("README.md");
    for checked in check_claims(&read("claims.toml"), crate::parallel::processors()).unwrap() {
        let sentence = checked.sentence();
        assert!(checked.holds(), "{sentence}, not {}: change claims.toml", checked.claim.value);
        assert!(
            readme.contains(&sentence),
            "{sentence}: `cargo xtask docs claims` writes the README"
        );
    }
}

#[test]
fn the_page_about_experiments_shows_a_scenario_that_works() {
    let page = include_str!("../../../../../docs/experiments.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let plan = Plan::new(Scenario::read(text, Some("quick"), &[]).unwrap()).unwrap();
    assert_eq!((plan.combinations(), plan.scenario.repeats), (10, 2));
}
