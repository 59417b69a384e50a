//! The `ollamactl` binary.

fn main() {}
