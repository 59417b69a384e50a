//! The processes that hold models.

use std::io::Read;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;

use ollamactl::process::Info;
use rustix::process::{Pid, Signal, kill_process};

use crate::process::{Setup, recording, wait_for};
use crate::{OLDER, TINY, text};

fn signal_runner(runner: &Info, signal: Signal) {
    let pid = Pid::from_raw(runner.pid.cast_signed()).expect("a pid");
    kill_process(pid, signal).expect("signals");
}

/// Holds a runner against the recorded process list.
fn check_runner(recorded: &str, runner: &Info, server: u32) {
    let list = recording(recorded);
    let line = list.lines().last().expect("a line");
    let mut words = line.split_whitespace().skip(4);
    assert_eq!(runner.name, words.next().expect("a name"));
    assert_eq!((runner.parent, runner.group), (server, server));
    let mut recorded: Vec<&str> = words.collect();
    let known = recorded.iter().position(|word| *word == "127.0.0.1");
    let known = known.map_or(recorded.len(), |host| host + 1);
    recorded.truncate(known);
    let args = &runner.args[..known];
    for (argument, recorded) in args.iter().zip(recorded).skip(1) {
        let blob = recorded.contains("/blobs/sha256-") && argument.contains("/blobs/sha256-");
        let port = recorded.parse::<u16>().is_ok() && argument.parse::<u16>().is_ok();
        assert!(
            blob || port || argument == recorded,
            "{argument} {recorded}"
        );
    }
    let port = args
        .iter()
        .skip_while(|word| *word != "--port")
        .nth(1)
        .expect("a port");
    TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
}

#[test]
fn each_loaded_model_is_a_process_that_ends_with_the_server() {
    for (recorded, env) in [
        ("v0.33.0-rc2/process/ps-1-model.txt", vec![TINY]),
        ("v0.24.0/process/ps-1-model.txt", vec![TINY, OLDER]),
    ] {
        let setup = Setup::new();
        let mut served = setup.ready(&env);
        let first = served.load("tiny");
        let second = served.load("tiny3");
        check_runner(recorded, &first, served.pid());
        check_runner(recorded, &second, served.pid());
        assert_ne!(first.args, second.args);
        assert_eq!(served.end(Signal::TERM).code(), Some(0));
        assert_eq!(served.group().len(), 0);
    }
}

#[test]
fn unloading_ends_the_process() {
    let setup = Setup::new();
    let served = setup.ready(&[TINY]);
    served.load("tiny");
    let answer = served.ask(
        "POST",
        "/api/generate",
        r#"{"model": "tiny", "keep_alive": 0}"#,
    );
    assert!(answer.contains("\"done_reason\":\"unload\""), "{answer}");
    wait_for("end of the runner", || {
        served.group().is_empty().then_some(())
    });
    served.load("tiny");
    served.ask(
        "POST",
        "/api/generate",
        r#"{"model": "tiny", "keep_alive": "1ms"}"#,
    );
    wait_for("end of the runner", || {
        served.group().is_empty().then_some(())
    });
}

#[test]
fn a_client_that_leaves_takes_the_loading_process_along() {
    let setup = Setup::new();
    let served = setup.ready(&[TINY, ("OLLAMACTL_STUB_LOAD_MS", "600000")]);
    let request = served.request("POST", "/api/generate", r#"{"model": "tiny"}"#);
    wait_for("runner", || served.group().pop());
    let ps = served.ask("GET", "/api/ps", "");
    assert!(ps.ends_with("{\"models\":[]}"), "{ps}");
    drop(request);
    wait_for("end of the runner", || {
        served.group().is_empty().then_some(())
    });
}

#[test]
fn a_killed_runner_stays_listed_and_the_next_request_starts_another() {
    let setup = Setup::new();
    let mut served = setup.ready(&[TINY]);
    let runner = served.load("tiny");
    signal_runner(&runner, Signal::KILL);
    wait_for("end of the runner", || {
        served.group().is_empty().then_some(())
    });
    let ps = served.ask("GET", "/api/ps", "");
    assert!(ps.contains("\"name\":\"tiny:latest\""), "{ps}");
    assert_ne!(served.load("tiny").pid, runner.pid);
    let line = served.read_until("no longer running");
    assert!(
        line.ends_with("sys=9 string=\"signal: killed\"\n"),
        "{line}"
    );
}

#[test]
fn a_killed_server_leaves_its_runners_which_no_other_knows() {
    let setup = Setup::new();
    let mut served = setup.ready(&[TINY]);
    let runner = served.load("tiny");
    assert_eq!(served.end(Signal::KILL).signal(), Some(9));
    let orphan = served.group().pop().expect("is left");
    assert_eq!((orphan.pid, orphan.group), (runner.pid, served.pid()));
    assert_ne!(orphan.parent, served.pid());
    let next = setup.ready(&[TINY]);
    let ps = next.ask("GET", "/api/ps", "");
    assert!(ps.ends_with("{\"models\":[]}"), "{ps}");
    signal_runner(&orphan, Signal::TERM);
    wait_for("end of the orphan", || {
        served.group().is_empty().then_some(())
    });
}

#[test]
fn sigterm_can_leave_the_runners() {
    let setup = Setup::new();
    let mut served = setup.ready(&[TINY, ("OLLAMACTL_STUB_LEAVE_RUNNERS", "1")]);
    let runner = served.load("tiny");
    assert_eq!(served.end(Signal::TERM).code(), Some(0));
    let left: Vec<u32> = served.group().iter().map(|process| process.pid).collect();
    assert_eq!(left, [runner.pid]);
}

#[test]
fn a_runners_arguments_alone_start_none() {
    let setup = Setup::new();
    let refused = setup.output(&["runner", "--model", "x", "--port", "0"], &[]);
    assert!(
        text(&refused.stderr).contains("stub of ollamactl"),
        "{refused:?}"
    );
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn during_discovery_requests_hang_and_a_child_looks_for_devices() {
    let setup = Setup::new();
    let env = [("OLLAMACTL_STUB_DISCOVERY_MS", "600000")];
    let mut served = setup.serve(&env);
    let mut request = served.request("GET", "/", "");
    // It names itself a moment after it has started.
    let named = |child: &Info| child.name == "llama-server";
    let child = wait_for("discovery child", || served.group().pop().filter(named));
    assert!(
        !child.args.iter().any(|word| word == "--model"),
        "{child:?}"
    );
    assert_eq!(served.end(Signal::TERM).code(), Some(0));
    let mut answer = Vec::new();
    let _ = request.read_to_end(&mut answer);
    assert_eq!(answer, b"", "cut without a word");
    wait_for("end of the discovery child", || {
        served.group().is_empty().then_some(())
    });

    let mut killed = setup.serve(&env);
    wait_for("discovery child", || killed.group().pop());
    killed.end(Signal::KILL);
    assert_eq!(killed.group().len(), 1, "left behind");
}
