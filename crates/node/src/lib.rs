//! Give one replica a disk, a network, timers and an HTTP face.
