//! Choose a chain by the work in it (Nakamoto 2008): tentative heads, finality only by depth.
