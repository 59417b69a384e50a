//! Commands that people are told to run, as this platform has them.

use std::borrow::Cow;
use std::path::Path;

use super::users;

/// A path, or a part of a command, as the shell takes it for one word.
pub fn word(text: &(impl AsRef<Path> + ?Sized)) -> String {
    let text = text.as_ref().to_string_lossy();
    if cfg!(windows) {
        return if text.contains(' ') {
            format!("\"{text}\"")
        } else {
            text.into_owned()
        };
    }
    // Only NUL cannot be quoted, and it is in no path.
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), Cow::into_owned)
}

/// What stands before a command for what is another user's; nothing where this user may do all, or where
/// there is no such thing.
pub fn sudo() -> &'static str {
    match users::own() {
        Some(0) | None => "",
        Some(_) => "sudo ",
    }
}

/// What ends a process of this user (of their numeric id), or where that is not known, of anybody.
pub fn kill(pid: u32, uid: Option<u32>) -> String {
    if cfg!(windows) {
        return format!("taskkill /PID {pid} /F");
    }
    format!("{}kill {pid}", sudo_for(uid))
}

/// What has a process of this user go on that was suspended. (No process of Windows is found to be so.)
pub fn wake(pid: u32, uid: Option<u32>) -> String {
    format!("{}kill -CONT {pid}", sudo_for(uid))
}

fn sudo_for(uid: Option<u32>) -> &'static str {
    let theirs = uid.is_none() || uid != users::own();
    if theirs { sudo() } else { "" }
}

/// What a command begins with that is to find what a process knows, where that process was started with
/// another home or state folder: `HOME=/root `. Empty where it was not, or where that cannot be read.
pub fn as_started(pid: u32) -> String {
    const PLACES: [&str; 2] = ["HOME", "XDG_STATE_HOME"];
    let Some(theirs) = super::environment(pid) else {
        return String::new();
    };
    let differing = PLACES.iter().filter_map(|&name| {
        let theirs = theirs.get(name).map(String::as_str).unwrap_or_default();
        let ours = std::env::var(name).unwrap_or_default();
        (theirs != ours).then(|| format!("{name}={} ", word(theirs)))
    });
    differing.collect()
}

/// What shows who listens on a port, another user's processes too.
pub fn who_listens(port: u16) -> String {
    let sudo = sudo();
    if cfg!(target_os = "linux") {
        format!("{sudo}ss -ltnp 'sport = :{port}'")
    } else if cfg!(windows) {
        format!("netstat -ano | findstr :{port}")
    } else {
        format!("{sudo}lsof -nP -iTCP:{port} -sTCP:LISTEN")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_command_is_one_word() {
        assert_eq!(word("/home/me/.local/state"), "/home/me/.local/state");
        assert_eq!(word("/home/my own/$x"), "'/home/my own/$x'");
        assert_eq!(word("/it's"), "\"/it's\"");
        assert_eq!(word(""), "''");
    }
}
