//! The backend and its supervisor: `serve`, `restart`, `down`.
#![cfg(target_os = "linux")]

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use support::http::{get, stranger};
use support::{Sandbox, end, is_alive, is_free, start_time, until, until_true};

#[test]
fn the_pidfile_holds_the_supervisor_whose_end_ends_the_backend() {
    let sandbox = Sandbox::new();
    sandbox.serve().says(["ok backend", "pidfile"]);
    let backend = sandbox.backend_pid().expect("recorded");
    assert_ne!(sandbox.supervisor_pid(), Some(backend));
    let pidfile = sandbox.backend_file("pid");
    sandbox
        .shell(&format!("kill $(cat {})", pidfile.display()))
        .code(0);
    until_true("the end of the backend", || sandbox.processes().is_empty());
    sandbox.assert_nothing_left();
}

#[test]
fn starting_twice_is_said_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let before = sandbox.processes();
    sandbox.serve();
    sandbox.run(["serve"]).code(0).says(["already running"]);
    assert_eq!(sandbox.processes(), before);
}

#[test]
fn of_twenty_starts_at_once_one_starts_a_backend() {
    let sandbox = Sandbox::new();
    let starts: Vec<_> = (0..20)
        .map(|_| sandbox.spawn(["serve", "--background"]))
        .collect();
    for start in starts {
        start.finish().code(0);
    }
    assert_eq!(sandbox.processes().len(), 2, "{:?}", sandbox.processes());
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_restart_gives_another_process_at_the_same_address() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let before = sandbox.backend_pid();
    sandbox.run(["restart"]).code(0);
    assert_ne!(sandbox.backend_pid(), before);
    assert_eq!(get(sandbox.backend, "/").expect("answers").0, 200);
    assert_eq!(sandbox.processes().len(), 2);
}

#[test]
fn a_restart_keeps_how_it_was_started() {
    let sandbox = Sandbox::without_ollama();
    sandbox
        .run([
            "serve",
            "--background",
            "--backend",
            "stub",
            "--stop-timeout",
            "3s",
        ])
        .code(0);
    sandbox.run(["restart"]).code(0);
    let record = sandbox.record().expect("recorded");
    assert_eq!(record["launch"]["mode"], "stub");
    assert_eq!(record["launch"]["stop_timeout"]["secs"], 3);
}

#[test]
fn a_crashed_backend_is_started_again() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let first = sandbox.backend_pid().expect("recorded");
    end(first, Signal::KILL);
    until_true("another backend", || {
        sandbox.backend_pid().is_some_and(|pid| pid != first)
            && get(sandbox.backend, "/").is_some()
            && sandbox
                .record()
                .is_some_and(|record| record["restarts"] == 1)
    });
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["restarts"], 1);
    assert_eq!(status["backend"]["standing"], "supervised");
}

#[test]
fn a_backend_that_crashes_again_and_again_is_not_healthy_between_two_crashes() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    for times in 1..=3 {
        let now = sandbox.backend_pid().expect("recorded");
        end(now, Signal::KILL);
        until_true("another backend", || {
            let record = sandbox.record();
            sandbox.backend_pid().is_some_and(|pid| pid != now)
                && get(sandbox.backend, "/").is_some()
                && record.is_some_and(|record| record["restarts"] == times)
        });
    }
    // It may have been killed before its supervisor found it ready, and then that is said.
    let said = "restarts: 3, last ";
    sandbox
        .run(["status"])
        .code(0)
        .prints(["crashing", said, "signal 9"]);
    sandbox.run(["health", "backend"]).code(3).says([
        "again and again",
        said,
        "signal 9",
        "ollamactl logs backend",
    ]);
}

#[test]
fn a_killed_supervisor_leaves_a_backend_that_the_next_one_takes_over() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    end(sandbox.supervisor_pid().expect("recorded"), Signal::KILL);
    until_true("the supervisor's end", || sandbox.processes().len() == 1);
    let log = std::fs::metadata(sandbox.backend_file("log"))
        .expect("there")
        .len();
    assert_eq!(get(sandbox.backend, "/").expect("answers").0, 200);
    until_true("a new line in the log", || {
        std::fs::metadata(sandbox.backend_file("log"))
            .expect("there")
            .len()
            > log
    });
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["standing"], "unsupervised");
    assert_eq!(sandbox.backend_pid(), Some(backend), "a look loses nothing");

    sandbox.serve();
    assert_eq!(sandbox.backend_pid(), Some(backend));
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["standing"], "supervised");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn an_unsupervised_backend_is_ended_by_down() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    end(sandbox.supervisor_pid().expect("recorded"), Signal::KILL);
    until_true("the supervisor's end", || sandbox.processes().len() == 1);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn the_files_of_dead_processes_are_replaced() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let record = std::fs::read(sandbox.backend_file("json")).expect("there");
    let old = sandbox.supervisor_pid();
    for process in sandbox.processes() {
        end(process.pid, Signal::KILL);
    }
    until_true("their end", || sandbox.processes().is_empty());
    assert_eq!(
        std::fs::read(sandbox.backend_file("json")).expect("there"),
        record
    );
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["standing"], "stopped");
    sandbox.serve();
    assert_ne!(sandbox.supervisor_pid(), old);
    assert_eq!(sandbox.processes().len(), 2);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// A record whose pids a bystander has now: its start time says that it is another process.
#[test]
fn a_bystander_with_a_recorded_pid_is_never_signalled() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let mut record = sandbox.record().expect("recorded");
    sandbox.run(["down"]).code(0);

    let bystander = sandbox.start("/bin/sleep", ["600"]);
    for identity in ["/supervisor", "/origin/process"] {
        let identity = record.pointer_mut(identity).expect("an identity");
        identity["pid"] = json!(bystander.pid());
        identity["start_time"] = json!(start_time(bystander.pid()) - 1);
    }
    let plant = || {
        std::fs::write(sandbox.backend_file("json"), record.to_string()).expect("written");
        std::fs::write(
            sandbox.backend_file("pid"),
            format!("{}\n", bystander.pid()),
        )
        .expect("written");
    };
    plant();
    sandbox.run(["status"]).code(0).prints(["stopped"]);
    plant();
    sandbox.run(["down"]).code(0);
    assert!(is_alive(bystander.pid()));
    plant();
    sandbox.run(["restart"]).code(0);
    assert!(is_alive(bystander.pid()));
    assert_ne!(sandbox.supervisor_pid(), Some(bystander.pid()));
    sandbox.run(["down"]).code(0);
    assert!(is_alive(bystander.pid()));
}

#[test]
fn a_record_that_is_garbage_is_named_and_nothing_is_touched() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let before = sandbox.processes();
    let path = sandbox.backend_file("json");
    for garbage in ["", "{", "[]", "\u{0}\u{0}", "{\"supervisor\":{\"pid\":-1}}"] {
        std::fs::write(&path, garbage).expect("written");
        for command in ["status", "down", "restart"] {
            sandbox
                .run([command])
                .code(4)
                .says([path.to_str().expect("text"), "hint"]);
        }
    }
    assert_eq!(sandbox.processes(), before);
}

#[test]
fn a_stranger_on_the_port_is_named_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    stranger(sandbox.backend);
    let address = sandbox.backend.to_string();
    let pid = format!("pid {}", std::process::id());
    for args in [&["serve", "--background"][..], &["serve"], &["up"]] {
        sandbox
            .run(args)
            .code(5)
            .says([address.as_str(), pid.as_str(), "hint"]);
    }
    sandbox.run(["status"]).code(0).prints(["not Ollama"]);
    assert_eq!(sandbox.processes(), []);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn a_supervisor_that_adopts_hears_ctrl_c_while_the_engine_is_silent() {
    let sandbox = Sandbox::new();
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    let silent = sandbox.path("no-engine.sock");
    let _silent = std::os::unix::net::UnixListener::bind(silent).expect("bound");
    let serve = sandbox.spawn(["serve"]);
    serve.wait_to_say("serving");
    serve.signal(Signal::INT);
    serve
        .finish()
        .code(130)
        .says(["the Ollama that runs there goes on"]);
    assert_eq!(get(sandbox.backend, "/").expect("answers").0, 200);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn an_ollama_started_by_hand_is_adopted_and_left_running() {
    let sandbox = Sandbox::new();
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    let owner = format!("pid {}", by_hand.pid());
    sandbox.serve().says(["adopted", owner.as_str()]);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["standing"], "adopted");
    sandbox
        .run(["restart"])
        .code(5)
        .says([owner.as_str(), "hint"]);
    sandbox.run(["down"]).code(0);
    assert!(is_alive(by_hand.pid()));
    assert_eq!(get(sandbox.backend, "/").expect("answers").0, 200);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn without_ollama_the_way_to_get_it_is_said() {
    let sandbox = Sandbox::without_ollama();
    for args in [
        &["serve", "--background"][..],
        &["serve"],
        &["up"],
        &["pull-model"],
    ] {
        sandbox.run(args).code(1).says([
            "ollama was not found on PATH",
            "install",
            "--backend stub",
        ]);
        sandbox.assert_nothing_left();
    }
    let absent = sandbox.path("no/such/ollama");
    let absent = absent.to_str().expect("text");
    sandbox
        .run(["serve", "--background", "--ollama-bin", absent])
        .code(1)
        .says([absent]);
    for command in ["serve --background", "up", "pull-model"] {
        let script = format!("ollamactl {command} --ollama-bin ollamactl");
        let refused = sandbox.shell(&script).code(2);
        refused.says(["is ollamactl itself, not Ollama", "--ollama-bin"]);
    }
    sandbox.assert_nothing_left();
}

#[test]
fn a_program_that_ends_at_once_is_shown_with_its_last_words() {
    let sandbox = Sandbox::new();
    sandbox.script("ollama", "echo 'Error: no such device' >&2; exit 3");
    for args in [&["serve", "--background"][..], &["serve"]] {
        sandbox
            .run(args)
            .code(1)
            .says(["no such device", "exit code 3", "hint"]);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_program_for_another_machine_is_named_with_the_cause() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("not-a-program");
    std::fs::write(&path, foreign_elf()).expect("written");
    sandbox
        .shell(&format!("chmod +x {}", path.display()))
        .code(0);
    let path = path.to_str().expect("text");
    sandbox
        .run(["serve", "--background", "--ollama-bin", path])
        .code(1)
        .says([path, "Exec format error"]);
    sandbox.assert_nothing_left();
}

/// The header of an ELF program, right in everything but its machine, which nobody has made.
fn foreign_elf() -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    for half in [2_u16, 0xfeed] {
        header.extend(half.to_le_bytes());
    }
    header.extend(1_u32.to_le_bytes());
    for word in [0x40_0000_u64, 64, 0] {
        header.extend(word.to_le_bytes());
    }
    header.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 0, 64, 0, 0] {
        header.extend(half.to_le_bytes());
    }
    header
}

#[test]
fn one_that_never_gets_ready_is_ended() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_DISCOVERY_MS", "600000");
    sandbox
        .run(["serve", "--background", "--ready-timeout", "1s"])
        .code(7)
        .says([sandbox.backend.to_string().as_str(), "--ready-timeout"]);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_ignores_the_request_to_end_is_killed_and_that_is_said() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1");
    sandbox
        .run(["serve", "--background", "--stop-timeout", "500ms"])
        .code(0);
    sandbox.run(["down"]).code(0).says(["killed"]);
    sandbox.assert_nothing_left();
}

#[test]
fn in_the_foreground_ctrl_c_ends_it_with_130() {
    let sandbox = Sandbox::new();
    let serve = sandbox.spawn(["serve"]);
    until_true("an answer", || get(sandbox.backend, "/").is_some());
    until("a record", || sandbox.backend_pid());
    serve.wait_to_say("Listening on");
    serve.signal(Signal::INT);
    serve.finish().code(130);
    sandbox.assert_nothing_left();
}

#[test]
fn in_the_foreground_sigterm_ends_it_with_0() {
    let sandbox = Sandbox::new();
    let serve = sandbox.spawn(["serve"]);
    until_true("readiness", || is_ready(&sandbox));
    serve.signal(Signal::TERM);
    serve.finish().code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn in_the_foreground_a_signal_before_readiness_ends_it_with_the_same_codes() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130)] {
        let sandbox = Sandbox::new().with("OLLAMACTL_STUB_DISCOVERY_MS", "600000");
        let serve = sandbox.spawn(["serve"]);
        serve.wait_to_say("Listening on");
        serve.signal(signal);
        serve.finish().code(code);
        sandbox.assert_nothing_left();
    }
}

/// Somebody else's Ollama may take long to start, and whoever waits for it need not.
#[test]
fn in_the_foreground_ctrl_c_ends_the_wait_for_somebody_elses_start() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_DISCOVERY_MS", "600000");
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    let serve = sandbox.spawn(["serve", "--ready-timeout", "1h"]);
    serve.wait_to_say("Ctrl-C ends it");
    serve.signal(Signal::INT);
    serve.finish().code(130).says(["interrupted"]);
    assert!(is_alive(by_hand.pid()));
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

/// Two spellings of one place: the backend is known as ours though its supervisor and record are gone.
#[test]
fn a_backend_is_known_by_its_mark_however_its_address_is_spelt() {
    let mut sandbox = Sandbox::new();
    let port = sandbox.backend.port();
    sandbox.set("OLLAMA_HOST", &format!("localhost:{port}"));
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    end(sandbox.supervisor_pid().expect("recorded"), Signal::KILL);
    until_true("the supervisor's end", || sandbox.processes().len() == 1);
    std::fs::remove_file(sandbox.backend_file("json")).expect("removed");
    sandbox.set("OLLAMA_HOST", &format!("127.0.0.1:{port}"));
    sandbox.serve();
    assert_eq!(sandbox.backend_pid(), Some(backend));
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn an_address_of_another_machine_is_not_bound_here_whatever_is_to_be_opened() {
    let sandbox = Sandbox::new().with("OLLAMA_HOST", "192.0.2.1:11434");
    for bind in ["all", "127.0.0.1", "relay"] {
        sandbox
            .run(["serve", "--background", "--bind", bind])
            .code(2)
            .says(["192.0.2.1:11434", "not on this machine", "OLLAMA_HOST"]);
    }
    Sandbox::new()
        .run(["serve", "--background", "--bind", "192.0.2.1"])
        .code(2)
        .says(["(--bind) is not on this machine", "--bind relay"]);
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn two_addresses_are_two_backends() {
    let mut sandbox = Sandbox::new();
    sandbox.serve();
    let (first, other) = (sandbox.backend, support::free_address());
    sandbox.set("OLLAMA_HOST", &other.to_string());
    sandbox.serve();
    assert!(get(first, "/").is_some() && get(other, "/").is_some());
    sandbox.run(["down"]).code(0);
    assert!(is_free(other) && get(first, "/").is_some());
}

#[test]
fn a_second_ctrl_c_does_not_wait() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1");
    let serve = sandbox.spawn(["serve", "--stop-timeout", "1h"]);
    until_true("readiness", || is_ready(&sandbox));
    serve.signal(Signal::INT);
    // It says nothing between the two, so the second is sent until it ends.
    until_true("its end", || {
        serve.signal(Signal::INT);
        sandbox.processes().is_empty()
    });
    serve.finish().code(130).says(["killed"]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_supervisor_killed_while_it_starts_leaves_a_lock_that_frees() {
    let mut sandbox = Sandbox::new().with("OLLAMACTL_STUB_DISCOVERY_MS", "600000");
    let start = sandbox.spawn(["serve", "--background"]);
    let supervisor = until("a pidfile", || sandbox.supervisor_pid());
    let half_started = until("a record", || sandbox.backend_pid());
    end(supervisor, Signal::KILL);
    assert_ne!(start.finish().status, 0);
    assert!(is_alive(half_started));
    // The next start ends what hangs half-way, and begins anew.
    sandbox.set("OLLAMACTL_STUB_DISCOVERY_MS", "0");
    sandbox.serve();
    assert!(!is_alive(half_started));
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_keeps_crashing_is_given_up() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let mut killed = 0;
    until_true("the supervisor's end", || {
        if let Some(backend) = sandbox.backends().first() {
            end(backend.pid, Signal::KILL);
            killed += 1;
        }
        sandbox.processes().is_empty()
    });
    assert!(killed >= 5, "given up after {killed}");
    let log = std::fs::read_to_string(sandbox.backend_file("log")).expect("there");
    assert!(log.contains("given up"), "the log says why: {log}");
    // Whoever comes later learns it where they look first.
    let status = sandbox.run(["status"]).code(0);
    status.prints(["stopped", "restarts: 4, last ", "signal 9", "given up"]);
    let health = sandbox.run(["health"]).code(3);
    health.says(["signal 9", "given up", "ollamactl logs backend"]);
    let doctor = sandbox.run(["doctor"]);
    doctor.prints(["signal 9", "given up", "ollamactl logs backend"]);
    sandbox.serve();
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["backend"]["given_up"], Value::Null);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_backend_that_is_exposed_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["serve", "--background", "--bind", "all"])
        .code(0)
        .says(["warning", "0.0.0.0", "--bind relay"]);
    sandbox
        .run(["status", "--bind", "all"])
        .code(0)
        .prints(["reachable from the network"]);
    sandbox
        .run(["restart", "--bind", "all"])
        .code(0)
        .says(["warning", "0.0.0.0", "--bind relay"]);
    sandbox.run(["down", "--bind", "all"]).code(0);
    let foreground = sandbox.spawn(["serve", "--bind", "all"]);
    until_true("the backend is ready", || is_ready(&sandbox));
    foreground.signal(Signal::INT);
    foreground
        .finish()
        .code(130)
        .says(["warning", "0.0.0.0", "--bind relay"]);
    sandbox.assert_nothing_left();
}

/// The supervisor has its backend ready and has written that down.
fn is_ready(sandbox: &Sandbox) -> bool {
    let record = sandbox.record();
    record.is_some_and(|record| record["version"].is_string())
}

#[test]
fn the_patience_that_down_is_given_counts_and_not_the_one_of_the_start() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_IGNORE_SIGTERM", "1");
    sandbox
        .run(["serve", "--background", "--stop-timeout", "1h"])
        .code(0);
    sandbox
        .run(["down", "--stop-timeout", "200ms"])
        .code(0)
        .says(["was killed"]);
    sandbox.assert_nothing_left();

    // Longer than the start said: who takes its time is let.
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_END_MS", "1500");
    sandbox
        .run(["serve", "--background", "--stop-timeout", "100ms"])
        .code(0);
    let down = sandbox.run(["down", "--stop-timeout", "1m"]).code(0);
    assert!(!down.stderr.contains("was killed"), "{down}");
    let log = std::fs::read_to_string(sandbox.backend_file("log")).expect("readable");
    assert!(!log.contains("was killed"), "{log}");
    sandbox.assert_nothing_left();
    sandbox.run(["down", "-t", "5s"]).code(0);
    sandbox.run(["down", "-t", "5"]).code(0);
    sandbox
        .run(["down", "-t", "soon"])
        .code(2)
        .says(["--timeout", "soon", "30s"]);
}

#[test]
fn down_never_tells_the_stand_in_as_ollama() {
    let sandbox = Sandbox::new();
    let _by_hand = sandbox.start("ollama", ["serve"]);
    support::until_true("an answer", || {
        support::http::get(sandbox.backend, "/").is_some()
    });
    for _adopted in [false, true] {
        let down = sandbox.run(["down"]).code(0);
        assert!(
            down.to_string().contains("the stub (not Ollama) on"),
            "{down}"
        );
        sandbox.run(["serve", "--background"]).code(0);
    }
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_restart_of_nothing_says_that_it_is_a_start() {
    let sandbox = Sandbox::new();
    let start = sandbox.run(["restart"]).code(0);
    let said = format!("nothing runs on {}; starting ollama", sandbox.backend);
    let start = start.says([said.as_str()]);
    assert!(!start.stderr.contains("restarting"), "{start}");
    sandbox
        .run(["restart"])
        .code(0)
        .says(["restarting ollama on"]);
    sandbox.run(["down"]).code(0);
}

/// Scripts keep a lock in a descriptor, and wait for pipes to be closed.
#[test]
fn what_runs_in_the_background_keeps_no_file_of_who_started_it() {
    let sandbox = Sandbox::new();
    let script = "(exec 9>lock; flock 9; ollamactl up) && flock --nonblock lock echo free";
    sandbox.shell(script).code(0).prints(["free"]);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// Its mark in the environment says who started it, and is the same for every supervisor.
#[test]
fn a_backend_that_another_supervisor_keeps_is_not_taken_over() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["serve", "--background"]).code(0);
    let backend = sandbox.backend_pid().expect("it runs");
    let state = sandbox.path("state").display().to_string();
    let other = sandbox.path("other-state").display().to_string();
    sandbox.set("XDG_STATE_HOME", &other);
    sandbox
        .run(["serve", "--background"])
        .code(0)
        .says(["adopted"]);
    sandbox
        .run(["down"])
        .code(0)
        .says(["which ollamactl did not start"]);
    assert!(is_alive(backend));
    sandbox.set("XDG_STATE_HOME", &state);
    sandbox.run(["down"]).code(0);
    assert!(!is_alive(backend));
    sandbox.assert_nothing_left();
}
