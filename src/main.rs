//! The `ollamactl` binary.

use std::process::ExitCode;

#[cfg(not(windows))]
fn main() -> ExitCode {
    ollamactl::run(std::env::args_os())
}

/// Windows gives the main thread 1 MiB of stack, an eighth of what other systems do and less than a
/// command's future takes in a debug build.
#[cfg(windows)]
fn main() -> ExitCode {
    const STACK: usize = 8 * 1024 * 1024;
    let main = std::thread::Builder::new()
        .name("main".into())
        .stack_size(STACK)
        .spawn(|| ollamactl::run(std::env::args_os()))
        .expect("a thread can be started");
    main.join().unwrap_or(ExitCode::FAILURE)
}
