//! The project's own commands: demo, test, ci, tidy, web, bench.

fn main() {}
