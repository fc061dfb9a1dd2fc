//! State what must always hold, and check it in every world.
