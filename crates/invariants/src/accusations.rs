use protocol::Evidence;
use types::NodeId;

use crate::{ACCUSATIONS, Violation};

/// Checks S8: only liars are accused.
#[derive(Clone, Debug)]
pub struct Accusations {
    liars: Vec<NodeId>,
    accused: Vec<(NodeId, &'static str)>,
}

impl Accusations {
    /// A world in which only `liars` may be accused.
    #[must_use]
    pub const fn new(liars: Vec<NodeId>) -> Self {
        Self { liars, accused: Vec::new() }
    }

    /// Somebody accuses somebody.
    ///
    /// # Errors
    /// Where the accused is correct.
    pub fn accused(
        &mut self,
        by: NodeId,
        offender: NodeId,
        evidence: &Evidence,
    ) -> Result<(), Violation> {
        let Evidence { kind, view, seq, .. } = *evidence;
        if !self.liars.contains(&offender) {
            return Err(ACCUSATIONS.violated(format!(
                "{by} accuses {offender}, which is correct, of {kind} in view {view} at {seq}"
            )));
        }
        if !self.accused.contains(&(offender, kind)) {
            self.accused.push((offender, kind));
        }
        Ok(())
    }

    /// Who was accused of what, each once, in the order of the first accusation.
    #[must_use]
    pub fn all(&self) -> &[(NodeId, &'static str)] {
        &self.accused
    }
}
