use std::fmt;

use protocol::Status;
use protocols::ConfigError;
use types::NodeId;

/// Why there is no cluster, or no decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClusterError {
    /// No core runs so.
    Config(ConfigError),
    /// Not everybody has decided in time.
    Undecided {
        /// What each running replica shows of itself.
        statuses: Vec<(NodeId, Status)>,
    },
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Undecided { statuses } => {
                f.write_str(
                    "not every running replica has decided; heal the network and propose again:",
                )?;
                statuses.iter().try_for_each(|(id, status)| match &status.waiting {
                    Some(waiting) => {
                        let (phase, have, need) = (waiting.phase, waiting.have.len(), waiting.need);
                        write!(f, " {id} waits for {phase} ({have} of {need});")
                    }
                    None => write!(f, " {id} has decided {};", status.decided),
                })
            }
        }
    }
}
impl std::error::Error for ClusterError {}
