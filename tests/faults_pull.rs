//! Faults of a pull: stalls, disks that are too small, part files that a stop left empty, and backends that
//! are stopped under it.
#![cfg(target_os = "linux")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ollamactl::error::Kind;
use ollamactl::ollama::{Client, PullFailure, PullUpdate, host};
use rustix::process::Signal;
use support::http::get;
use support::{MODEL, Sandbox, end, until, until_true};

/// Pulls as `pull-model` does it, with a patience of its own; gives what came of the weights.
fn pull(address: SocketAddr, patience: Duration) -> (Vec<u64>, Result<(), PullFailure>) {
    let client = Client::new(&host::parse(&address.to_string())).expect("a client");
    let model = MODEL.parse().expect("a name");
    let mut layers: Vec<(String, u64)> = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let outcome = runtime.block_on(client.pull(&model, patience, |update| {
        if let PullUpdate::Layer {
            digest, completed, ..
        } = update
        {
            layers.push((digest, completed));
        }
    }));
    let first = layers
        .first()
        .map_or_else(String::new, |(digest, _)| digest.clone());
    layers.retain(|(digest, _)| *digest == first);
    (
        layers.into_iter().map(|(_, completed)| completed).collect(),
        outcome,
    )
}

/// A backend by hand with this fault.
fn by_hand(sandbox: &Sandbox) -> support::Running {
    let backend = sandbox.start("ollama", ["serve"]);
    until_true("an answer", || get(sandbox.backend, "/").is_some());
    backend
}

/// Files of downloads that are not finished: `…-partial-0`.
fn part_files(store: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(store.join("blobs")) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("listed").path());
    paths
        .filter(|path| path.to_string_lossy().contains("-partial-"))
        .collect()
}

fn is_empty(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.len() == 0)
}

/// Lines keep coming, but say the same.
#[test]
fn a_pull_that_stands_still_is_given_up_and_what_came_stays() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_PULL_STALL_AT", "200000")
        .with("OLLAMACTL_STUB_FAULTY_PULLS", "1");
    let _backend = by_hand(&sandbox);
    let (completed, outcome) = pull(sandbox.backend, Duration::from_secs(2));
    let failure = outcome.expect_err("it stood still");
    assert_eq!(failure.error.kind, Kind::Timeout);
    assert!(failure.resumable);
    assert!(failure.error.message.contains("stood still"), "{failure:?}");
    assert!(!part_files(&sandbox.path("home/.ollama/models")).is_empty());
    assert!(completed.last() >= Some(&200_000), "{completed:?}");
    // The next one goes on from there.
    let (completed, outcome) = pull(sandbox.backend, Duration::from_secs(20));
    outcome.expect("pulled");
    assert!(
        completed.iter().all(|count| *count >= 200_000),
        "{completed:?}"
    );
}

/// Ollama fetches a silent part anew, and then `completed` falls.
#[test]
fn a_count_that_falls_back_is_no_stall() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_PULL_STALL_AT", "200000")
        .with("OLLAMACTL_STUB_PULL_STALL_MS", "300")
        .with("OLLAMACTL_STUB_PULL_RATE", "1000000");
    let _backend = by_hand(&sandbox);
    let (completed, outcome) = pull(sandbox.backend, Duration::from_secs(20));
    outcome.expect("pulled");
    assert!(
        completed.windows(2).any(|two| two[1] < two[0]),
        "{completed:?}"
    );
}

/// Without the tries that follow.
#[test]
fn a_stream_without_success_is_a_failure_that_can_be_resumed() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_CUT_AT", "200000");
    let _backend = by_hand(&sandbox);
    let (_, outcome) = pull(sandbox.backend, Duration::from_secs(20));
    let failure = outcome.expect_err("no success");
    assert_eq!(failure.error.kind, Kind::Failed);
    assert!(failure.resumable);
    assert!(failure.error.message.contains("success"), "{failure:?}");
}

/// Killed half-way, by hand or as the one that was started for the pull: why, what stays, what next.
#[test]
fn a_backend_that_is_killed_in_mid_pull_is_the_cause_that_is_told() {
    for private in [false, true] {
        let mut sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "100000");
        let by_hand = (!private).then(|| by_hand(&sandbox));
        let pull = sandbox.spawn(["pull-model", "--tries", "2"]);
        pull.wait_to_say("%");
        if let Some(backend) = &by_hand {
            backend.signal(Signal::KILL);
        } else {
            for backend in sandbox.backends() {
                end(backend.pid, Signal::KILL);
            }
        }
        pull.finish().code(3).says([
            "error: the pull of tiny was cut off: ",
            "and then no answer from",
            "connection refused",
            "hint: what was loaded is kept; run the same command again and it resumes",
        ]);
        drop(by_hand);
        sandbox.unset("OLLAMACTL_STUB_PULL_RATE");
        sandbox
            .run(["pull-model"])
            .code(0)
            .says(["tiny:latest, ", "pulled"]);
    }
}

/// A registry with one manifest, for as long as the process lives; counts who asks.
struct Registry {
    address: SocketAddr,
    manifest: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn with(manifest: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let registry = Self {
            address: listener.local_addr().expect("bound"),
            manifest: Arc::new(Mutex::new(manifest.to_owned())),
            asked: Arc::default(),
        };
        let (manifest, asked) = (registry.manifest.clone(), registry.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = BufReader::new(stream);
                let mut head = String::new();
                while stream.read_line(&mut head).is_ok_and(|count| count > 2) {}
                let first = head.lines().next().unwrap_or_default().to_owned();
                asked.lock().expect("not poisoned").push(first);
                let body = manifest.lock().expect("not poisoned").clone();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        registry
    }

    /// The name of its model.
    fn model(&self) -> String {
        format!("{}/library/x:latest", self.address)
    }
}

fn manifest_of(size: u64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{{"mediaType":"c","digest":"sha256:{}","size":2}},"layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{}","size":{size}}}]}}"#,
        "a".repeat(64),
        "b".repeat(64)
    )
}

/// How often the backend was asked to pull.
fn pulls_asked(sandbox: &Sandbox, log: &str) -> usize {
    let text = std::fs::read_to_string(sandbox.state().join(log)).unwrap_or_default();
    text.matches("/api/pull").count()
}

/// With the backend that runs and with a private one.
#[test]
fn a_disk_that_is_too_small_is_told_before_anything_is_pulled() {
    const HUGE: u64 = 1 << 60;
    // A shell that says otherwise changes nothing for a backend that runs.
    for private in [false, true] {
        let registry = Registry::with(&manifest_of(HUGE));
        let model = registry.model();
        let sandbox = Sandbox::new();
        let log = if private {
            "private-backend.log".to_owned()
        } else {
            sandbox.serve();
            let path = sandbox.backend_file("log");
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        let needed = (HUGE + 2).to_string();
        let store = sandbox.path("home/.ollama/models");
        sandbox.run(["pull-model", &model]).code(1).says([
            model.as_str(),
            needed.as_str(),
            "are free",
            store.to_str().expect("text"),
            "--models-dir",
            "--skip-checks",
        ]);
        assert_eq!(
            registry.asked.lock().expect("not poisoned")[..],
            ["GET /v2/library/x/manifests/latest HTTP/1.1"]
        );
        assert_eq!(pulls_asked(&sandbox, &log), 0);
        sandbox
            .run(["pull-model", "--skip-checks", &model])
            .code(0)
            .says(["pulled"]);
        assert_eq!(pulls_asked(&sandbox, &log), 1);
        sandbox.run(["down"]).code(0);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_model_whose_manifest_did_not_change_is_not_pulled() {
    let registry = Registry::with(&manifest_of(3));
    let model = registry.model();
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["pull-model", &model]).code(0).says(["pulled"]);
    let log = sandbox.backend_file("log");
    let log = log
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    // Another manifest than the store's: asked for again.
    sandbox.run(["pull-model", &model]).code(0);
    assert_eq!(pulls_asked(&sandbox, &log), 2);
    let stored = sandbox
        .path("home/.ollama/models/manifests")
        .join(registry.address.to_string())
        .join("library/x/latest");
    let stored = std::fs::read_to_string(stored).expect("there");
    *registry.manifest.lock().expect("not poisoned") = stored;
    sandbox
        .run(["pull-model", &model])
        .code(0)
        .says(["there already"]);
    assert_eq!(pulls_asked(&sandbox, &log), 2);
}

/// A store in which a stop of Ollama in the middle of a pull left an empty part file.
fn leave_empty_part_file(sandbox: &mut Sandbox) {
    sandbox.set("OLLAMACTL_STUB_TERM_PART", "empty");
    sandbox.set("OLLAMACTL_STUB_PULL_RATE", "100000");
    let backend = by_hand(sandbox);
    let pull = sandbox.spawn(["pull-model"]);
    pull.wait_to_say("%");
    backend.signal(Signal::TERM);
    backend.finish().code(0);
    assert_ne!(pull.finish().status, 0);
    let store = sandbox.path("home/.ollama/models");
    assert!(part_files(&store).iter().any(|path| is_empty(path)));
    sandbox.unset("OLLAMACTL_STUB_TERM_PART");
    sandbox.unset("OLLAMACTL_STUB_PULL_RATE");
}

#[test]
fn an_empty_part_file_is_explained_and_mended() {
    for private in [false, true] {
        let mut sandbox = Sandbox::new();
        leave_empty_part_file(&mut sandbox);
        if !private {
            sandbox.serve();
        }
        sandbox
            .run(["pull-model"])
            .code(0)
            .says(["removed", "-partial-0", "EOF", "pulled"]);
        assert_eq!(
            part_files(&sandbox.path("home/.ollama/models")),
            [] as [PathBuf; 0]
        );
        sandbox.run(["down"]).code(0);
        sandbox.assert_nothing_left();
    }
}

/// The store of a backend that was started by hand is the one that its environment says, not this shell's.
#[test]
fn an_empty_part_file_is_mended_where_an_adopted_backend_pulls() {
    let mut sandbox = Sandbox::new();
    leave_empty_part_file(&mut sandbox);
    let store = sandbox.path("elsewhere");
    std::fs::rename(sandbox.path("home/.ollama/models"), &store).expect("renamed");
    let store = store.to_str().expect("text").to_owned();
    sandbox.set("OLLAMA_MODELS", &store);
    let _backend = by_hand(&sandbox);
    sandbox.set("OLLAMA_MODELS", "/nowhere");
    sandbox
        .run(["pull-model"])
        .code(0)
        .says(["removed", store.as_str(), "pulled"]);
}

/// A part file that may not be removed is named, with the command that removes it.
#[test]
fn an_empty_part_file_that_is_not_ours_is_explained() {
    let mut sandbox = Sandbox::new();
    leave_empty_part_file(&mut sandbox);
    let blobs = sandbox.path("home/.ollama/models/blobs");
    let frozen = format!("chattr +i {}/*-partial-*", blobs.display());
    if sandbox.shell(&frozen).status != 0 {
        support::skipped("a file that even root may not remove needs chattr(1)");
        return;
    }
    sandbox.serve();
    let output = sandbox.run(["pull-model"]);
    sandbox
        .shell(&format!("chattr -i {}/*-partial-*", blobs.display()))
        .code(0);
    let file = blobs.display().to_string();
    output
        .code(1)
        .says(["cannot remove", file.as_str(), "EOF", "remove it: rm "]);
}

/// The store is the one with which the backend was started, whatever the next shell says.
#[test]
fn a_part_file_is_looked_for_where_the_backend_pulls() {
    let mut sandbox = Sandbox::new();
    leave_empty_part_file(&mut sandbox);
    let store = sandbox.path("elsewhere");
    std::fs::rename(sandbox.path("home/.ollama/models"), &store).expect("renamed");
    let store = store.to_str().expect("text");
    sandbox
        .run(["serve", "--background", "--models-dir", store])
        .code(0);
    sandbox
        .run(["pull-model"])
        .code(0)
        .says(["removed", store, "pulled"]);
}

/// Whoever stops the backend first ends the pulls that run through it, which leaves their place in good
/// order: the backend would leave an empty part file when it is asked to end in mid-pull.
#[test]
fn a_stop_of_the_backend_first_cancels_the_pulls_through_it() {
    for how in ["down", "restart", "the pidfile"] {
        let mut sandbox = Sandbox::new()
            .with("OLLAMACTL_STUB_TERM_PART", "empty")
            .with("OLLAMACTL_STUB_PULL_RATE", "100000");
        sandbox.serve();
        let before = sandbox.backend_pid();
        let pull = sandbox.spawn(["pull-model"]);
        pull.wait_to_say("%");
        if how == "the pidfile" {
            end(sandbox.supervisor_pid().expect("recorded"), Signal::TERM);
        } else {
            sandbox.run([how]).code(0);
        }
        pull.finish().code(130).says(["resume"]);
        until_true("the backend's end", || {
            let living = sandbox.backends();
            !living.iter().any(|process| Some(process.pid) == before)
        });
        let parts = part_files(&sandbox.path("home/.ollama/models"));
        assert!(!parts.is_empty(), "{how}");
        assert!(!parts.iter().any(|path| is_empty(path)), "{how}: {parts:?}");
        until_true("its files' end", || {
            how == "restart" || sandbox.state_files().is_empty()
        });
        sandbox.run(["down"]).code(0);
        sandbox.assert_nothing_left();

        sandbox.unset("OLLAMACTL_STUB_PULL_RATE");
        let again = sandbox.run(["pull-model"]).code(0);
        assert!(!again.stderr.contains("removed"), "{how}: {again}");
    }
}

/// As above, with a backend that was started by hand and `kill`, which sees all of the machine.
#[test]
fn kill_first_cancels_the_pulls_through_what_it_ends() {
    if !support::is_root() {
        support::skipped("a namespace of processes of its own needs root");
        return;
    }
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_TERM_PART", "empty")
        .with("OLLAMACTL_STUB_PULL_RATE", "100000");
    let path = sandbox.path("script");
    let script = r#"ollama serve >/dev/null 2>&1 & backend=$!
        until ollama --version 2>&1 | grep -q "ollama version is"; do :; done
        ollamactl pull-model 2>said & pull=$!
        until grep -q % said; do :; done
        ollamactl kill 2>/dev/null; echo "kill: $?"
        wait $pull; echo "pull: $?"
        wait $backend; echo "backend: $?"
        ls $HOME/.ollama/models/blobs
        find $HOME/.ollama -name '*-partial-*' -size 0 | grep . || echo "none is empty""#;
    std::fs::write(&path, script).expect("written");
    let line = format!(
        "exec unshare --pid --fork --mount-proc --kill-child bash {}",
        path.display()
    );
    sandbox.shell(&line).code(0).prints([
        "kill: 0",
        "pull: 130",
        "backend: 0",
        "-partial-0",
        "none is empty",
    ]);
}

/// Two models that fit alone, and not together.
#[test]
fn models_that_are_pulled_at_the_same_time_share_the_disk() {
    if !support::is_root() {
        support::skipped("a disk of its own needs root");
        return;
    }
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "1000000");
    let tiny = |registry: &Registry| registry.model().replace("/x:", "/tiny:");
    let one = Registry::with(&manifest_of(30_000_000));
    let other = Registry::with(&manifest_of(30_000_000).replace('b', "c"));
    let store = sandbox.path("models");
    std::fs::create_dir(&store).expect("created");
    let pull = format!(
        "ollamactl pull-model --models-dir {0} {1} {2}",
        store.display(),
        tiny(&one),
        tiny(&other)
    );
    let script = format!(
        "exec unshare --mount sh -c 'mount -t tmpfs -o size=40m tmpfs {}; {pull}'",
        store.display()
    );
    sandbox.shell(&script).code(1).says([
        "1 of 2 models",
        "with the 1 that are pulled beside it",
        "are free",
    ]);
}

/// The backend that a killed pull had started for itself goes with the next command that could mind it.
#[test]
fn a_killed_pulls_own_backend_is_ended_by_the_next_command() {
    for next in ["down", "pull-model"] {
        let mut sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "100000");
        let pull = sandbox.spawn(["pull-model"]);
        pull.wait_to_say("%");
        pull.signal(Signal::KILL);
        pull.finish().code(137);
        assert_eq!(sandbox.backends().len(), 1, "{next}");
        sandbox.set("OLLAMACTL_STUB_PULL_RATE", "100000000");
        sandbox.run([next]).code(0);
        sandbox.assert_nothing_left();
    }
}

/// A killed `pull-model` is not waited for, and its registration is no obstacle.
#[test]
fn a_killed_pull_keeps_nobody_from_anything() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_PULL_RATE", "100000");
    sandbox.serve();
    let pull = sandbox.spawn(["pull-model"]);
    pull.wait_to_say("%");
    let registered = || {
        let files = sandbox.state_files();
        files
            .iter()
            .any(|name| name.starts_with("pull-"))
            .then_some(())
    };
    until("its registration", registered);
    pull.signal(Signal::KILL);
    pull.finish().code(137);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}
