//! What the binary does when it is started under the name `ollama`: enough of Ollama's command line to
//! be managed as if it were Ollama.

mod client;
mod commands;
mod pull;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::log::{Log, Stream};
use super::{Crashed, Faults, Options, Settings, Version, home};
use crate::error::{Context, Error, Result};
use crate::ollama::host::{self, OllamaHost};
use client::Server;

/// Ollama's commands that need a server.
const CLIENT_COMMANDS: [&str; 10] = [
    "cp", "create", "list", "ls", "ps", "pull", "rm", "run", "show", "stop",
];
/// All of Ollama's commands.
const COMMANDS: [&str; 19] = [
    "cp", "create", "help", "launch", "list", "login", "logout", "ls", "ps", "pull", "push", "rm",
    "run", "runner", "show", "signin", "signout", "start", "stop",
];
const NO_SERVER: &str = "could not connect to ollama server, run 'ollama serve' to start it";

/// Exit code of a Go program that panics.
const PANIC: u8 = 2;

/// A server that does not tell its version within this time counts as none.
const VERSION_TIMEOUT: Duration = Duration::from_secs(2);

/// A server that was left behind is given so long to answer.
const START_TIMEOUT: Duration = Duration::from_secs(5);
const START_PAUSE: Duration = Duration::from_millis(20);

/// Runs the command in `args`, which begins with the program's name. `env` looks up a variable;
/// `OLLAMACTL_STUB_MODELS` lists the models that are there from the start, parted by commas.
pub fn main(
    args: impl IntoIterator<Item = String>,
    env: impl Fn(&str) -> Option<String>,
) -> ExitCode {
    let args: Vec<String> = args.into_iter().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["serve" | "start"] if env("HOME").is_none_or(|home| home.is_empty()) => return panic(),
        ["serve" | "start"] => match serve(&env) {
            Ok(Err(crashed)) => return ExitCode::from(crashed.code),
            Ok(Ok(())) => Ok(()),
            Err(error) => Err(error),
        },
        ["serve" | "start", flag, ..] if flag.starts_with('-') => {
            Err(Error::failed(format!("unknown flag: {flag}")))
        }
        ["serve" | "start", ..] => {
            let count = args.len() - 1;
            Err(Error::failed(format!("accepts 0 arg(s), received {count}")))
        }
        ["--version" | "-v"] => version(&env),
        [command, ..] if !command.starts_with('-') && !COMMANDS.contains(&command) => {
            let text = format!("unknown command {command:?} for \"ollama\"");
            Err(Error::failed(text))
        }
        [command, flag, ..] if command != "runner" && flag.starts_with('-') => {
            Err(Error::failed(format!("unknown flag: {flag}")))
        }
        [] if !has_server(&env) => no_arguments(&env),
        [command, ..] if CLIENT_COMMANDS.contains(&command) && !has_server(&env) => {
            Err(Error::failed(NO_SERVER))
        }
        [command, ref rest @ ..] if let Some(done) = client(command, rest, &env) => done,
        _ => Err(Error::failed(format!(
            "this `ollama` is the stub of ollamactl, which knows `serve`, `start`, `pull`, `list`, `ps`, \
             `cp`, `rm`, `stop` and `--version` but not `{}`; use its HTTP API, or `ollamactl`",
            args.join(" ")
        ))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "Error: {error}");
            ExitCode::from(error.kind.code())
        }
    }
}

/// The commands that ask a server; `None` where the stub does not know them.
fn client(
    command: &str,
    rest: &[&str],
    env: &impl Fn(&str) -> Option<String>,
) -> Option<Result<()>> {
    let version = Settings::from_lookup(env).version;
    let server = address(&host(env).for_client()).map(|address| Server { address });
    let server = match server {
        Ok(server) => server,
        Err(error) => return Some(Err(error)),
    };
    let done = match (command, rest) {
        ("pull", [model]) => block_on(pull::pull(&server, model, version)),
        ("list" | "ls", []) => block_on(commands::list(&server, "")),
        ("list" | "ls", [filter]) if !filter.starts_with('-') => {
            block_on(commands::list(&server, filter))
        }
        ("ps", []) => block_on(commands::ps(&server)),
        ("cp", [from, to]) => block_on(commands::copy(&server, from, to)),
        ("rm", [_, ..]) => block_on(commands::remove(&server, rest)),
        ("stop", [model]) => block_on(commands::stop(&server, model)),
        _ => return None,
    };
    Some(done.and_then(|done| done))
}

/// Without arguments, terminal or server: the newer version complains, the older one starts a server and leaves
/// it behind. Neither calls that an error.
fn no_arguments(env: &impl Fn(&str) -> Option<String>) -> Result<()> {
    let say = |text: &str| Log::standard().plain(Stream::Stderr, &format!("Error: {text}"));
    match Settings::from_lookup(env).version {
        Version::V0_33 => say(NO_SERVER),
        Version::V0_24 => {
            leave_server(env)?;
            say(
                "run launcher menu: error running TUI: could not open a new TTY: \
                 open /dev/tty: no such device or address",
            );
        }
    }
    Ok(())
}

/// Starts a server in a process group of its own, and waits until it answers.
fn leave_server(env: &impl Fn(&str) -> Option<String>) -> Result<()> {
    use std::process::{Command, Stdio};
    let program = std::env::args_os().next().unwrap_or_default();
    let mut command = Command::new(&program);
    command.arg("serve").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
        .spawn()
        .or_failed(|| format!("cannot start {}", program.display()))?;
    let begun = std::time::Instant::now();
    while begun.elapsed() < START_TIMEOUT && !has_server(env) {
        std::thread::sleep(START_PAUSE);
    }
    Ok(())
}

fn serve(env: &impl Fn(&str) -> Option<String>) -> Result<Result<(), Crashed>> {
    let preset = env("OLLAMACTL_STUB_MODELS").unwrap_or_default();
    let preset = preset
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let log = Log::standard();
    let home = PathBuf::from(env("HOME").unwrap_or_default());
    warn_of_port(&env("OLLAMA_HOST").unwrap_or_default(), &log);
    home::prepare(&home, &log)?;
    let models = env("OLLAMA_MODELS").filter(|value| !value.is_empty());
    let options = Options {
        listen: address(&host(env))?,
        models: models.map_or_else(|| home.join(".ollama/models"), PathBuf::from),
        preset: preset.map(str::to_owned).collect(),
        faults: Faults::from_lookup(env),
        settings: Settings::from_lookup(env),
    };
    block_on(super::run(options))?
}

/// What Ollama does without a home.
fn panic() -> ExitCode {
    let text = "panic: $HOME is not defined\n\ngoroutine 1 [running]:\nollamactl.stub()";
    Log::standard().plain(Stream::Stderr, text);
    ExitCode::from(PANIC)
}

/// A bad port is no error: the default one takes its place.
fn warn_of_port(host: &str, log: &Log) {
    let Some(port) = bad_port(host) else {
        return;
    };
    let port = if port.is_empty() { "\"\"" } else { port };
    let text = format!("invalid port, using default port={port} default=11434");
    let time = chrono::Local::now().format("%Y/%m/%d %H:%M:%S");
    log.plain(Stream::Stderr, &format!("{time} config.go:51: WARN {text}"));
    let fields = format!("port={port} default=11434");
    log.warn("config.go:51", "invalid port, using default", &fields);
}

/// The port of an `OLLAMA_HOST` that is none.
fn bad_port(host: &str) -> Option<&str> {
    let text = host.trim().trim_matches(['"', '\'']);
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (name, port) = rest.split('/').next()?.rsplit_once(':')?;
    let bracketed = name.starts_with('[') && name.ends_with(']');
    let splits = bracketed || !name.contains([':', '[']);
    (splits && port.parse::<u16>().is_err()).then_some(port)
}

fn host(env: &impl Fn(&str) -> Option<String>) -> OllamaHost {
    host::parse(&env("OLLAMA_HOST").unwrap_or_default())
}

fn address(host: &OllamaHost) -> Result<SocketAddr> {
    let unknown = || Error::failed(format!("listen tcp: lookup {}: no such host", host.host));
    // A bare number is an old way to write an address, which Go does not know.
    let number = !host.host.is_empty() && host.host.bytes().all(|byte| byte.is_ascii_digit());
    host.socket_addr().filter(|_| !number).ok_or_else(unknown)
}

fn has_server(env: &impl Fn(&str) -> Option<String>) -> bool {
    running_version(env).is_ok_and(|version| version.is_some())
}

/// The version of the server at `OLLAMA_HOST`, if there is one.
fn running_version(env: &impl Fn(&str) -> Option<String>) -> Result<Option<String>> {
    let address = address(&host(env).for_client())?;
    block_on(async {
        let asked = tokio::time::timeout(VERSION_TIMEOUT, server_version(address));
        asked.await.ok().flatten()
    })
}

fn version(env: &impl Fn(&str) -> Option<String>) -> Result<()> {
    let server = running_version(env)?;
    let own = Settings::from_lookup(env).version.text();
    let mut out = std::io::stdout().lock();
    let _ = match server.as_deref() {
        Some(version) if version == own => writeln!(out, "ollama version is {version}"),
        Some(other) => writeln!(
            out,
            "ollama version is {other}\nWarning: client version is {own}"
        ),
        None => writeln!(
            out,
            "Warning: could not connect to a running Ollama instance\n\
             Warning: client version is {own}"
        ),
    };
    Ok(())
}

async fn server_version(address: SocketAddr) -> Option<String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let uri = format!("http://{address}/api/version").parse().ok()?;
    let body = client
        .get(uri)
        .await
        .ok()?
        .into_body()
        .collect()
        .await
        .ok()?;
    let value: serde_json::Value = serde_json::from_slice(&body.to_bytes()).ok()?;
    Some(value["version"].as_str()?.to_owned())
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").caused_by(error))?;
    let output = runtime.block_on(future);
    // A pull that is hashing must not hold up the end.
    runtime.shutdown_background();
    Ok(output)
}
