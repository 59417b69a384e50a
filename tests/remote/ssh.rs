//! An engine at the far end of a real ssh, through the real `docker system dial-stdio`.

use std::process::Command;

use crate::machine::Machine;
use crate::support::tls::lab_context;
use crate::support::{Running, until_true};
use crate::{CONTAINER, need};

const ENDPOINT: &str = "ssh://root@127.0.0.1:2222";
/// What to run to see it with one's own eyes, and to answer what ssh asks.
const LOOK: &str = "hint: ssh -l root -p 2222 -- 127.0.0.1 docker version";

/// Who is let in: a key that may do everything, and one whose docker is not to be found.
const KEYS: &str = r#"for name in host other mine bare; do ssh-keygen -q -t ed25519 -N '' -f $name; done
ssh-keygen -q -t ed25519 -N 'a phrase' -f locked
cat mine.pub locked.pub >authorized
echo "command=\"PATH=/nowhere; \$SSH_ORIGINAL_COMMAND\" $(cat bare.pub)" >>authorized
echo "[127.0.0.1]:2222 $(cut -d' ' -f1,2 host.pub)" >known
echo "[127.0.0.1]:2222 $(cut -d' ' -f1,2 other.pub)" >changed
: >none
mkdir -p /run/sshd"#;

struct Far {
    machine: Machine,
    _sshd: Running,
}

impl Far {
    fn new() -> Option<Self> {
        let machine = Machine::with_engine()?;
        need(&["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"]);
        let folder = machine.path("ssh");
        std::fs::create_dir(&folder).expect("created");
        let made = Command::new("sh")
            .args(["-ec", KEYS])
            .current_dir(&folder)
            .status();
        assert!(made.expect("a shell").success());
        let folder = folder.display();
        let socket = machine.path("engine.sock");
        let config = format!(
            "Port 2222\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\n\
             AuthorizedKeysFile {folder}/authorized\nUsePAM no\nPermitRootLogin prohibit-password\n\
             SetEnv DOCKER_HOST=unix://{}\n",
            socket.display()
        );
        std::fs::write(machine.path("ssh/config"), config).expect("written");
        // The real one, with files of this test in the place of the user's own.
        machine.sandbox.script(
            "ssh",
            &format!(
                "exec /usr/bin/ssh -F none -o IdentitiesOnly=yes -o IdentityFile={folder}/$KEY \
                 -o UserKnownHostsFile={folder}/$KNOWN -o GlobalKnownHostsFile=/dev/null \"$@\""
            ),
        );
        let sshd = machine.start("/usr/sbin/sshd", &format!("-D -e -f {folder}/config"));
        sshd.wait_to_say("Server listening");
        let mut far = Self {
            machine,
            _sshd: sshd,
        };
        far.by(ENDPOINT, "mine", "known");
        Some(far)
    }

    /// Goes there with this key, and these keys of hosts.
    fn by(&mut self, endpoint: &str, key: &str, known: &str) {
        let sandbox = &mut self.machine.sandbox;
        sandbox.set("DOCKER_HOST", endpoint);
        sandbox.set("KEY", key);
        sandbox.set("KNOWN", known);
    }
}

#[test]
fn an_engine_behind_ssh_is_used_as_one_that_is_near() {
    let Some(mut far) = Far::new() else {
        return;
    };
    far.machine.run("gateway up").code(0).says(["ok gateway"]);
    far.machine.run("gateway up").code(0).says(["-- gateway"]);
    // By the path of its socket.
    let socket = far.machine.path("engine.sock");
    far.by(&format!("{ENDPOINT}{}", socket.display()), "mine", "known");
    far.machine
        .run("status")
        .code(0)
        .prints(["running", CONTAINER]);
    far.machine
        .run("logs gateway")
        .code(0)
        .prints(["gateway on"]);
    // By a context.
    lab_context(&far.machine.sandbox, ENDPOINT);
    far.machine.sandbox.unset("DOCKER_HOST");
    far.machine.sandbox.set("DOCKER_CONTEXT", "lab");
    far.machine.run("gateway down").code(0).says([CONTAINER]);
    let ssh_runs = || {
        let all = far.machine.sandbox.processes();
        all.iter().any(|process| process.program() == "ssh")
    };
    until_true("ssh ends with ollamactl", || !ssh_runs());
}

#[test]
fn why_ssh_does_not_get_through_is_said_and_nothing_is_asked() {
    let Some(mut far) = Far::new() else {
        return;
    };
    let denied = "Permission denied (publickey";
    for (key, known, why) in [
        ("mine", "none", "Host key verification failed."),
        ("mine", "changed", "REMOTE HOST IDENTIFICATION HAS CHANGED"),
        ("other", "known", denied),
        ("locked", "known", denied),
        ("bare", "known", "docker: "),
    ] {
        far.by(ENDPOINT, key, known);
        let output = far.machine.run("gateway up").code(6);
        output.says([
            "no container engine is reached at ssh://root@127.0.0.1:2222 (from DOCKER_HOST): ",
            why,
            LOOK,
        ]);
    }
    for (endpoint, why) in [
        ("ssh://root@127.0.0.1:2223", "Connection refused"),
        ("ssh://root@127.0.0.1:2222/nowhere.sock", "/nowhere.sock"),
    ] {
        far.by(endpoint, "mine", "known");
        let output = far.machine.run("gateway up").code(6);
        output.says([
            "no container engine is reached",
            endpoint,
            why,
            "hint: ssh -l root",
        ]);
    }
}
