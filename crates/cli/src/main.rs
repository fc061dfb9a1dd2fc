//! One binary for every way of using Unisono.

fn main() {}
