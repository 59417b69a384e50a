//! The embedded gateway under its supervisor: crashes, keys, full houses, and what its log says.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::http::{Answer, get, post, request};
use support::{MODEL, Sandbox, end, is_alive, number, until, until_true};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn record(sandbox: &Sandbox) -> Value {
    let text = std::fs::read_to_string(sandbox.gateway_file("json")).expect("a record");
    serde_json::from_str(&text).expect("JSON")
}

fn worker(sandbox: &Sandbox) -> u32 {
    number(&record(sandbox)["worker"]["pid"]).expect("a pid")
}

fn log(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.gateway_file("log")).expect("a log")
}

/// `GET path` with this header line.
fn get_with(address: SocketAddr, path: &str, header: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connects");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: llm.example.com\r\n{header}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.expect("a status"), answer)
}

#[test]
fn a_worker_that_crashes_is_started_again() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let (supervisor, first) = (sandbox.gateway_pid(), worker(&sandbox));
    end(first, Signal::KILL);
    until_true("another worker", || {
        worker(&sandbox) != first && get(sandbox.gateway, "/healthz").is_some()
    });
    assert_eq!(sandbox.gateway_pid(), supervisor);
    assert_eq!(record(&sandbox)["restarts"], 1);
    assert!(log(&sandbox).contains("signal 9"), "{}", log(&sandbox));
    sandbox.run(["health"]).code(0);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_crashes_again_and_again_is_not_healthy_between_two_crashes() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    for _ in 0..3 {
        let now = worker(&sandbox);
        end(now, Signal::KILL);
        until_true("another worker", || {
            worker(&sandbox) != now && get(sandbox.gateway, "/healthz").is_some()
        });
    }
    sandbox.run(["health", "gateway"]).code(3).says([
        "again and again",
        "restarts: 3, last signal 9",
        "ollamactl logs gateway",
    ]);
    let status = sandbox.run(["status"]).code(0);
    status.prints(["crashing", "restarts: 3, last signal 9"]);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["gateway"]["restarts"], 3);
    assert_eq!(status["gateway"]["last_exit"], "signal 9");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn one_that_crashes_again_and_again_is_given_up() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let mut last = 0;
    until_true("the end of it", || {
        let record = std::fs::read_to_string(sandbox.gateway_file("json")).ok();
        let record: Option<Value> = record.and_then(|text| serde_json::from_str(&text).ok());
        let pid = record.and_then(|record| number(&record["worker"]["pid"]));
        match pid {
            Some(pid) if pid != last => {
                end(pid, Signal::KILL);
                last = pid;
                false
            }
            Some(_) => false,
            None => sandbox.processes().is_empty(),
        }
    });
    assert!(log(&sandbox).contains("given up"), "{}", log(&sandbox));
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says(["signal 9", "given up", "ollamactl logs gateway"]);
    let status = sandbox.run(["status", "--json"]).code(0).json();
    assert_eq!(status["gateway"]["given_up"], true);
    sandbox.run(["gateway", "down"]).code(0);
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says(["it does not run"]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_worker_does_not_outlive_its_supervisor() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let first = worker(&sandbox);
    end(sandbox.gateway_pid().expect("a pid"), Signal::KILL);
    until_true("the worker's end", || !is_alive(first));
    sandbox.run(["gateway", "up"]).code(0);
    assert_ne!(worker(&sandbox), first);
    sandbox.run(["gateway", "down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_stop_lets_running_answers_end() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_TOKEN_MS", "50")
        .with("OLLAMACTL_GATEWAY_DRAIN_TIMEOUT", "20s");
    sandbox.run(["up"]).code(0);
    let question = json!({ "model": MODEL, "prompt": "one two three four five" });
    let mut answer = request(
        sandbox.gateway,
        "POST",
        "/api/generate",
        &question.to_string(),
    )
    .expect("answered");
    answer.chunk().expect("a token");
    sandbox.run(["gateway", "stop"]).code(0);
    let mut last = String::new();
    while let Some(chunk) = answer.chunk() {
        last = chunk;
    }
    assert!(last.contains("\"done\":true"), "{last}");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

/// Asks for a long answer, and gives it from its first token on.
fn long_answer(sandbox: &Sandbox) -> Answer {
    let prompt = "one two three four five six seven eight nine ten ".repeat(2);
    let question = json!({ "model": MODEL, "prompt": prompt });
    let question = question.to_string();
    let mut answer =
        request(sandbox.gateway, "POST", "/api/generate", &question).expect("answered");
    answer.chunk().expect("a token");
    answer
}

fn rest(mut answer: Answer) -> String {
    std::iter::from_fn(|| answer.chunk()).collect()
}

#[test]
fn whoever_stops_it_says_how_long_running_answers_may_take() {
    for stop in ["gateway stop --timeout 50s", "down --timeout 50s"] {
        let sandbox = Sandbox::new()
            .with("OLLAMACTL_STUB_TOKEN_MS", "50")
            .with("OLLAMACTL_GATEWAY_DRAIN_TIMEOUT", "1ms");
        sandbox.run(["up"]).code(0);
        let answer = long_answer(&sandbox);
        let stopping = sandbox.spawn(stop.split(' '));
        assert!(rest(answer).contains("\"done\":true"), "{stop:?}");
        stopping.finish().code(0);
        sandbox.run(["down"]).code(0);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn running_answers_are_cut_when_the_time_that_the_stop_gives_is_over() {
    let sandbox = Sandbox::new()
        .with("OLLAMACTL_STUB_TOKEN_MS", "2000")
        .with("OLLAMACTL_GATEWAY_DRAIN_TIMEOUT", "10m");
    sandbox.run(["up"]).code(0);
    let answer = long_answer(&sandbox);
    sandbox.run(["down", "--stop-timeout", "50ms"]).code(0);
    assert!(!rest(answer).contains("\"done\":true"));
    sandbox.assert_nothing_left();
}

/// The address is held, though not listened on, until the gateway was asked to end.
#[test]
fn one_that_is_just_starting_is_ended_too() {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
    let sandbox = Sandbox::new();
    // No process of another test may inherit it.
    let flags = SocketFlags::CLOEXEC;
    let holder = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
    let holder = holder.expect("a socket");
    bind(&holder, &sandbox.gateway).expect("bound");
    let starting = sandbox.spawn(["gateway", "up"]);
    until_true("a start", || sandbox.gateway_file("json").exists());
    sandbox.run(["down"]).code(0);
    drop(holder);
    starting.finish();
    sandbox.assert_nothing_left();
}

#[test]
fn another_setting_restarts_it_and_the_same_does_not() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let first = sandbox.gateway_pid();
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(sandbox.gateway_pid(), first);
    sandbox.set("OLLAMACTL_GATEWAY_MAX_REQUESTS", "3");
    sandbox.run(["gateway", "up"]).code(0).says(["restarting"]);
    assert_ne!(sandbox.gateway_pid(), first);
}

#[test]
fn with_a_key_it_serves_everybody_who_has_it() {
    let mut sandbox = Sandbox::new();
    let everywhere = format!("0.0.0.0:{}", sandbox.gateway.port());
    sandbox.set("OLLAMACTL_GATEWAY_LISTEN", &everywhere);
    sandbox
        .run(["up"])
        .code(2)
        .says(["not loopback", "OLLAMACTL_GATEWAY_KEY=", "key_file"]);
    sandbox.assert_nothing_left();
    sandbox.set("OLLAMACTL_GATEWAY_KEY", KEY);
    sandbox.run(["up"]).code(0);
    let (status, answer) = get_with(sandbox.gateway, "/api/tags", "");
    assert_eq!(status, 401, "{answer}");
    let bearer = format!("Authorization: Bearer {KEY}\r\n");
    for path in ["/api/tags", "/v1/models", "/metrics"] {
        let (status, answer) = get_with(sandbox.gateway, path, &bearer);
        assert_eq!(status, 200, "{path}: {answer}");
    }
    assert_eq!(get_with(sandbox.gateway, "/ready", "").0, 200);
    sandbox.run(["health", "--level", "infer"]).code(0);
    assert_key_is_nowhere(&sandbox, &everywhere);
    // Another key is another gateway.
    let before = sandbox.processes();
    sandbox.set("OLLAMACTL_GATEWAY_KEY", &KEY.replace('0', "9"));
    sandbox.run(["gateway", "up"]).code(0);
    assert_ne!(sandbox.processes(), before);
    assert_eq!(get_with(sandbox.gateway, "/api/tags", &bearer).0, 401);
    sandbox.run(["down"]).code(0);
}

/// Neither in a file of ours, nor on a command line, nor in what any command prints.
fn assert_key_is_nowhere(sandbox: &Sandbox, listen: &str) {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(sandbox.state())
        .expect("a folder")
        .flatten()
    {
        let Ok(text) = std::fs::read(entry.path()) else {
            continue;
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains(KEY), "{}: {text}", entry.path().display());
        looked_at += usize::from(entry.file_name().to_string_lossy().starts_with("gateway-"));
    }
    assert!(looked_at >= 4, "record, pidfile, lock and log of {listen}");
    for process in sandbox.processes() {
        assert!(!process.args.join(" ").contains(KEY), "{process:?}");
    }
    for args in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["status", "--json"],
        &["status", "-o", "env"],
        &["--verbose", "health"],
        &["doctor"],
        &["logs", "gateway", "-n", "all"],
    ] {
        let output = sandbox.run(args);
        assert!(
            !output.stdout.contains(KEY) && !output.stderr.contains(KEY),
            "{output}"
        );
    }
    sandbox
        .run(["config", "show"])
        .code(0)
        .prints(["gateway.key ", "set"]);
}

#[test]
fn keys_come_from_a_file_and_a_bad_one_is_not_repeated() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("keys", &format!("# for the team\n{KEY}\n"));
    sandbox.write(
        "ollamactl.yaml",
        "gateway: { key_file: keys, max_requests: 3 }\n",
    );
    sandbox.run(["up"]).code(0);
    assert_eq!(get(sandbox.gateway, "/api/tags").expect("answered").0, 401);
    let bearer = format!("X-Api-Key: {KEY}\r\n");
    assert_eq!(get_with(sandbox.gateway, "/api/tags", &bearer).0, 200);
    std::fs::write(&file, "short-one\n").expect("written");
    let output = sandbox
        .run(["gateway", "restart"])
        .code(2)
        .says(["keys:1", "openssl rand"]);
    assert!(!output.stderr.contains("short-one"), "{output}");
    sandbox
        .run(["gateway", "up", "--key-file", "/nowhere/keys"])
        .code(2)
        .says(["/nowhere/keys"]);
}

#[test]
fn it_is_ready_when_the_model_is_there_and_says_what_is_missing() {
    let sandbox = Sandbox::new();
    sandbox.run(["gateway", "up"]).code(0);
    let (status, text) = get(sandbox.gateway, "/ready").expect("answered");
    assert!(status == 503 && text.contains("ollamactl serve"), "{text}");
    sandbox.serve();
    let (status, text) = get(sandbox.gateway, "/ready").expect("answered");
    assert!(
        status == 503 && text.contains("ollamactl pull-model tiny"),
        "{text}"
    );
    sandbox.run(["pull-model"]).code(0);
    assert_eq!(
        get(sandbox.gateway, "/ready"),
        Some((200, r#"{"status":"ok"}"#.to_owned()))
    );
    let (status, text) = get(sandbox.gateway, "/health").expect("answered");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert!(
        status == 200 && report["model"]["present"] == true,
        "{text}"
    );
}

#[test]
fn the_required_model_is_meant_and_counted_where_none_is_named() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let prompt = json!({ "prompt": "hello", "stream": false });
    let (status, text) = post(sandbox.gateway, "/api/generate", &prompt).expect("answered");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert!(status == 200 && answer["model"] == MODEL, "{text}");
    let chat = json!({ "messages": [{ "role": "user", "content": "hello" }], "stream": true,
        "stream_options": { "include_usage": true } });
    let (status, text) = post(sandbox.gateway, "/v1/chat/completions", &chat).expect("answered");
    assert_eq!(status, 200, "{text}");
    let usage = text
        .split("\"prompt_tokens\":")
        .nth(1)
        .expect("usage in the stream");
    let prompt_tokens: u64 = usage
        .split(',')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    let expected = format!(
        "ollamactl_gateway_tokens_total{{kind=\"prompt\",model=\"tiny\"}} {}",
        prompt_tokens + answer["prompt_eval_count"].as_u64().expect("a count")
    );
    until("both requests in the metrics", || {
        let (_, text) = get(sandbox.gateway, "/metrics")?;
        text.contains(&expected).then_some(())
    });
    until_true("both requests in the log", || {
        let log = log(&sandbox);
        let lines = log.lines().filter(|line| line.contains("model=tiny"));
        lines
            .filter(|line| line.contains("completion_tokens="))
            .count()
            == 2
    });
    let since = sandbox.run(["logs", "gateway", "--since", "5m"]).code(0);
    assert!(
        since.stdout.contains("path=/api/generate status=200"),
        "{since}"
    );
}

/// The processor time of a process so far, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("alive");
    let (_, fields) = stat.rsplit_once(") ").expect("fields");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<u64>().expect("a number"))
        .sum()
}

/// How often a process has gone to sleep by itself.
fn sleeps(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("alive");
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.expect("a count").trim().parse().expect("a number")
}

#[test]
fn without_descriptors_it_waits_instead_of_spinning() {
    let sandbox = Sandbox::new();
    let prlimit = ["/usr/bin/prlimit", "/bin/prlimit"];
    let Some(prlimit) = prlimit
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
    else {
        support::skipped("prlimit (util-linux) is not installed");
        return;
    };
    let gateway = sandbox.start(prlimit, ["--nofile=24:24", "ollamactl", "gateway", "run"]);
    until_true("an answer", || get(sandbox.gateway, "/healthz").is_some());
    let crowd: Vec<TcpStream> = (0..60)
        .map(|_| TcpStream::connect(sandbox.gateway).expect("the kernel takes it"))
        .collect();
    let open = || {
        std::fs::read_dir(format!("/proc/{}/fd", gateway.pid()))
            .expect("alive")
            .count()
    };
    until_true("a full house", || open() >= 24);
    let (slept, used) = (sleeps(gateway.pid()), ticks(gateway.pid()));
    // One that spins never sleeps.
    until_true("sleep between two looks", || {
        sleeps(gateway.pid()) >= slept + 5
    });
    let used = ticks(gateway.pid()) - used;
    assert!(used < 20, "{used} ticks of doing nothing");
    drop(crowd);
    until_true("an answer again", || {
        get(sandbox.gateway, "/healthz").is_some()
    });
    gateway.signal(Signal::TERM);
    let said = gateway.finish().stderr;
    let warnings = said.lines().filter(|line| line.contains("level=WARN"));
    let warnings: Vec<&str> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{said}");
    assert!(
        warnings[0].contains("connections cannot be taken"),
        "{said}"
    );
}

#[test]
fn a_crowd_that_is_refused_is_one_line_of_the_log() {
    let sandbox = Sandbox::new().with("OLLAMACTL_GATEWAY_MAX_CONNECTIONS", "2");
    sandbox.run(["gateway", "up"]).code(0);
    let open = |_| {
        let mut stream = TcpStream::connect(sandbox.gateway).expect("connects");
        let request = "GET /api/nothing/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("sends");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("answered");
        (stream, String::from_utf8_lossy(&answer).into_owned())
    };
    // Since the start, connections may still be open that looked whether it is there.
    let places = until("both places", || {
        let both: Vec<_> = (0..2).map(open).collect();
        let served = |(_, answer): &(TcpStream, String)| answer == "HTTP/1.1 404";
        both.iter().all(served).then_some(both)
    });
    for _ in 0..50 {
        let (_, answer) = open(0);
        assert_eq!(answer, "HTTP/1.1 429");
    }
    drop(places);
    let refused = |log: &str| log.matches("connections are refused").count();
    until_true("a line", || refused(&log(&sandbox)) > 0);
    until_true("an answer again", || {
        get(sandbox.gateway, "/healthz").is_some_and(|(status, _)| status != 429)
    });
    sandbox.run(["gateway", "down"]).code(0);
    let log = log(&sandbox);
    assert_eq!(refused(&log), 1, "{log}");
    assert!(!log.contains("status=429"), "{log}");
}

#[test]
fn in_a_container_it_listens_everywhere_with_a_key_or_when_told_so() {
    let mut sandbox = Sandbox::new();
    let everywhere = format!("0.0.0.0:{}", sandbox.gateway.port());
    sandbox.set("OLLAMACTL_GATEWAY_LISTEN", &everywhere);
    sandbox
        .run(["gateway", "run"])
        .code(2)
        .says(["--no-auth", "OLLAMACTL_GATEWAY_KEY"]);
    for (args, key) in [
        (&["gateway", "run"][..], KEY),
        (&["gateway", "run", "--no-auth"], ""),
    ] {
        sandbox.set("OLLAMACTL_GATEWAY_KEY", key);
        sandbox.set("OLLAMACTL_GATEWAY_ACCESS_LOG", "json");
        let gateway = sandbox.spawn(args);
        until_true("an answer", || get(sandbox.gateway, "/healthz").is_some());
        let status = get(sandbox.gateway, "/api/tags").expect("answered").0;
        assert_eq!(status, if key.is_empty() { 502 } else { 401 });
        gateway.wait_to_say("\"path\":\"/api/tags\"");
        gateway.signal(Signal::TERM);
        gateway.finish().code(0);
    }
    sandbox.assert_nothing_left();
}

/// `gateway down` knows nothing of it.
#[test]
fn one_in_the_foreground_that_is_in_the_way_is_ended_by_its_pid() {
    let sandbox = Sandbox::new();
    let serving = sandbox.spawn(["gateway", "run"]);
    until_true("its start", || get(sandbox.gateway, "/healthz").is_some());
    let kill = format!("hint: stop it: kill {}\n", serving.pid());
    sandbox.run(["gateway", "up"]).code(5).says([kill.as_str()]);
}

#[test]
fn a_gateway_of_another_home_is_ended_from_there() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let other = Sandbox::new()
        .with("OLLAMA_HOST", &sandbox.backend.to_string())
        .with("OLLAMACTL_GATEWAY_LISTEN", &sandbox.gateway.to_string());
    let refused = other.run(["gateway", "up"]).code(5);
    let (_, hint) = refused.stderr.split_once("stop it: ").expect("a hint");
    let command = hint.lines().next().expect("a line").to_owned();
    assert!(command.contains("HOME="), "{refused}");
    other.run(["restart"]).code(5).says([
        "restart it from where it was started: ",
        "ollamactl restart",
    ]);
    other.shell(&command).code(0);
    assert!(sandbox.gateway_pid().is_none(), "{command}");
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_gateway_that_hangs_is_to_be_restarted() {
    let sandbox = Sandbox::new();
    // What takes connections and answers none.
    let hangs = std::net::TcpListener::bind(sandbox.gateway).expect("bound");
    sandbox
        .run(["health", "gateway"])
        .code(3)
        .says(["no answer within", "ollamactl gateway restart"]);
    drop(hangs);
    sandbox.run(["up"]).code(0);
    end(worker(&sandbox), Signal::STOP);
    sandbox.run(["gateway", "restart"]).code(0);
    sandbox.run(["health", "gateway"]).code(0);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}
