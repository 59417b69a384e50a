//! Proof that a process is what is meant, taken right before it is signalled.

use super::{Identity, Info, info};

/// The process that has this pid now, if it is what is meant. What was seen earlier of a pid proves
/// nothing, since its process may have ended and the pid be somebody else's.
pub fn proven(pid: u32, is_meant: impl FnOnce(&Info) -> bool) -> Option<(Identity, Info)> {
    // Told first and still alive at the end: what was read in between is about this very process.
    let identity = Identity::of(pid)?;
    let now = info(pid)?;
    (is_meant(&now) && identity.is_alive()).then_some((identity, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_and_alive_is_proven() {
        let own = std::process::id();
        let (identity, now) = proven(own, |process| process.pid == own).expect("alive");
        assert_eq!(identity, Identity::of_self());
        assert_eq!(now.pid, own);
        assert_eq!(proven(own, |_| false).map(|(_, now)| now.pid), None);
        assert_eq!(proven(0, |_| true).map(|(_, now)| now.pid), None);
    }

    #[cfg(unix)]
    #[test]
    fn one_that_ends_while_it_is_looked_at_is_not_proven() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("spawned");
        let pid = child.id();
        let proof = proven(pid, |_| {
            child.kill().expect("killed");
            child.wait().expect("reaped");
            true
        });
        assert!(proof.is_none());
    }
}
