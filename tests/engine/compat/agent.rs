//! A real ssh agent with one key.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::support::until_true;

/// It ends when it is dropped.
pub struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    /// Its socket and its key are in this folder.
    pub fn start(folder: &Path) -> Self {
        let (socket, key) = (folder.join("agent.sock"), folder.join("key"));
        let process = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent runs");
        let agent = Self { process, socket };
        until_true("the agent listens", || agent.socket.exists());
        let keygen = ["-q", "-t", "ed25519", "-N", "", "-f"];
        done(Command::new("ssh-keygen").args(keygen).arg(&key));
        done(
            Command::new("ssh-add")
                .arg("-q")
                .arg(&key)
                .env("SSH_AUTH_SOCK", &agent.socket),
        );
        agent
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn done(command: &mut Command) {
    let status = command.status().expect("it runs");
    assert!(status.success(), "{command:?}");
}
