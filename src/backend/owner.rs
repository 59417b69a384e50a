//! Who keeps what holds the backend's port, and the commands that act on it there: ending the process of
//! a unit, an app or a container only makes its keeper start it again.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ollama::{OllamaHost, is_backend};
use crate::process::commands::{self, sudo, word};
use crate::process::{self, Cgroup, Info, users};

/// Who keeps what holds the backend's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Owner {
    /// Nobody: the port is free, or on another machine.
    Nobody,
    /// A supervisor of ours.
    Ours {
        /// Its pid.
        supervisor: u32,
    },
    /// A supervisor of ours that was killed.
    Orphaned,
    /// A unit of the system's systemd.
    SystemUnit {
        /// Its name: `ollama.service`.
        unit: String,
        /// What holds the port.
        process: Holder,
    },
    /// A unit of a user's own systemd.
    UserUnit {
        /// Its name.
        unit: String,
        /// Numeric id of the user.
        uid: u32,
        /// What holds the port.
        process: Holder,
    },
    /// Ollama's desktop app.
    DesktopApp {
        /// What holds the port.
        process: Holder,
    },
    /// A container, by its own network or by a port that its engine publishes.
    Container {
        /// The engine: `docker`, `libpod`, …
        engine: String,
        /// How that engine's command line names the container.
        container: String,
        /// What holds the port.
        process: Holder,
    },
    /// Another user, without any of these.
    OtherUser {
        /// What holds the port, where that can be seen.
        process: Option<Holder>,
    },
    /// This user, in a shell or by a program that ollamactl does not know.
    Session {
        /// What holds the port.
        process: Holder,
    },
}

/// A process that holds a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its pid.
    pub pid: u32,
    /// For people: `ollama (pid 12, user dev)`.
    pub text: String,
}

/// Where a backend's log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// In systemd's journal: `journalctl` with these arguments shows it.
    Journal(Vec<String>),
    /// In a file.
    File(PathBuf),
    /// This command shows it.
    Command(String),
    /// Where it was started; nobody else knows.
    Unknown,
}

impl Owner {
    /// Who keeps this process.
    pub fn of(process: &Info) -> Self {
        let holder = Holder {
            pid: process.pid,
            text: process.describe(),
        };
        if let Some(port) = published_port(process) {
            return Self::Container {
                engine: "docker".to_owned(),
                container: format!("$(docker ps --quiet --filter publish={port})"),
                process: holder,
            };
        }
        match process.keeper() {
            Some(Cgroup::SystemUnit(unit)) => Self::SystemUnit {
                unit: unit.clone(),
                process: holder,
            },
            Some(Cgroup::UserUnit { unit, uid }) => Self::UserUnit {
                unit: unit.clone(),
                uid: *uid,
                process: holder,
            },
            Some(Cgroup::Container { engine, id }) => Self::Container {
                engine: engine.clone(),
                container: id.chars().take(12).collect(),
                process: holder,
            },
            _ if is_desktop_apps(process) => Self::DesktopApp { process: holder },
            _ if process.uid != users::own() => Self::OtherUser {
                process: Some(holder),
            },
            _ => Self::Session { process: holder },
        }
    }

    /// Who holds this address; what holds one of another machine is not seen from here.
    pub(super) fn at(host: &OllamaHost) -> Self {
        if !host.is_local() {
            return Self::Nobody;
        }
        holder(host).map_or(Self::OtherUser { process: None }, |process| {
            Self::of(&process)
        })
    }

    /// What holds the port, where that can be seen and is not ours.
    pub fn process(&self) -> Option<&Holder> {
        match self {
            Self::Nobody | Self::Ours { .. } | Self::Orphaned => None,
            Self::OtherUser { process } => process.as_ref(),
            Self::SystemUnit { process, .. }
            | Self::UserUnit { process, .. }
            | Self::DesktopApp { process }
            | Self::Container { process, .. }
            | Self::Session { process } => Some(process),
        }
    }

    /// What ends it for good, where its keeper would start it again.
    pub fn stop_command(&self) -> Option<String> {
        match self {
            Self::DesktopApp { .. } => Some("quit the Ollama desktop app".to_owned()),
            _ => self.keeper_command("stop"),
        }
    }

    /// What restarts it where it belongs.
    pub fn restart_command(&self) -> Option<String> {
        match self {
            Self::DesktopApp { .. } => {
                Some("quit the Ollama desktop app and open it again".to_owned())
            }
            _ => self.keeper_command("restart"),
        }
    }

    /// What ends it, whoever keeps it; `None` where its process cannot be seen.
    pub fn end_command(&self) -> Option<String> {
        self.stop_command().or_else(|| {
            let uid = match self {
                Self::OtherUser { .. } => None,
                _ => users::own(),
            };
            Some(commands::kill(self.process()?.pid, uid))
        })
    }

    fn keeper_command(&self, verb: &str) -> Option<String> {
        match self {
            Self::SystemUnit { unit, .. } => {
                // Whoever may make control groups chooses its name.
                Some(format!("{}systemctl {verb} {}", sudo(), word(unit)))
            }
            Self::UserUnit { unit, uid, .. } if Some(*uid) == users::own() => {
                Some(format!("systemctl --user {verb} {}", word(unit)))
            }
            Self::UserUnit { unit, uid, .. } => {
                let user = users::name(*uid).unwrap_or_else(|| uid.to_string());
                Some(format!(
                    "{}systemctl --user --machine={user}@ {verb} {}",
                    sudo(),
                    word(unit)
                ))
            }
            Self::Container {
                engine, container, ..
            } => Some(format!("{} {verb} {container}", client_of(engine)?)),
            _ => None,
        }
    }

    /// Where its log is.
    pub fn log(&self) -> LogPlace {
        let journal = |words: &[&str]| {
            LogPlace::Journal(words.iter().map(|word| (*word).to_owned()).collect())
        };
        match self {
            Self::SystemUnit { unit, .. } => journal(&["--unit", unit]),
            Self::UserUnit { unit, uid, .. } if Some(*uid) == users::own() => {
                journal(&["--user", "--unit", unit])
            }
            Self::UserUnit { unit, uid, .. } => journal(&[
                &format!("_SYSTEMD_USER_UNIT={unit}"),
                &format!("_UID={uid}"),
            ]),
            Self::DesktopApp { .. } => app_log().map_or(LogPlace::Unknown, LogPlace::File),
            Self::Container {
                engine, container, ..
            } => client_of(engine).map_or(LogPlace::Unknown, |client| {
                LogPlace::Command(format!("{client} logs {container}"))
            }),
            Self::Session { process }
            | Self::OtherUser {
                process: Some(process),
            } => process::output_file(process.pid).map_or(LogPlace::Unknown, LogPlace::File),
            Self::Nobody
            | Self::Ours { .. }
            | Self::Orphaned
            | Self::OtherUser { process: None } => LogPlace::Unknown,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => Ok(()),
            Self::Ours { supervisor } => write!(f, "ollamactl (supervisor pid {supervisor})"),
            Self::Orphaned => f.write_str("ollamactl, whose supervisor was killed"),
            Self::SystemUnit { unit, process } => {
                write!(f, "systemd unit {unit}, {}", process.text)
            }
            Self::UserUnit { unit, process, .. } => {
                write!(f, "systemd user unit {unit}, {}", process.text)
            }
            Self::DesktopApp { process } => write!(f, "the Ollama desktop app, {}", process.text),
            Self::Container {
                engine, process, ..
            } => write!(f, "a container ({engine}), {}", process.text),
            Self::OtherUser { process: None } => f.write_str("a process of another user"),
            Self::OtherUser {
                process: Some(process),
            }
            | Self::Session { process } => f.write_str(&process.text),
        }
    }
}

/// Where the desktop app writes its server's log.
pub fn app_log() -> Option<PathBuf> {
    let path = if cfg!(windows) {
        let folders = directories::BaseDirs::new()?;
        folders.data_local_dir().join("Ollama").join("server.log")
    } else {
        users::own_home()?.join(".ollama/logs/server.log")
    };
    path.exists().then_some(path)
}

/// The process that listens at this address.
pub(super) fn holder(host: &OllamaHost) -> Option<Info> {
    let address = host.for_client().socket_addr()?;
    process::port_owner(address).or_else(|| only_candidate(address))
}

/// Another user's process does not show which sockets it holds, but what it is, and the socket shows whose
/// it is: where that user has one backend, it is this one. Where no socket shows anything (macOS,
/// Windows), the only backend of the machine.
fn only_candidate(address: std::net::SocketAddr) -> Option<Info> {
    let uid = process::port_user(address);
    if cfg!(target_os = "linux") && (uid.is_none() || uid == users::own()) {
        return None;
    }
    let mut candidates = process::scan().into_iter().filter(|process| {
        (is_backend(process) || published_port(process) == Some(address.port()))
            && (uid.is_none() || process.uid == uid)
    });
    let first = candidates.next()?;
    candidates.next().is_none().then_some(first)
}

/// The port that Docker's `docker-proxy` holds in the name of a container.
fn published_port(process: &Info) -> Option<u16> {
    if process.program() != "docker-proxy" {
        return None;
    }
    let mut arguments = process.args.iter();
    arguments.find(|argument| *argument == "-host-port")?;
    arguments.next()?.parse().ok()
}

/// The desktop app is called `Ollama` or `ollama app`, and is the parent of its server.
fn is_desktop_apps(process: &Info) -> bool {
    process::info(process.parent)
        .is_some_and(|parent| matches!(parent.program(), "Ollama" | "ollama app"))
}

/// The command line of an engine that has one for single containers.
fn client_of(engine: &str) -> Option<&'static str> {
    match engine {
        "docker" => Some("docker"),
        "libpod" => Some("podman"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ollama::host;

    #[test]
    fn a_port_of_another_machine_is_not_held_by_whoever_has_that_port_here() {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").expect("bound");
        let port = listener.local_addr().expect("bound").port();
        let at = |name: &str| Owner::at(&host::parse(&format!("{name}:{port}")));
        assert_eq!(at("192.0.2.1"), Owner::Nobody);
        assert_ne!(at("127.0.0.1"), Owner::Nobody);
    }
}
