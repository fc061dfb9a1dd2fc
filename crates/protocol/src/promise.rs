use types::View;

/// Something that a correct replica, once it has let it out, never contradicts (rule X-5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Promise {
    /// "In this view, about this place, I say this": said at most once for each kind, view and place.
    Says {
        /// What kind of statement.
        kind: u8,
        /// In which view; zero where the kind knows none.
        view: View,
        /// About which place; zero where the kind knows none.
        place: u64,
        /// What it says, shortened.
        value: u64,
        /// Whether it is a vote in its view, of which there are none after [`Self::Leaves`].
        vote: bool,
    },
    /// "I take no part in earlier views": no new vote in a view below this one follows.
    Leaves {
        /// The first view that the replica may still vote in.
        view: View,
    },
}
