//! The `ollamactl` binary.

fn main() -> std::process::ExitCode {
    ollamactl::run(std::env::args_os())
}
