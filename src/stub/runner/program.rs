//! The runner itself: a process of its own, which holds a port and does nothing.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::MARK;

/// A client that says nothing for so long is not answered.
const PATIENCE: Duration = Duration::from_secs(1);

const HEALTHY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
    Content-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}";

/// Runs this process as a runner, if a stub started it as one: under a runner's arguments *and* with
/// the variable that only the stub sets. To be asked before anything else reads the arguments.
pub fn run_if_asked(args: &[OsString]) -> Option<ExitCode> {
    std::env::var_os(MARK)?;
    let args: Vec<_> = args.iter().map(|text| text.to_string_lossy()).collect();
    let name = Path::new(args.first()?.as_ref()).file_name()?;
    let runner = name == "llama-server" || args.get(1).is_some_and(|word| word == "runner");
    let name = name.to_string_lossy().into_owned();
    runner.then(|| {
        let port = args.iter().skip_while(|word| *word != "--port").nth(1);
        let port = port.and_then(|port| port.parse().ok());
        hold(&name, port.unwrap_or(0))
    })
}

/// Listens until a signal ends the process.
fn hold(name: &str, port: u16) -> ExitCode {
    // The kernel's name for the process; it would be that of the binary otherwise.
    let _ = std::fs::write("/proc/self/comm", name);
    let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) else {
        return ExitCode::FAILURE;
    };
    for client in listener.incoming().flatten() {
        answer(client);
    }
    ExitCode::FAILURE
}

fn answer(mut client: TcpStream) {
    let _ = client.set_read_timeout(Some(PATIENCE));
    let mut request = [0; 1024];
    if client.read(&mut request).is_ok_and(|count| count > 0) {
        let _ = client.write_all(HEALTHY);
    }
}
