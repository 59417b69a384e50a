//! The users of this machine, as `/etc/passwd` has them.

use std::path::PathBuf;

/// "user dev", or the number where the user has no name.
pub fn describe(uid: u32) -> String {
    name(uid).map_or_else(|| format!("user id {uid}"), |name| format!("user {name}"))
}

/// The user's name.
pub fn name(uid: u32) -> Option<String> {
    field(uid, 0)
}

/// The user's home folder.
pub fn home(uid: u32) -> Option<PathBuf> {
    field(uid, 5)
        .filter(|home| home.starts_with('/'))
        .map(Into::into)
}

/// The home folder of the user who runs this process: `HOME`, or what `/etc/passwd` says. Never asked of
/// `getpwuid`: for that a static glibc loads the machine's own libraries, and crashes in those that do not
/// fit it.
#[cfg(target_os = "linux")]
pub fn own_home() -> Option<PathBuf> {
    let named = std::env::var_os("HOME").filter(|home| !home.is_empty());
    named.map(PathBuf::from).or_else(|| home(own()?))
}

/// The home folder of the user who runs this process.
#[cfg(not(target_os = "linux"))]
pub fn own_home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|folders| folders.home_dir().to_owned())
}

/// The id of the user who runs this process; `None` where the platform has no such ids.
#[cfg(unix)]
pub fn own() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

/// The id of the user who runs this process; `None` where the platform has no such ids.
#[cfg(not(unix))]
pub fn own() -> Option<u32> {
    None
}

fn field(uid: u32, index: usize) -> Option<String> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(uid))
            .then(|| fields.get(index).map(|field| (*field).to_owned()))?
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_everywhere() {
        assert_eq!(describe(0), "user root");
        assert!(home(0).is_some_and(|home| home.is_absolute()));
        assert_eq!(describe(4_000_000_000), "user id 4000000000");
    }
}
