//! Faults of the backend's life, each made with real processes. What is asked here and not in
//! `backend.rs`, `kill.rs` and `state.rs`: runners, suspension, clocks, records that lie, disks that fail,
//! and supervisors that are killed at every point of start and stop.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::http::{get, post};
use support::{
    MODEL, Output, Process, Sandbox, end, is_alive, number, start_time, until, until_true,
};

/// Loads the model; gives the process that holds it.
fn load(sandbox: &Sandbox) -> u32 {
    let body = json!({ "model": MODEL, "prompt": "hi", "stream": false });
    let (status, text) = post(sandbox.backend, "/api/generate", &body).expect("answered");
    assert_eq!(status, 200, "{text}");
    until("a runner", || {
        runners(sandbox).first().map(|process| process.pid)
    })
}

fn runners(sandbox: &Sandbox) -> Vec<Process> {
    let mut all = sandbox.processes();
    all.retain(|process| process.args.iter().any(|argument| argument == "--model"));
    all
}

/// A sandbox whose backend has the model in memory; with the runner's pid.
fn with_runner(sandbox: Sandbox) -> (Sandbox, u32) {
    sandbox.run(["serve", "--background"]).code(0);
    sandbox.run(["pull-model"]).code(0);
    let runner = load(&sandbox);
    (sandbox, runner)
}

fn status(sandbox: &Sandbox) -> Value {
    sandbox.run(["status", "--json"]).code(0).json()
}

fn standing(sandbox: &Sandbox) -> String {
    status(sandbox)["backend"]["standing"]
        .as_str()
        .expect("a word")
        .to_owned()
}

/// A script with a namespace of mounts of its own, and a disk of its own below the state folder.
fn with_disk(sandbox: &Sandbox, options: &str, script: &str) -> Option<Output> {
    if !support::is_root() {
        support::skipped("a disk of its own needs root");
        return None;
    }
    let path = sandbox.path("script");
    std::fs::write(&path, script).expect("written");
    Some(sandbox.shell(&format!(
        "mkdir -p $XDG_STATE_HOME/ollamactl && chmod 700 $XDG_STATE_HOME/ollamactl
        exec unshare --mount sh -c 'mount -t tmpfs -o mode=700,{options} tmpfs $XDG_STATE_HOME/ollamactl
        . {}'",
        path.display()
    )))
}

#[test]
fn runners_are_gone_before_down_returns() {
    // Patience that a slow machine does not exhaust, where the backend ends when asked.
    for (fault, patience, forced) in [
        ("OLLAMACTL_STUB_LEAVE_RUNNERS", "1m", false),
        ("OLLAMACTL_STUB_IGNORE_SIGTERM", "300ms", true),
    ] {
        let sandbox = Sandbox::new().with(fault, "1");
        sandbox.write(
            "ollamactl.yaml",
            &format!("backend: {{stop_timeout: {patience}}}\n"),
        );
        let (sandbox, runner) = with_runner(sandbox);
        let output = sandbox.run(["down"]).code(0);
        assert!(!is_alive(runner), "{fault}");
        assert_eq!(output.stderr.contains("killed"), forced, "{output}");
        sandbox.assert_nothing_left();
    }
}

/// Nobody is left who knows of the runner, but its parent says whose it was.
#[test]
fn a_runner_without_a_server_is_shown_and_the_next_start_ends_it() {
    let (sandbox, runner) = with_runner(Sandbox::new());
    let backend = sandbox.backend_pid().expect("recorded");
    end(sandbox.supervisor_pid().expect("recorded"), Signal::KILL);
    end(backend, Signal::KILL);
    until_true("their end", || sandbox.processes().len() == 1);
    let named = format!("(pid {runner},");
    let status = status(&sandbox);
    // Other sandboxes of this machine may have orphans too.
    let orphans = status["orphans"].as_array().expect("a list");
    let is_ours = |orphan: &&Value| orphan.as_str().is_some_and(|text| text.contains(&named));
    assert_eq!(orphans.iter().filter(is_ours).count(), 1, "{status}");
    sandbox.run(["status"]).code(0).prints(
        [named, format!("end it: kill {runner}")]
            .each_ref()
            .map(String::as_str),
    );
    sandbox.serve();
    assert!(!is_alive(runner));
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// With a supervisor that lives.
#[test]
fn a_crashed_servers_runner_is_ended_before_the_next_server_starts() {
    let (sandbox, runner) = with_runner(Sandbox::new());
    let backend = sandbox.backend_pid().expect("recorded");
    end(backend, Signal::KILL);
    until_true("another backend", || {
        sandbox.backend_pid().is_some_and(|pid| pid != backend)
    });
    assert!(!is_alive(runner));
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_suspended_backend_of_ours_is_unresponsive_until_it_wakes_or_is_restarted() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["serve", "--background", "--stop-timeout", "200ms"])
        .code(0);
    let backend = sandbox.backend_pid().expect("recorded");
    end(backend, Signal::STOP);
    assert_eq!(standing(&sandbox), "unresponsive");
    for args in [&["serve", "--background"][..], &["serve"]] {
        sandbox
            .run(args)
            .code(4)
            .says(["does not answer", "ollamactl restart"]);
    }
    end(backend, Signal::CONT);
    until_true("it to answer", || get(sandbox.backend, "/").is_some());
    assert_eq!(standing(&sandbox), "supervised");
    assert_eq!(sandbox.backend_pid(), Some(backend));

    end(backend, Signal::STOP);
    sandbox.run(["restart"]).code(0);
    assert!(!is_alive(backend));
    assert_eq!(standing(&sandbox), "supervised");
    end(sandbox.backend_pid().expect("recorded"), Signal::STOP);
    let down = sandbox.run(["down"]).code(0).says(["stopped"]);
    let forced = down.stderr.contains("killed");
    assert!(!forced, "it goes on to end as it was asked to: {down}");
    sandbox.assert_nothing_left();
}

/// With somebody else's Ollama.
#[test]
fn a_suspended_ollama_of_somebody_else_is_named() {
    let sandbox = Sandbox::new();
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    by_hand.signal(Signal::STOP);
    assert_eq!(standing(&sandbox), "unresponsive");
    let owner = format!("pid {}", by_hand.pid());
    let wake = format!("kill -CONT {}", by_hand.pid());
    for args in [&["serve", "--background"][..], &["serve"]] {
        sandbox
            .run(args)
            .code(4)
            .says([owner.as_str(), "does not answer", &wake]);
    }
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
    let ill = sandbox.run(["health", "backend"]).code(3);
    ill.says([owner.as_str(), "does not answer", &wake]);
    sandbox.run(["doctor"]).code(1).prints([&*owner, &wake]);
    sandbox.shell(&wake).code(0);
    sandbox.serve().says(["adopted"]);
}

/// As far as it can be made without setting the machine's clock: every file's time is far off
/// in either direction, and what counts is the kernel's ticks since boot.
#[test]
fn wall_clock_times_mean_nothing() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    let record = sandbox.record().expect("recorded");
    let recorded = &record["origin"]["process"]["start_time"];
    assert_eq!(recorded.as_u64(), Some(start_time(backend)));
    for time in ["1970-01-02", "2106-01-01"] {
        let script =
            format!("touch -d {time} $XDG_STATE_HOME/ollamactl/* $XDG_STATE_HOME/ollamactl");
        sandbox.shell(&script).code(0);
        assert_eq!(standing(&sandbox), "supervised", "{time}");
        sandbox.run(["serve"]).code(0).says(["already running"]);
        assert_eq!(sandbox.backend_pid(), Some(backend));
    }
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// The record of a backend that ran once, about another process now.
fn record_about(sandbox: &Sandbox, identity: &Value) -> Value {
    sandbox.serve();
    let mut record = sandbox.record().expect("recorded");
    sandbox.run(["down"]).code(0);
    record["supervisor"] = identity.clone();
    record["origin"]["process"] = identity.clone();
    record
}

fn plant(sandbox: &Sandbox, record: &Value) {
    std::fs::write(sandbox.backend_file("json"), record.to_string()).expect("written");
}

fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("there");
    id.trim().to_owned()
}

/// Nothing of the planted record counts: the backend is stopped, and starts.
fn assert_stale(sandbox: &Sandbox, record: &Value) {
    for command in ["down", "serve"] {
        plant(sandbox, record);
        assert_eq!(standing(sandbox), "stopped", "{record}");
        if command == "down" {
            sandbox.run(["down"]).code(0);
            sandbox.assert_nothing_left_but_bystanders();
        } else {
            sandbox.serve();
            assert_eq!(standing(sandbox), "supervised");
            sandbox.run(["down"]).code(0);
        }
    }
}

trait Bystanders {
    fn assert_nothing_left_but_bystanders(&self);
}

impl Bystanders for Sandbox {
    #[track_caller]
    fn assert_nothing_left_but_bystanders(&self) {
        assert_eq!(self.backends(), [], "backends are left");
        assert_eq!(self.state_files(), [] as [&str; 0], "state files are left");
    }
}

/// Pid and start time are those of a living process, of another boot.
#[test]
fn a_record_of_another_boot_is_stale() {
    let sandbox = Sandbox::new();
    let bystander = sandbox.start("/bin/sleep", ["600"]);
    let mut identity = json!({
        "pid": bystander.pid(), "start_time": start_time(bystander.pid()), "boot_id": boot_id(),
    });
    let mut record = record_about(&sandbox, &identity);
    plant(&sandbox, &record);
    assert_ne!(standing(&sandbox), "stopped", "of this boot it counts");
    identity["boot_id"] = json!("00000000-0000-4000-8000-000000000000");
    record["supervisor"] = identity.clone();
    record["origin"]["process"] = identity;
    assert_stale(&sandbox, &record);
    assert!(is_alive(bystander.pid()));
}

#[test]
fn a_record_about_a_zombie_is_stale() {
    let sandbox = Sandbox::new();
    let mut zombie = std::process::Command::new("true").spawn().expect("spawned");
    until_true("its end", || !is_alive(zombie.id()));
    let identity = json!({
        "pid": zombie.id(), "start_time": start_time(zombie.id()), "boot_id": boot_id(),
    });
    let record = record_about(&sandbox, &identity);
    assert_stale(&sandbox, &record);
    zombie.wait().expect("reaped");
}

/// Kill(0) would signal our group, kill(-1) everybody. This very process would not survive
/// either.
#[test]
fn pids_that_mean_everybody_or_nobody_are_never_signalled() {
    let sandbox = Sandbox::new();
    let bystander = sandbox.start("/bin/sleep", ["600"]);
    let mut record = record_about(&sandbox, &json!(null));
    for pid in [0, 1, u32::MAX] {
        let identity = json!({ "pid": pid, "start_time": 0, "boot_id": boot_id() });
        record["supervisor"] = identity.clone();
        record["origin"]["process"] = identity;
        assert_stale(&sandbox, &record);
    }
    let path = sandbox.backend_file("json");
    for pid in [json!(-1), json!(1_u64 << 40), json!(0.5), json!("0")] {
        let identity = json!({ "pid": pid, "start_time": 0, "boot_id": boot_id() });
        record["supervisor"] = identity.clone();
        record["origin"]["process"] = identity;
        plant(&sandbox, &record);
        for args in [&["status"][..], &["down"], &["serve", "--background"]] {
            sandbox
                .run(args)
                .code(4)
                .says([path.to_str().expect("text"), "hint"]);
        }
    }
    assert!(is_alive(bystander.pid()));
    // The command that the hint names.
    std::fs::remove_file(&path).expect("removed");
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    assert!(is_alive(bystander.pid()));
}

/// A pidfile alone, whatever is in it, is replaced.
#[test]
fn a_pidfile_without_a_process_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    let contents: [&[u8]; 6] = [
        b"",
        b"0",
        b"-1",
        b"99999999999999999999",
        b"\xff\x00\x1b[2J",
        b"1\n2\n",
    ];
    for content in contents {
        std::fs::write(sandbox.backend_file("pid"), content).expect("written");
        assert_eq!(standing(&sandbox), "stopped");
        sandbox.serve();
        assert!(sandbox.supervisor_pid().is_some_and(is_alive));
        sandbox.run(["down"]).code(0);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_read_only_state_folder_is_named_and_nothing_is_started() {
    let sandbox = Sandbox::new();
    let script =
        "ollamactl serve --background; echo \"code $?\"\nollamactl serve; echo \"code $?\"";
    let Some(output) = with_disk(&sandbox, "ro", script) else {
        return;
    };
    let state = sandbox.state();
    let output = output.says([state.to_str().expect("text"), "Read-only"]);
    assert_eq!(output.stdout, "code 1\ncode 1\n", "{output}");
    assert_eq!(sandbox.processes(), []);
}

/// Whether system calls can be made to fail; where not, that is said.
fn can_trace(sandbox: &Sandbox) -> bool {
    let can = sandbox.shell("strace -qq -e trace=none true").status == 0;
    if !can {
        support::skipped("making system calls fail needs strace(1)");
    }
    can
}

/// The disk fails under the record.
#[test]
fn a_record_that_cannot_be_written_leaves_no_backend() {
    let sandbox = Sandbox::new();
    if !can_trace(&sandbox) {
        return;
    }
    for (calls, error, said) in [
        ("fsync", "EIO", "Input/output error"),
        ("rename,renameat,renameat2", "EIO", "Input/output error"),
        ("rename,renameat,renameat2", "ENOSPC", "No space left"),
    ] {
        let script = format!(
            "strace -f -qq -o /dev/null -e trace={calls} -e inject={calls}:error={error} \
             ollamactl serve --background"
        );
        let record = sandbox.backend_file("json");
        sandbox
            .shell(&script)
            .code(1)
            .says([record.to_str().expect("text"), said]);
        sandbox.assert_nothing_left();
    }
}

/// The log's disk fills up while the backend runs.
#[test]
fn a_full_disk_stops_neither_the_backend_nor_its_end() {
    let sandbox = Sandbox::new();
    sandbox.run(["pull-model"]).code(0);
    let script = r#"ollamactl -q serve --background; echo "serve $?"
        cat /dev/zero > $XDG_STATE_HOME/ollamactl/filler 2>/dev/null
        df --output=avail $XDG_STATE_HOME/ollamactl | tail -n 1
        before=$(stat -c %s $XDG_STATE_HOME/ollamactl/backend-*.log)
        for i in $(seq 200); do curl -s $OLLAMA_HOST/api/tags >/dev/null || echo lost; done
        after=$(stat -c %s $XDG_STATE_HOME/ollamactl/backend-*.log)
        [ $((after - before)) -lt 4096 ] && echo "the log does not grow"
        ollamactl health backend --level infer; echo "health $?"
        ollamactl status >/dev/null; echo "status $?"
        ollamactl logs -n 1 >/dev/null; echo "logs $?"
        ollamactl -q down; echo "down $?"
        ls $XDG_STATE_HOME/ollamactl"#;
    let Some(output) = with_disk(&sandbox, "size=256k", script) else {
        return;
    };
    let output = output.prints([
        "serve 0",
        "\n    0\n",
        "the log does not grow",
        "health 0",
        "status 0",
        "logs 0",
        "down 0",
    ]);
    assert!(!output.stdout.contains("lost"), "{output}");
    assert!(!output.stdout.contains(".json"), "{output}");
    assert_eq!(sandbox.processes(), []);
}

/// A pull that cannot be written down goes on.
#[test]
fn a_full_disk_does_not_keep_a_model_from_being_pulled() {
    let sandbox = Sandbox::new();
    let script = r#"ollamactl -q serve --background; echo "serve $?"
        cat /dev/zero > $XDG_STATE_HOME/ollamactl/filler 2>/dev/null
        ollamactl pull-model; echo "pull $?"
        ollamactl -q down; echo "down $?"
        ls $XDG_STATE_HOME/ollamactl"#;
    let Some(output) = with_disk(&sandbox, "size=256k", script) else {
        return;
    };
    let output = output.prints(["serve 0", "pull 0", "down 0"]).says([
        "will not wait for this pull",
        "No space left",
        "pulled",
    ]);
    assert!(!output.stdout.contains("pull-"), "{output}");
}

/// A supervisor and whatever it does are killed at the `nth` call of one of these; then all must converge.
fn killed_at(sandbox: &Sandbox, call: &str, nth: u32, command: &str) {
    let done = sandbox.path("done");
    let _ = std::fs::remove_file(&done);
    let script = format!(
        "strace -f -qq -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={nth} \
         sh -c 'ollamactl {command} >/dev/null 2>&1; touch {}'",
        done.display()
    );
    let path = sandbox.path("script");
    std::fs::write(&path, script).expect("written");
    // Its own end is that of the last process that it follows, so it is not waited for; those go on.
    let shell = format!("PATH=$PATH:/usr/bin:/bin exec sh {}", path.display());
    let tracer = sandbox.start("/bin/sh", ["-c", &shell]);
    until_true("the end of the command", || done.exists());
    for process in sandbox.processes() {
        if process.program() == "strace" {
            end(process.pid, Signal::KILL);
        }
    }
    drop(tracer.finish());
}

/// SIGKILL of whoever makes the first, second, … call of each kind that changes a file, a lock or a process:
/// the start, the stop and the status after it converge.
#[test]
fn wherever_a_start_or_a_stop_is_killed_the_next_ones_converge() {
    let sandbox = Sandbox::new();
    if !can_trace(&sandbox) {
        return;
    }
    for (call, times) in [
        ("rename", 3),
        ("unlink", 3),
        ("fsync", 2),
        ("flock", 2),
        ("setpgid", 1),
        ("pidfd_send_signal", 1),
    ] {
        for nth in 1..=times {
            for command in ["serve --background", "down"] {
                if command == "down" {
                    sandbox.serve();
                }
                killed_at(&sandbox, call, nth, command);
                let place = format!("{command}, killed at {call} {nth}");
                sandbox.run(["status"]).code(0);
                if nth % 2 == 1 {
                    sandbox.run(["down"]).code(0);
                    assert_eq!(sandbox.processes(), [], "{place}");
                    assert_eq!(sandbox.state_files(), [] as [&str; 0], "{place}");
                }
                sandbox.serve();
                assert_eq!(standing(&sandbox), "supervised", "{place}");
                assert_eq!(sandbox.backends().len(), 1, "{place}");
                sandbox.run(["down"]).code(0);
                sandbox.assert_nothing_left();
            }
        }
    }
}

/// With a pid that the kernel really gave to somebody else.
#[test]
fn a_pid_that_the_kernel_gave_to_a_bystander_is_never_signalled() {
    let sandbox = Sandbox::new();
    let script = r#"ollamactl -q serve --background
        supervisor=$(cat $XDG_STATE_HOME/ollamactl/backend-*.pid)
        backend=$(pgrep -x ollama)
        kill -9 $supervisor $backend
        while kill -0 $supervisor 2>/dev/null || kill -0 $backend 2>/dev/null; do :; done
        for pid in $supervisor $backend; do
            echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid; sleep 600 &
            [ $! = $pid ] && echo "the pid is a bystander's"
        done
        ollamactl status | grep -c "backend .*stopped"
        ollamactl -q down; echo "down $?"
        ollamactl kill; echo "kill $?"
        ollamactl -q serve --background; echo "serve $?"
        ollamactl -q down; echo "down $?"
        kill -0 $supervisor $backend && echo "both live""#;
    if !support::is_root() {
        support::skipped("a namespace of processes of its own needs root");
        return;
    }
    let path = sandbox.path("script");
    std::fs::write(&path, script).expect("written");
    let line = format!(
        "exec unshare --pid --fork --mount-proc --kill-child bash {}",
        path.display()
    );
    let output =
        sandbox
            .shell(&line)
            .code(0)
            .prints(["\n1\n", "down 0", "kill 0", "serve 0", "both live"]);
    assert_eq!(
        output.stdout.matches("a bystander's").count(),
        2,
        "{output}"
    );
}

/// With a kernel that says so: its boot id is another one under the next commands.
#[test]
fn after_a_reboot_nothing_of_the_last_boot_counts() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    let supervisor = sandbox.supervisor_pid().expect("recorded");
    if !support::is_root() {
        support::skipped("another boot id needs root");
        return;
    }
    // The pids are those of living processes, whose port is closed to the namespace: nothing answers.
    let id = sandbox.write("boot_id", "00000000-0000-4000-8000-000000000000\n");
    sandbox
        .shell(&format!(
            "exec unshare --mount --net sh -c 'mount --bind {} /proc/sys/kernel/random/boot_id
            ollamactl status; ollamactl down; echo down $?'",
            id.display()
        ))
        .code(0)
        .prints(["stopped", "down 0"]);
    assert!(is_alive(backend) && is_alive(supervisor));
}

/// A backend on another machine that does not even take the connection is not silent, but absent.
#[test]
fn a_machine_that_is_not_there_is_not_taken_for_one_that_is_silent() {
    let sandbox = Sandbox::new().with("OLLAMA_HOST", "192.0.2.1:11434");
    if !support::is_root() {
        support::skipped("a network of its own needs root");
        return;
    }
    // What is sent to a hardware address that nobody has goes nowhere.
    let script = r"exec unshare --net sh -ec 'ip link add lan0 type veth peer name lan1; ip link set lan1 up
        ip address add 192.0.2.2/24 dev lan0; ip link set lan0 up
        ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev lan0
        ollamactl status'";
    sandbox
        .shell(script)
        .code(0)
        .prints(["stopped       http://192.0.2.1:11434"]);
}

/// Of many starts one waits for another that never gets ready.
#[test]
fn a_start_that_waits_for_another_gives_up_in_time() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_DISCOVERY_MS", "600000");
    let first = sandbox.spawn(["serve", "--background", "--ready-timeout", "1h"]);
    until("a record", || sandbox.backend_pid());
    sandbox
        .run(["serve", "--background", "--ready-timeout", "100ms"])
        .code(7)
        .says([
            sandbox.backend.to_string().as_str(),
            "another ollamactl",
            "hint: end it: ollamactl down",
        ]);
    // As the hint says.
    sandbox.run(["down"]).code(0);
    assert_ne!(first.finish().status, 0);
    until_true("the end of what it started", || {
        sandbox.processes().is_empty()
    });
    sandbox.assert_nothing_left();
}

/// Where a supervisor is killed.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// The backend's process is there, its port is not.
    BeforeTheBind,
    /// The backend takes connections and answers nothing.
    BeforeReadiness,
    /// All is well.
    Ready,
    /// The backend was asked to end, and does not.
    InTheStop,
}

impl Point {
    fn fault(self) -> Option<&'static str> {
        match self {
            Self::BeforeTheBind => Some("OLLAMACTL_STUB_START_MS"),
            Self::BeforeReadiness => Some("OLLAMACTL_STUB_DISCOVERY_MS"),
            Self::Ready => None,
            Self::InTheStop => Some("OLLAMACTL_STUB_END_MS"),
        }
    }

    /// Gets there, and kills the supervisor.
    fn reach(self, sandbox: &mut Sandbox) {
        if let Some(fault) = self.fault() {
            sandbox.set(fault, "600000");
        }
        let start = sandbox.spawn(["serve", "--background", "--stop-timeout", "200ms"]);
        until("a record", || sandbox.backend_pid());
        let supervisor = until("a pidfile", || sandbox.supervisor_pid());
        match self {
            Self::BeforeTheBind => assert!(support::is_free(sandbox.backend)),
            Self::BeforeReadiness => until_true("the bind", || !support::is_free(sandbox.backend)),
            Self::Ready | Self::InTheStop => drop(start.finish().code(0)),
        }
        if matches!(self, Self::InTheStop) {
            // Its grace is short; the signal may come before or after the kill of the backend.
            end(supervisor, Signal::TERM);
        }
        end(supervisor, Signal::KILL);
        until_true("the supervisor's end", || !is_alive(supervisor));
        if let Some(fault) = self.fault() {
            sandbox.set(fault, "0");
        }
    }
}

/// The crash points of faults.md.
#[test]
fn wherever_the_supervisor_is_killed_start_status_and_stop_converge() {
    for point in [
        Point::BeforeTheBind,
        Point::BeforeReadiness,
        Point::Ready,
        Point::InTheStop,
    ] {
        for first in ["serve", "down", "restart"] {
            let mut sandbox = Sandbox::new();
            point.reach(&mut sandbox);
            let place = format!("{point:?}, then {first}");
            sandbox.run(["status"]).code(0);
            match first {
                "serve" => drop(sandbox.serve()),
                other => drop(sandbox.run([other]).code(0)),
            }
            if first == "down" {
                sandbox.assert_nothing_left();
                assert_eq!(standing(&sandbox), "stopped", "{place}");
                sandbox.serve();
            }
            assert_eq!(standing(&sandbox), "supervised", "{place}");
            assert_eq!(sandbox.backends().len(), 1, "{place}");
            assert_eq!(
                get(sandbox.backend, "/").expect("answers").0,
                200,
                "{place}"
            );
            sandbox.run(["down"]).code(0);
            sandbox.assert_nothing_left();
        }
    }
}

/// A restart from another shell keeps what Ollama read from the first one's environment.
#[test]
fn a_restart_keeps_the_environment_of_the_start() {
    let mut sandbox = Sandbox::new()
        .with("OLLAMA_NUM_PARALLEL", "3")
        .with("OLLAMA_KEEP_ALIVE", "7m");
    sandbox.serve();
    for change in ["another value", "none"] {
        if change == "none" {
            sandbox.unset("OLLAMA_NUM_PARALLEL");
            sandbox.unset("OLLAMA_KEEP_ALIVE");
        } else {
            sandbox.set("OLLAMA_NUM_PARALLEL", "9");
            sandbox.set("OLLAMA_DEBUG", "1");
        }
        let before = sandbox.backend_pid();
        sandbox.run(["restart"]).code(0);
        let backend = sandbox.backend_pid().expect("recorded");
        assert_ne!(before, Some(backend));
        let environment = environment(backend);
        assert!(
            environment.contains("\0OLLAMA_NUM_PARALLEL=3\0"),
            "{change}"
        );
        assert!(environment.contains("\0OLLAMA_KEEP_ALIVE=7m\0"), "{change}");
        assert!(!environment.contains("\0OLLAMA_DEBUG="), "{change}");
        let host = format!("\0OLLAMA_HOST={}\0", sandbox.backend);
        assert!(environment.contains(&host), "{change}");
    }
}

fn environment(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).expect("readable");
    format!("\0{}", String::from_utf8_lossy(&bytes))
}

/// The process ends by a signal before it is ready.
#[test]
fn one_that_a_signal_ends_before_it_is_ready_is_told_with_the_signal() {
    let sandbox = Sandbox::new();
    sandbox.script("ollama", "echo 'out of memory' >&2; kill -9 $$");
    sandbox
        .run(["serve", "--background"])
        .code(1)
        .says(["signal 9", "out of memory", "hint"]);
    sandbox.assert_nothing_left();
}

/// One that starts well, and crashes each time.
#[test]
fn a_crash_is_counted_and_shown() {
    let sandbox = Sandbox::new().with("OLLAMACTL_STUB_CRASH_MS", "300");
    let once = sandbox.path("crashed");
    let sandbox = sandbox.with("OLLAMACTL_STUB_CRASH_ONCE", once.to_str().expect("text"));
    sandbox.serve();
    until_true("a new start", || {
        let record = sandbox.record();
        record.is_some_and(|record| number(&record["restarts"]) == Some(1))
    });
    assert_eq!(status(&sandbox)["backend"]["restarts"], 1);
    let log = std::fs::read_to_string(sandbox.backend_file("log")).expect("there");
    assert!(log.contains("exit code 2"), "{log}");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// Whoever answers as Ollama may be something else, or broken.
#[test]
fn an_answer_that_does_not_end_fills_no_memory() {
    let sandbox = Sandbox::new();
    let listener = std::net::TcpListener::bind(sandbox.backend).expect("free");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let read = stream.read(&mut head).unwrap_or(0);
                let greeted = head[..read].starts_with(b"GET / ");
                let answer: &[u8] = if greeted {
                    b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nOllama is running"
                } else {
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[\""
                };
                let mut going_on = stream.write_all(answer).is_ok() && !greeted;
                while going_on {
                    going_on = stream.write_all(&[b'x'; 8192]).is_ok();
                }
            });
        }
    });
    for command in ["status", "health", "pull-model"] {
        let script = format!("ulimit -v 1000000; ollamactl {command}");
        let output = sandbox.shell(&script);
        assert!([0, 1, 3].contains(&output.status), "{output}");
    }
}
