use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Most contradictions that are kept for later.
const KEPT_MAX: usize = 32;
/// With so many of a million messages a contradiction of an earlier one leaves.
const REVISED_PPM: u32 = 200_000;

/// Says to everybody what an honest replica would, and later the contrary: whoever has forgotten the first believes it.
#[derive(Debug)]
pub(super) struct Revising<P: Inspect> {
    kept: Vec<Message<P>>,
}

impl<P: Inspect> Default for Revising<P> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<P: Inspect> Role<P> for Revising<P> {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        if let Some(twin) = liar.twin(message) {
            if self.kept.len() == KEPT_MAX {
                self.kept.remove(0);
            }
            self.kept.push(twin);
        }
        if self.kept.is_empty() || !liar.prng.chance_ppm(REVISED_PPM) {
            return Treatment::Honest;
        }
        let at = liar.prng.below(self.kept.len() as u64) as usize;
        Treatment::Besides(vec![self.kept.swap_remove(at)])
    }
}
