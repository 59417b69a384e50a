//! What runs on this machine: argument vectors, owners, control groups.

#[cfg(target_os = "linux")]
use std::path::PathBuf;

/// What is known of one process.
#[derive(Debug, Clone)]
pub struct Info {
    /// Process id.
    pub pid: u32,
    /// Parent's process id.
    pub parent: u32,
    /// Process group; 0 where the platform has none.
    pub group: u32,
    /// The argument vector; empty where we may not read it.
    pub args: Vec<String>,
    /// The command name as the kernel keeps it.
    pub name: String,
    /// Numeric user id, where the platform has one.
    pub uid: Option<u32>,
    /// What keeps it running.
    pub owner: Owner,
}

/// What keeps a process running, as far as its control group tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A systemd unit of the system: `ollama.service`.
    System(String),
    /// A systemd unit of the user.
    User(String),
    /// A container of some engine.
    Container(String),
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

    /// The first argument after the program that is not an option.
    pub fn subcommand(&self) -> Option<&str> {
        self.args
            .iter()
            .skip(1)
            .map(String::as_str)
            .find(|argument| !argument.starts_with('-'))
    }

    /// "`ollama` (pid 12, user 1000)", for messages.
    pub fn describe(&self) -> String {
        let name = if self.name.is_empty() {
            self.program()
        } else {
            &self.name
        };
        match self.uid {
            Some(uid) => format!("{name} (pid {}, {})", self.pid, user_name(uid)),
            None => format!("{name} (pid {})", self.pid),
        }
    }
}

/// "user dev", or the number where the user has no name.
fn user_name(uid: u32) -> String {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| format!("user {name}"))
        })
        .unwrap_or_else(|| format!("user id {uid}"))
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
        args,
        name,
        uid: std::fs::metadata(&folder).ok().map(|meta| meta.uid()),
        owner: owner_from_cgroup(&groups),
    })
}

/// Whether the process has ended and only waits to be reaped.
#[cfg(target_os = "linux")]
pub fn is_zombie(pid: u32) -> bool {
    state(pid) == Some('Z')
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
fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Reads `/proc/PID/cgroup`: the last path component that names a unit or a container decides.
/// Only called on Linux; kept platform-free so that its test runs everywhere.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "control groups are Linux's")
)]
fn owner_from_cgroup(groups: &str) -> Owner {
    const ENGINES: [&str; 6] = ["docker", "containerd", "kubepods", "libpod", "crio", "lxc"];
    for line in groups.lines() {
        let path = line.splitn(3, ':').nth(2).unwrap_or_default();
        if let Some(engine) = ENGINES.iter().find(|engine| {
            path.split(['/', '-', '.', '_'])
                .any(|part| part == **engine)
        }) {
            let leaf = path.rsplit('/').next().unwrap_or_default();
            if leaf.len() >= 12 && !leaf.ends_with(".service") {
                return Owner::Container((*engine).to_owned());
            }
        }
        let unit = path.split('/').rfind(|part| part.ends_with(".service"));
        if let Some(unit) = unit
            && !unit.starts_with("user@")
            && !unit.starts_with("session-")
        {
            let unit = unit.to_owned();
            return if path.contains("/user@") {
                Owner::User(unit)
            } else {
                Owner::System(unit)
            };
        }
    }
    Owner::Session
}

#[cfg(not(target_os = "linux"))]
pub(super) fn with_process<T>(pid: u32, read: impl FnOnce(&sysinfo::Process) -> T) -> Option<T> {
    let pid = sysinfo::Pid::from_u32(pid);
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
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
    with_process(pid, from_sysinfo)
}

/// Whether the process has ended and only waits to be reaped.
#[cfg(not(target_os = "linux"))]
pub fn is_zombie(pid: u32) -> bool {
    with_process(pid, |process| {
        matches!(process.status(), sysinfo::ProcessStatus::Zombie)
    })
    .unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn from_sysinfo(process: &sysinfo::Process) -> Info {
    Info {
        pid: process.pid().as_u32(),
        parent: process.parent().map_or(0, sysinfo::Pid::as_u32),
        group: 0,
        args: process
            .cmd()
            .iter()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
        name: process.name().to_string_lossy().into_owned(),
        uid: user_id(process),
        owner: Owner::Session,
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn user_id(process: &sysinfo::Process) -> Option<u32> {
    process.user_id().map(|id| **id)
}

#[cfg(windows)]
fn user_id(_process: &sysinfo::Process) -> Option<u32> {
    None
}

/// The environment with which a process was started, `NAME=value` each; empty where we may not know.
#[cfg(target_os = "linux")]
pub fn environment(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect()
}

/// The environment with which a process was started. Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub fn environment(_pid: u32) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_from_the_control_group() {
        let cases = [
            (
                "0::/system.slice/ollama.service\n",
                Owner::System("ollama.service".into()),
            ),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/ollama.service\n",
                Owner::User("ollama.service".into()),
            ),
            (
                "0::/user.slice/user-1000.slice/session-3.scope\n",
                Owner::Session,
            ),
            (
                "0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n",
                Owner::Container("docker".into()),
            ),
            (
                "12:pids:/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
                Owner::Container("docker".into()),
            ),
            (
                "0::/system.slice/docker.service\n",
                Owner::System("docker.service".into()),
            ),
            ("0::/\n", Owner::Session),
        ];
        for (text, owner) in cases {
            assert_eq!(owner_from_cgroup(text), owner, "{text}");
        }
    }

    #[test]
    fn this_process_is_seen_with_its_arguments() {
        let me = info(std::process::id()).expect("alive");
        assert_eq!(me.args, std::env::args().collect::<Vec<_>>());
    }
}
