use types::Duration;

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;

/// Who orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Replica 0 orders for all. Unsafe: it is believed whatever it says, and nothing goes on without it.
    Sequencer,
    /// Everybody orders alone. Unsafe: replicas diverge without any fault.
    None,
}

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on `n` and `mode`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// Who orders.
    pub mode: Mode,
    /// How long a replica with something outstanding waits before it asks the sequencer, and the sequencer before it
    /// repeats what is not acknowledged.
    pub retry_interval: Duration,
    /// Most orders on their way that are not executed; work that comes meanwhile goes into the next one.
    pub window: u64,
    /// How many executed orders the sequencer keeps for replicas that are behind; others take over a state.
    pub orders_kept: u64,
    /// False for a replica that lost its sign-state: it follows, and acknowledges nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The recommended values for `n` replicas and a sequencer.
    #[must_use]
    pub const fn new(n: usize) -> Self {
        Self {
            n,
            mode: Mode::Sequencer,
            retry_interval: Duration::from_ms(250),
            window: 8,
            orders_kept: 512,
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}
