//! What runs on this machine: argument vectors, users, control groups.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::users;

/// What is known of one process.
#[derive(Debug, Clone)]
pub struct Info {
    /// Process id.
    pub pid: u32,
    /// Parent's process id.
    pub parent: u32,
    /// Process group; 0 where the platform has none.
    pub group: u32,
    /// Session: the pid of the process that leads it; 0 where the platform has none.
    pub session: u32,
    /// The argument vector; empty where we may not read it.
    pub args: Vec<String>,
    /// The command name as the kernel keeps it.
    pub name: String,
    /// Numeric user id, where the platform has one.
    pub uid: Option<u32>,
    /// Where its control group puts it.
    pub cgroup: Cgroup,
}

/// Where a process belongs, as far as the path of its control group tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cgroup {
    /// A systemd unit of the system: `ollama.service`.
    SystemUnit(String),
    /// A systemd unit of a user.
    UserUnit {
        /// Its name.
        unit: String,
        /// Numeric id of the user.
        uid: u32,
    },
    /// A container.
    Container {
        /// The engine that keeps it: `docker`, `libpod`, …
        engine: String,
        /// The container's id.
        id: String,
    },
    /// A shell, a desktop session, or unknown.
    Session,
}

impl Info {
    /// Base name of the first argument, without `.exe`.
    pub fn program(&self) -> &str {
        let first = self.args.first().map_or(self.name.as_str(), String::as_str);
        let base = first.rsplit(['/', '\\']).next().unwrap_or(first);
        base.strip_suffix(".exe").unwrap_or(base)
    }

    /// It is this program, whichever of its commands.
    pub fn is_ollamactl(&self) -> bool {
        self.program() == env!("CARGO_PKG_NAME")
    }

    /// The first argument after the program that is neither an option nor the value of one of ours.
    pub fn subcommand(&self) -> Option<&str> {
        let mut arguments = self.args.iter().skip(1).map(String::as_str);
        while let Some(argument) = arguments.next() {
            match argument {
                "--color" => drop(arguments.next()),
                option if option.starts_with('-') => {}
                command => return Some(command),
            }
        }
        None
    }

    /// "`ollama` (pid 12, user 1000)", for messages.
    pub fn describe(&self) -> String {
        let name = if self.name.is_empty() {
            self.program()
        } else {
            &self.name
        };
        match self.uid {
            Some(uid) => format!("{name} (pid {}, {})", self.pid, users::describe(uid)),
            None => format!("{name} (pid {})", self.pid),
        }
    }

    /// The unit or container that keeps the process running, which would start it again. A control group
    /// alone does not tell: what was started by hand in a shell is in the group of what keeps the shell
    /// (an ssh server, a terminal), but in the shell's session. What systemd starts leads a session.
    pub fn keeper(&self) -> Option<&Cgroup> {
        let kept = match self.cgroup {
            Cgroup::Session => false,
            Cgroup::Container { .. } => true,
            Cgroup::SystemUnit(_) | Cgroup::UserUnit { .. } => {
                info(self.session).is_some_and(|leader| {
                    leader.cgroup == self.cgroup
                        && (leader.parent <= 1
                            || info(leader.parent).is_some_and(|parent| parent.name == "systemd"))
                })
            }
        };
        kept.then_some(&self.cgroup)
    }
}

/// Every process that can be seen.
#[cfg(target_os = "linux")]
pub fn scan() -> Vec<Info> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(info)
        .collect()
}

/// One process; `None` when it is gone or a zombie.
#[cfg(target_os = "linux")]
pub fn info(pid: u32) -> Option<Info> {
    use std::os::unix::fs::MetadataExt;
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    let (head, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    let name = head.split_once('(').map_or("", |(_, name)| name).to_owned();
    let command = std::fs::read(folder.join("cmdline")).unwrap_or_default();
    let args = command
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect::<Vec<_>>();
    let args = args[..args.len() - 1].to_vec();
    let groups = std::fs::read_to_string(folder.join("cgroup")).unwrap_or_default();
    Some(Info {
        pid,
        parent,
        group,
        session,
        args,
        name,
        uid: std::fs::metadata(&folder).ok().map(|meta| meta.uid()),
        cgroup: read_cgroup(&groups),
    })
}

/// Whether the process counts pids as we do; `None` where we may not know. Each container has pids of its own,
/// unless it was given the machine's.
#[cfg(target_os = "linux")]
pub fn shares_pids(pid: u32) -> Option<bool> {
    let of = |who: &str| std::fs::read_link(format!("/proc/{who}/ns/pid")).ok();
    Some(of(&pid.to_string())? == of("self")?)
}

/// Whether the process counts pids as we do: all do on this platform.
#[cfg(not(target_os = "linux"))]
pub fn shares_pids(_pid: u32) -> Option<bool> {
    Some(true)
}

/// Whether the process was stopped by a signal (SIGSTOP, Ctrl-Z) or by a debugger.
#[cfg(target_os = "linux")]
pub fn is_suspended(pid: u32) -> bool {
    state(pid).is_some_and(|state| state == 'T' || state == 't')
}

/// Whether the process was stopped by a signal. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn is_suspended(_pid: u32) -> bool {
    false
}

/// The state letter of `/proc/PID/stat`.
#[cfg(target_os = "linux")]
pub(super) fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Reads `/proc/PID/cgroup`: the last path component that names a unit or a container decides.
/// Only called on Linux; kept platform-free so that its test runs everywhere.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "control groups are Linux's")
)]
fn read_cgroup(groups: &str) -> Cgroup {
    const ENGINES: [&str; 6] = ["docker", "containerd", "kubepods", "libpod", "crio", "lxc"];
    for line in groups.lines() {
        let path = line.splitn(3, ':').nth(2).unwrap_or_default();
        if let Some(engine) = ENGINES.iter().find(|engine| {
            path.split(['/', '-', '.', '_'])
                .any(|part| part == **engine)
        }) {
            let leaf = path.rsplit('/').next().unwrap_or_default();
            if leaf.len() >= 12 && !leaf.ends_with(".service") {
                let leaf = leaf.strip_suffix(".scope").unwrap_or(leaf);
                return Cgroup::Container {
                    engine: (*engine).to_owned(),
                    id: leaf.rsplit('-').next().unwrap_or(leaf).to_owned(),
                };
            }
        }
        // In a group of the user's choice (`cgroup_parent`) the engine's name is not in the path.
        if let Some(id) = path.split('/').rfind(|part| is_container_id(part)) {
            return Cgroup::Container {
                engine: "docker".to_owned(),
                id: id.to_owned(),
            };
        }
        let unit = path.split('/').rfind(|part| part.ends_with(".service"));
        if let Some(unit) = unit
            && !unit.starts_with("user@")
            && !unit.starts_with("session-")
        {
            let unit = unit.to_owned();
            return match user_of_slice(path) {
                Some(uid) => Cgroup::UserUnit { unit, uid },
                None => Cgroup::SystemUnit(unit),
            };
        }
    }
    Cgroup::Session
}

/// Container engines name their groups so: 64 hexadecimal digits.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "control groups are Linux's")
)]
fn is_container_id(part: &str) -> bool {
    part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `…/user@1000.service/…`: units below it are those of that user's own systemd.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "control groups are Linux's")
)]
fn user_of_slice(path: &str) -> Option<u32> {
    let (_, rest) = path.split_once("/user@")?;
    rest.split_once(".service")?.0.parse().ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn with_process<T>(
    pid: u32,
    what: sysinfo::ProcessRefreshKind,
    read: impl FnOnce(&sysinfo::Process) -> T,
) -> Option<T> {
    let pid = sysinfo::Pid::from_u32(pid);
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(read)
}

/// Every process that can be seen.
#[cfg(not(target_os = "linux"))]
pub fn scan() -> Vec<Info> {
    let Ok(system) = sysinfo::System::new_with_specifics(
        sysinfo::RefreshKind::nothing().with_processes(sysinfo::ProcessRefreshKind::everything()),
    ) else {
        return Vec::new();
    };
    system.processes().values().map(from_sysinfo).collect()
}

/// One process; `None` when it is gone or a zombie.
#[cfg(not(target_os = "linux"))]
pub fn info(pid: u32) -> Option<Info> {
    let everything = sysinfo::ProcessRefreshKind::everything();
    with_process(pid, everything, |process| {
        let gone = matches!(process.status(), sysinfo::ProcessStatus::Zombie);
        (!gone).then(|| from_sysinfo(process))
    })?
}

#[cfg(not(target_os = "linux"))]
fn from_sysinfo(process: &sysinfo::Process) -> Info {
    Info {
        pid: process.pid().as_u32(),
        parent: process.parent().map_or(0, sysinfo::Pid::as_u32),
        group: group(process),
        session: session(process),
        args: process
            .cmd()
            .iter()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
        name: process.name().to_string_lossy().into_owned(),
        uid: user_id(process),
        cgroup: Cgroup::Session,
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn group(process: &sysinfo::Process) -> u32 {
    let group = rustix::process::getpgid(raw_pid(process)).ok();
    group.map_or(0, |pid| pid.as_raw_pid().cast_unsigned())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn session(process: &sysinfo::Process) -> u32 {
    let session = rustix::process::getsid(raw_pid(process)).ok();
    session.map_or(0, |pid| pid.as_raw_pid().cast_unsigned())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn raw_pid(process: &sysinfo::Process) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(process.pid().as_u32().cast_signed())
}

/// Windows has neither groups nor sessions of processes.
#[cfg(windows)]
fn group(_process: &sysinfo::Process) -> u32 {
    0
}

#[cfg(windows)]
fn session(_process: &sysinfo::Process) -> u32 {
    0
}

#[cfg(all(unix, not(target_os = "linux")))]
fn user_id(process: &sysinfo::Process) -> Option<u32> {
    process.user_id().map(|id| **id)
}

#[cfg(windows)]
fn user_id(_process: &sysinfo::Process) -> Option<u32> {
    None
}

/// The file to which a process writes its standard error, where it is one.
pub fn output_file(pid: u32) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/{pid}/fd/2")).ok()?;
    path.is_file().then_some(path)
}

/// The environment with which a process was started; `None` where we may not know.
#[cfg(target_os = "linux")]
pub fn environment(pid: u32) -> Option<BTreeMap<String, String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let variables = text.split('\0').filter_map(|entry| entry.split_once('='));
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(variables.collect())
}

/// The environment with which a process was started. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn environment(_pid: u32) -> Option<BTreeMap<String, String>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_group_names_a_unit_or_a_container() {
        let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let container = |engine: &str| Cgroup::Container {
            engine: engine.to_owned(),
            id: id.to_owned(),
        };
        let cases = [
            (
                "0::/system.slice/ollama.service\n".to_owned(),
                Cgroup::SystemUnit("ollama.service".into()),
            ),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/ollama.service\n"
                    .into(),
                Cgroup::UserUnit {
                    unit: "ollama.service".into(),
                    uid: 1000,
                },
            ),
            (
                "0::/user.slice/user-1000.slice/session-3.scope\n".into(),
                Cgroup::Session,
            ),
            (
                format!("0::/system.slice/docker-{id}.scope\n"),
                container("docker"),
            ),
            (format!("12:pids:/docker/{id}\n"), container("docker")),
            (format!("0::/own/{id}\n"), container("docker")),
            (
                format!("0::/own/{id}/system.slice/ollama.service\n"),
                container("docker"),
            ),
            (
                format!(
                    "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{id}.scope\n"
                ),
                container("libpod"),
            ),
            (
                "0::/system.slice/docker.service\n".into(),
                Cgroup::SystemUnit("docker.service".into()),
            ),
            ("0::/\n".into(), Cgroup::Session),
        ];
        for (text, wanted) in cases {
            assert_eq!(read_cgroup(&text), wanted, "{text}");
        }
    }

    #[test]
    fn this_process_counts_pids_as_itself() {
        assert_eq!(shares_pids(std::process::id()), Some(true));
    }

    #[test]
    fn this_process_is_seen_with_its_arguments() {
        let me = info(std::process::id()).expect("alive");
        assert_eq!(me.args, std::env::args().collect::<Vec<_>>());
    }
}
