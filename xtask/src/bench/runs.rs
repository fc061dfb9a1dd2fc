//! What is measured, and what it should at least (or at most) be.

/// One run of the binary, and what is read from its result.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) args: String,
    /// How many times the rate of the run named so is offered.
    pub(super) rate: Option<(&'static str, f64)>,
    pub(super) rows: Vec<Row>,
}

/// One number: where it stands in the result, what it is, what it should be.
pub(super) struct Row {
    pub(super) pointer: &'static str,
    pub(super) what: &'static str,
    pub(super) goal: Goal,
}

pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// At least this share of the same number of the run named so.
    Share(&'static str, f64),
    None,
}

impl Run {
    fn new(name: &str, args: &str, rows: impl IntoIterator<Item = Row>) -> Self {
        let args = format!("{args} -o json");
        Self { name: name.to_owned(), args, rate: None, rows: rows.into_iter().collect() }
    }
    /// The runs whose numbers it needs.
    pub(super) fn compared_with(&self) -> Vec<&'static str> {
        let shares = self.rows.iter().filter_map(|row| match row.goal {
            Goal::Share(name, _) => Some(name),
            Goal::AtLeast(_) | Goal::AtMost(_) | Goal::None => None,
        });
        shares.chain(self.rate.map(|(name, _)| name)).collect()
    }
}

/// All of them; whoever is compared stands behind whom it is compared with.
pub(super) fn runs() -> Vec<Run> {
    let all = [
        network(),
        simulator(),
        hunt(),
        protocols_in_the_network(),
        protocols_in_the_simulator(),
        lab(),
        ledger(),
    ];
    all.into_iter().flatten().collect()
}

const fn row(pointer: &'static str, what: &'static str, goal: Goal) -> Row {
    Row { pointer, what, goal }
}
const fn per_node_cpu_s(goal: Goal) -> Row {
    row("/committed_per_node_cpu_s", "committed per node-CPU-second", goal)
}
const fn per_s(goal: Goal) -> Row {
    row("/committed_per_s", "committed per second", goal)
}
const fn resident() -> Row {
    row("/rss_mib_max", "MiB resident, the largest validator", Goal::AtMost(150.0))
}
const fn messages(goal: f64) -> Row {
    row("/messages_per_cpu_s", "messages per CPU-second", Goal::AtLeast(goal))
}

fn network() -> Vec<Run> {
    let net = "bench net --nodes 4 --tx-size 512 --seconds 15";
    vec![
        Run::new("net", net, [per_node_cpu_s(Goal::AtLeast(60e3)), per_s(Goal::None), resident()]),
        Run::new(
            "net, signed",
            &format!("{net} --signed"),
            [per_node_cpu_s(Goal::AtLeast(12e3)), per_s(Goal::None), resident()],
        ),
        Run::new(
            "net, 1,000 per second",
            &format!("{net} --rate 1000"),
            [
                row("/latency_ms/p50", "ms to commit, median", Goal::AtMost(15.0)),
                row("/latency_ms/p99", "ms to commit, 99th percentile", Goal::None),
            ],
        ),
        Run::new(
            "net, idle",
            &format!("{net} --rate 0"),
            [row("/cores_per_node", "cores of one validator", Goal::AtMost(0.1))],
        ),
        Run {
            rate: Some(("net", 4.0)),
            ..Run::new("net, 4 times too much", net, [per_s(Goal::Share("net", 0.8))])
        },
    ]
}

fn simulator() -> Vec<Run> {
    let sim = "sim run --protocol pbft --seed 7";
    vec![
        Run::new("sim, 4 nodes", &format!("{sim} --nodes 4 --decisions 20000"), [messages(1e6)]),
        Run::new("sim, 64 nodes", &format!("{sim} --nodes 64 --decisions 500"), [messages(500e3)]),
        Run::new(
            "sim, 4 nodes, Ed25519",
            &format!("{sim} --nodes 4 --decisions 2000 --signatures ed25519"),
            [messages(100e3)],
        ),
    ]
}

/// The hunt for failures, on all cores, and how fast virtual time passes.
fn hunt() -> Vec<Run> {
    let row = |pointer, what, goal| Row { pointer, what, goal: Goal::AtLeast(goal) };
    let explore = |name: &str, args: &str| {
        let what = "full-fault seeds an hour";
        let rows = [row("/runs_per_hour", what, 50e3)];
        Run::new(name, &format!("sim explore {args}"), rows)
    };
    let twins = |protocol: &str| {
        let args = format!("sim twins --protocol {protocol} --rounds 4 --every 100");
        let rows = [row("/per_s", "scenarios a second", 600.0)];
        Run::new(&format!("sim twins, {protocol}"), &args, rows)
    };
    let calm = "sim run --protocol pbft --seed 7 --decisions 5000 --load steady:10:600000000";
    let virtual_time = row("/virtual_s_per_cpu_s", "seconds simulated per CPU-second", 10e3);
    vec![
        Run::new("sim, 10 requests per second", calm, [virtual_time]),
        explore("sim explore, pbft", "--protocol pbft --seeds 0..2000"),
        explore("sim explore, all protocols", "--protocol all --seeds 0..100"),
        twins("pbft"),
        twins("hotstuff"),
        twins("tendermint"),
    ]
}

/// Batches are disseminated in the same way whatever orders them, so no protocol should cost much more than another.
fn protocols_in_the_network() -> Vec<Run> {
    let run = |name| {
        Run::new(
            &format!("net, {name}"),
            &format!("bench net --protocol {name} --nodes 4 --tx-size 512 --seconds 15"),
            [per_node_cpu_s(Goal::Share("net", 0.75))],
        )
    };
    ["hotstuff", "hotstuff-3", "tendermint", "fba", "pos"].map(run).into()
}

fn protocols_in_the_simulator() -> Vec<Run> {
    let all = [
        "hotstuff",
        "hotstuff-3",
        "tendermint",
        "raft",
        "poa",
        "aura",
        "pos",
        "pow",
        "fba",
        "central",
    ];
    let sized = |nodes: usize, decisions: usize, goal: f64| {
        all.map(|name| {
            Run::new(
                &format!("sim, {nodes} nodes, {name}"),
                &format!(
                    "sim run --protocol {name} --nodes {nodes} --seed 7 --decisions {decisions}"
                ),
                [messages(goal)],
            )
        })
    };
    let signed = |name: &str, signatures: &str, nodes: usize| {
        Run::new(
            &format!("sim, {nodes} nodes, {name}, {signatures}"),
            &format!(
                "sim run --protocol {name} --nodes {nodes} --seed 7 --decisions 20 --signatures {signatures}"
            ),
            [row("/decisions_per_cpu_s", "decisions per CPU-second", Goal::None)],
        )
    };
    let mut runs: Vec<Run> = sized(4, 3_000, 500e3).into();
    runs.extend(sized(64, 50, 300e3));
    for nodes in [64, 100] {
        runs.push(signed("pbft", "ed25519", nodes));
        runs.push(signed("hotstuff", "ed25519", nodes));
        runs.push(signed("hotstuff", "bls", nodes));
    }
    runs
}

fn lab() -> Vec<Run> {
    vec![Run::new(
        "lab, reliability",
        "bench lab",
        [
            row(
                "/full_4_rounds_per_cpu_s",
                "drawn rounds per CPU-second, full mesh of 4",
                Goal::AtLeast(20e6),
            ),
            row(
                "/full_20_rounds_per_cpu_s",
                "drawn rounds per CPU-second, full mesh of 20",
                Goal::AtLeast(1e6),
            ),
            row("/theory_full_200_cpu_ms", "CPU ms, exact, full mesh of 200", Goal::AtMost(2.0)),
            row("/theory_ring_14_cpu_ms", "CPU ms, exact, ring of 14", Goal::AtMost(20.0)),
        ],
    )]
}

fn ledger() -> Vec<Run> {
    let per_s = |pointer, what, least| row(pointer, what, Goal::AtLeast(least));
    vec![Run::new(
        "ledger",
        "bench ledger",
        [
            per_s("/tx_create", "transactions made and hashed per CPU-second", 2e6),
            per_s("/sign", "transactions signed per CPU-second", 60e3),
            per_s("/verify", "signatures checked one by one per CPU-second", 28e3),
            per_s("/block_100", "blocks of 100 transactions per CPU-second", 20e3),
            per_s("/merkle_prove_1000", "proofs from a kept tree of 1,000 per CPU-second", 5e6),
            per_s("/merkle_verify_1000", "proofs of 1,000 checked per CPU-second", 600e3),
            row(
                "/validate_1000x10_cpu_s",
                "CPU s, 1,000 blocks of 10 signed transactions",
                Goal::AtMost(0.5),
            ),
            row("/lookup_us", "CPU us, a block of a million by its hash", Goal::AtMost(2.0)),
        ],
    )]
}
