//! Whose a backend is that ollamactl did not start: by real control groups and real users. What systemd
//! and container engines would do with these is not needed to know the owner; the programs that would be
//! called stand on PATH as scripts that say how they were called.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use support::engine::{End, FakeEngine, Reply};
use support::{Output, Sandbox, free_address, until_true};

const CONTAINER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// The user `nobody`, by number.
const NOBODY: u32 = 65_534;

/// A control group, gone with the test.
struct Cgroup(PathBuf);

impl Cgroup {
    /// The group with this path below one of its own; `None`, said aloud, where none can be made.
    fn new(path: &str) -> Option<Self> {
        let own = format!(
            "ollamactl-test-{}-{}",
            std::process::id(),
            free_address().port()
        );
        let roots = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].map(Path::new);
        let root = roots
            .into_iter()
            .find(|root| root.join("cgroup.procs").exists());
        let folder = root.map(|root| root.join(own).join(path));
        if let Some(folder) =
            folder.filter(|folder| support::is_root() && fs::create_dir_all(folder).is_ok())
        {
            Some(Self(folder))
        } else {
            support::skipped("a control group of its own needs root and a writable hierarchy");
            None
        }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A group can be removed when its last process is gone.
        until_true("the end of the group", || {
            fs::remove_dir(&self.0).is_ok() || !self.0.exists()
        });
        let mut folder = self.0.parent();
        while let Some(parent) = folder.filter(|folder| fs::remove_dir(folder).is_ok()) {
            folder = parent.parent();
        }
    }
}

/// A sandbox whose systemd and container engine only say how they are called.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for program in ["journalctl", "systemctl"] {
        sandbox.script(program, &format!("echo called: {program} $*"));
    }
    sandbox
}

/// Runs a script with a backend in this group: started as systemd starts it (a child of the first process,
/// leading a session of its own), or in the session of a shell.
fn with_backend(sandbox: &Sandbox, group: &Cgroup, by_shell: bool, script: &str) -> Output {
    let session = if by_shell { "" } else { "setsid" };
    let path = sandbox.path("script");
    let script = format!(
        r#"sh -c 'echo $$ > {}/cgroup.procs && exec {session} ollama serve >/dev/null 2>&1' & server=$!
        until ollama --version | grep -q "ollama version is"; do :; done
        {script}
        kill -9 $server 2>/dev/null; wait $server; true"#,
        group.0.display()
    );
    fs::write(&path, script).expect("written");
    // A session of its own for the shell too, so that its leader is one of this namespace.
    sandbox.shell(&format!(
        "exec unshare --pid --fork --mount-proc --kill-child setsid bash {}",
        path.display()
    ))
}

const ASK: &str = r#"ollamactl status
        ollamactl --json status | grep -o '"kept_by":{"kind":"[a-z_]*"'
        ollamactl logs -n 7 --since 2026-01-01T00:00:00Z; echo "logs: $?"
        ollamactl restart; echo "restart: $?"
        ollamactl kill --timeout 5s; echo "kill: $?""#;

#[test]
fn a_systemd_unit_is_named_and_acted_on_by_its_name() {
    let sandbox = sandbox();
    let Some(group) = Cgroup::new("system.slice/my-ollama.service") else {
        return;
    };
    with_backend(&sandbox, &group, false, ASK)
        .code(0)
        .prints([
            "adopted",
            "systemd unit my-ollama.service, ollama (pid",
            r#""kept_by":{"kind":"system_unit""#,
            "called: journalctl --unit my-ollama.service --no-pager --lines 7 --since 2026-01-01 00:00:00 UTC",
            "logs: 0",
            "restart: 5",
            "kill: 0",
        ])
        .says([
            "restart it where it belongs: systemctl restart my-ollama.service",
            "to keep it down: systemctl stop my-ollama.service",
        ]);
}

/// journalctl is ended by the pipe, as any program is whose reader leaves.
#[test]
fn a_reader_that_leaves_a_units_journal_is_no_error() {
    let sandbox = sandbox();
    sandbox.script("journalctl", "exec yes line");
    let Some(group) = Cgroup::new("system.slice/my-ollama.service") else {
        return;
    };
    let script = "ollamactl logs | head -n 1; echo \"logs: ${PIPESTATUS[0]}\"";
    let output = with_backend(&sandbox, &group, false, script).code(0);
    assert_eq!(output.stdout, "line\nlogs: 0\n", "{output}");
}

#[test]
fn a_users_unit_is_asked_of_the_users_systemd() {
    let sandbox = sandbox();
    let path = "user.slice/user-0.slice/user@0.service/app.slice/ollama.service";
    let Some(group) = Cgroup::new(path) else {
        return;
    };
    with_backend(&sandbox, &group, false, ASK)
        .code(0)
        .prints([
            "systemd user unit ollama.service",
            r#""kept_by":{"kind":"user_unit""#,
            "called: journalctl --user --unit ollama.service --no-pager",
            "restart: 5",
        ])
        .says([
            "systemctl --user restart ollama.service",
            "systemctl --user stop ollama.service",
        ]);
}

#[test]
fn another_users_unit_is_asked_of_that_users_systemd() {
    let sandbox = sandbox();
    let path = "user.slice/user-65534.slice/user@65534.service/app.slice/ollama.service";
    let Some(group) = Cgroup::new(path) else {
        return;
    };
    with_backend(&sandbox, &group, false, ASK)
        .code(0)
        .prints(["called: journalctl _SYSTEMD_USER_UNIT=ollama.service _UID=65534 --no-pager"])
        .says(["systemctl --user --machine=nobody@ stop ollama.service"]);
}

/// Whoever types `ollama serve` in an ssh session is in the ssh server's group, and must not be told to
/// stop that.
#[test]
fn what_was_started_in_a_shell_is_not_the_unit_that_keeps_the_shell() {
    let sandbox = sandbox();
    let Some(group) = Cgroup::new("system.slice/ssh.service") else {
        return;
    };
    let output = with_backend(&sandbox, &group, true, ASK)
        .code(0)
        .prints([
            r#""kept_by":{"kind":"session""#,
            "logs: 3",
            "restart: 5",
            "kill: 0",
        ])
        .says([
            "end it, and start one of ollamactl's: kill ",
            "; ollamactl serve --background",
            "its log is where it was started",
        ]);
    assert!(!output.stdout.contains("ssh.service"), "{output}");
    assert!(!output.stderr.contains("ssh.service"), "{output}");
}

#[test]
fn a_containers_backend_is_named_and_left_alone() {
    let sandbox = sandbox();
    let Some(group) = Cgroup::new(&format!("docker/{CONTAINER}")) else {
        return;
    };
    let script = format!("{ASK}\n kill -0 $server && echo it lives");
    with_backend(&sandbox, &group, false, &script)
        .code(0)
        .prints([
            "a container (docker), ollama (pid",
            r#""kept_by":{"kind":"container""#,
            "logs: 3",
            "kill: 0",
            "it lives",
        ])
        .says([
            "docker logs 0123456789ab",
            "docker restart 0123456789ab",
            "no backend is running",
        ]);
}

/// The app starts its server itself, and again when that ends.
#[test]
fn the_desktop_apps_backend_is_named_and_the_app_is_what_to_quit() {
    if !support::is_root() {
        return support::skipped("a process namespace of its own needs root");
    }
    for app in [
        "/Applications/Ollama.app/Contents/MacOS/Ollama",
        "ollama app",
    ] {
        let sandbox = sandbox();
        let log = sandbox.path("home/.ollama/logs/server.log");
        fs::create_dir_all(log.parent().expect("a folder")).expect("created");
        let line = "time=2026-06-01T10:00:00.000Z level=INFO msg=\"the app's server\"\n";
        fs::write(log, line).expect("written");
        let script = format!(
            r#"(exec -a "{app}" sh -c 'ollama serve >/dev/null 2>&1 & wait') & app=$!
            until ollama --version | grep -q "ollama version is"; do :; done
            {ASK}
            wait $app; true"#
        );
        fs::write(sandbox.path("script"), script).expect("written");
        // On its own: `kill` ends every backend that it sees.
        sandbox
            .shell(&format!(
                "exec unshare --pid --fork --mount-proc --kill-child setsid bash {}",
                sandbox.path("script").display()
            ))
            .code(0)
            .prints([
                "adopted",
                "the Ollama desktop app, ollama (pid",
                r#""kept_by":{"kind":"desktop_app""#,
                "msg=\"the app's server\"",
                "logs: 0",
                "restart: 5",
                "kill: 0",
            ])
            .says([
                "restart it where it belongs: quit the Ollama desktop app and open it again",
                "to keep it down: quit the Ollama desktop app",
            ]);
    }
}

/// Standard error in a file is a log that can be found.
#[test]
fn the_log_of_one_that_was_started_by_hand_is_found_where_it_is() {
    let sandbox = sandbox();
    let log = sandbox.path("by-hand.log");
    sandbox
        .shell(&format!(
            "ollama serve >{0} 2>&1 & server=$!
            until ollama --version | grep -q 'ollama version is'; do :; done
            ollamactl logs; kill $server; wait $server",
            log.display()
        ))
        .code(0)
        .prints(["Listening on"]);
}

/// A sandbox that `nobody` may enter, with a state folder that is theirs.
fn for_nobody() -> Option<Sandbox> {
    let mut sandbox = sandbox();
    let can = support::is_root()
        && sandbox
            .shell("setpriv --reuid 65534 --clear-groups true")
            .status
            == 0;
    if !can {
        support::skipped("another user needs root and setpriv(1)");
        return None;
    }
    let folder = sandbox.path("");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("set");
    for name in ["theirs", "theirs/home", "theirs/state"] {
        fs::create_dir(sandbox.path(name)).expect("created");
        chown(sandbox.path(name), Some(NOBODY), Some(NOBODY)).expect("changed");
    }
    let theirs = |name: &str| sandbox.path(name).display().to_string();
    let (home, state) = (theirs("theirs/home"), theirs("theirs/state"));
    // The binary may lie where only root may go.
    for name in ["ollamactl", "ollama"] {
        let link = sandbox.bin().join(name);
        let binary = fs::canonicalize(&link).expect("there");
        fs::remove_file(&link).expect("removed");
        if name == "ollamactl" {
            fs::copy(binary, &link).expect("copied");
        } else {
            fs::hard_link(sandbox.bin().join("ollamactl"), &link).expect("linked");
        }
    }
    sandbox.set("THEIR_HOME", &home);
    sandbox.set("THEIR_STATE", &state);
    Some(sandbox)
}

const AS_NOBODY: &str = r"as_nobody() {
        HOME=$THEIR_HOME XDG_STATE_HOME=$THEIR_STATE setpriv --reuid 65534 --clear-groups ollamactl $*; }
        ";

#[test]
fn an_embedded_gateway_of_another_user_is_stopped_as_that_user() {
    let Some(sandbox) = for_nobody() else {
        return;
    };
    let script = format!(
        "{AS_NOBODY} as_nobody gateway up --gateway embedded >&2; \
         ollamactl gateway up --gateway embedded; echo \"second: $?\"; as_nobody gateway down"
    );
    sandbox
        .shell(&script)
        .code(0)
        .prints(["second: 5"])
        .says(["user nobody", "sudo -iu nobody ollamactl gateway down"]);
}

/// The usual case: the service runs as a user whose descriptors we may not see.
#[test]
fn another_users_backend_is_named_though_its_sockets_cannot_be_seen() {
    let Some(sandbox) = for_nobody() else {
        return;
    };
    let Some(group) = Cgroup::new("system.slice/ollama.service") else {
        return;
    };
    let script = format!(
        "{AS_NOBODY} as_nobody status; as_nobody logs -n 7; as_nobody restart; as_nobody kill; \
         echo \"kill: $?\"; kill -0 $server && echo it lives"
    );
    with_backend(&sandbox, &group, false, &script)
        .code(0)
        .prints([
            "systemd unit ollama.service, ollama (pid",
            "user root",
            "called: journalctl --unit ollama.service --no-pager --lines 7",
            "kill: 1",
            "it lives",
        ])
        .says([
            "restart it where it belongs: sudo systemctl restart ollama.service",
            "stop it with: sudo systemctl stop ollama.service",
        ]);
}

/// Whose sockets cannot be seen has a relay all the same, and that is open to containers alone.
#[test]
fn the_relay_of_another_user_is_no_exposure() {
    let Some(sandbox) = for_nobody() else {
        return;
    };
    let engine = FakeEngine::new(FakeEngine::docker(), |request| {
        match request.line().as_str() {
            "GET /events" => Reply::Lines(Vec::new(), End::Stall),
            _ => Reply::Honest,
        }
    });
    engine.on_socket(&sandbox.path("fake.sock"));
    let host = format!("unix://{}", sandbox.path("fake.sock").display());
    let sandbox = sandbox.with("DOCKER_HOST", &host);
    sandbox.serve();
    until_true("the relay to listen", || {
        sandbox.run(["status", "--json"]).json()["relay"]["state"] == "listening"
    });
    let status = sandbox
        .shell(&format!("{AS_NOBODY} as_nobody status --json"))
        .code(0)
        .json();
    assert_eq!(status["backend"]["standing"], "adopted", "{status}");
    assert_eq!(status["backend"]["exposed"], false, "{status}");
}

/// What another user's store is cannot be read off the process; that user's home says it.
#[test]
fn another_users_store_is_that_users_and_its_unit_may_name_another() {
    let Some(sandbox) = for_nobody() else {
        return;
    };
    let Some(group) = Cgroup::new("system.slice/ollama.service") else {
        return;
    };
    let registry = support::http::registry(1 << 60);
    let models = sandbox.path("work/models");
    sandbox.script(
        "systemctl",
        &format!(
            r#"[ -e $THEIR_HOME/asked ] && echo "A=1 OLLAMA_MODELS={}"; true"#,
            models.display()
        ),
    );
    let script = format!(
        "{AS_NOBODY} as_nobody pull-model {registry}/library/x:latest; echo \"pull: $?\"
        touch $THEIR_HOME/asked
        as_nobody pull-model {registry}/library/x:latest; echo \"pull: $?\""
    );
    let home = sandbox
        .shell("getent passwd root | cut -d: -f6")
        .stdout
        .trim()
        .to_owned();
    let default = format!("more in {home}/.ollama/models, where");
    let named = format!("more in {}, where", models.display());
    with_backend(&sandbox, &group, false, &script)
        .code(0)
        .prints(["pull: 1"])
        .says([default.as_str(), named.as_str(), "are free"]);
}
