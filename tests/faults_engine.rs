//! Faults of a container engine: absent, forbidden, hanging, too old or too new, dying in mid-operation,
//! refusing. A scripted engine makes them; what a real one can be brought to is in `engine_faults`.
#![cfg(target_os = "linux")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::engine::{End, FakeEngine, Reply, Request, refusal};
use support::http::stranger;
use support::{Output, Sandbox, until_true};

const COMPOSE: &str = "name: lab\nservices:\n  ollama-functions:\n    image: registry.test/app:1\n";
const CONTAINER: &str = "lab-ollama-functions-1";

/// A sandbox with a compose project, and this engine on the socket that its environment names.
fn with(
    version: Value,
    script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Sandbox, Arc<FakeEngine>) {
    let mut sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    let socket = sandbox.path("engine.sock");
    let engine = FakeEngine::new(version, script);
    engine.on_socket(&socket);
    sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
    (sandbox, engine)
}

/// The same with Docker as it is today.
fn scripted(
    script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Sandbox, Arc<FakeEngine>) {
    with(FakeEngine::docker(), script)
}

/// Does this with requests like that, and else what an engine would do.
fn on(line: &'static str, reply: Reply) -> impl Fn(&Request) -> Reply + Send + Sync {
    move |request| {
        let this = request.line();
        // `*` stands for an ID or a name.
        let same = match line.split_once('*') {
            Some((head, tail)) => {
                this.len() > head.len() + tail.len()
                    && this.starts_with(head)
                    && this.ends_with(tail)
            }
            None => this == line,
        };
        if same { reply.clone() } else { Reply::Honest }
    }
}

/// The engine lacks the image, and answers pulls like this.
fn pulling(reply: Reply) -> impl Fn(&Request) -> Reply + Send + Sync {
    let pulls = on("POST /images/create", reply);
    move |request| match pulls(request) {
        Reply::Honest if request.line().starts_with("GET /images/") => {
            refusal(404, "no such image")
        }
        reply => reply,
    }
}

#[test]
fn the_scripted_engine_is_an_engine() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
    sandbox.run(["gateway", "up"]).code(0).says(["-- gateway"]);
    sandbox.run(["gateway", "stop"]).code(0);
    sandbox.run(["gateway", "down"]).code(0);
    assert_eq!(engine.containers(), [""; 0]);
}

#[test]
fn the_compose_that_is_installed_is_asked_once() {
    let (mut sandbox, engine) = scripted(|_| Reply::Honest);
    // A native program: a shell, which takes `version` in the current folder for its script.
    let (asked, script) = (sandbox.path("asked"), "echo x >>\"$ASKED\"; echo 2.26.1\n");
    sandbox.set("ASKED", &asked.display().to_string());
    sandbox.write("version", script);
    let program = sandbox.path("home/.docker/cli-plugins/docker-compose");
    std::fs::create_dir_all(program.parent().expect("a folder")).expect("created");
    std::fs::copy("/bin/sh", &program).expect("copied");
    let times = || std::fs::read_to_string(&asked).map_or(0, |lines| lines.lines().count());
    let first_up = || {
        sandbox.run(["gateway", "up"]).code(0);
        let requests = engine.requests();
        let mut latest = requests.iter().rev();
        let made = latest.find(|request| request.line() == "POST /containers/create");
        let body: Value = serde_json::from_slice(&made.expect("made").body).expect("JSON");
        let labels = &body["Labels"];
        assert_eq!(labels["com.docker.compose.version"], "2.26.1");
        sandbox.run(["gateway", "down"]).code(0);
        times()
    };
    assert_eq!(first_up(), 1);
    assert_eq!(first_up(), 1, "it was remembered");

    let remembered = sandbox.path("home/.cache/ollamactl/compose-release.json");
    let mode = std::fs::metadata(&remembered).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    std::fs::write(&remembered, "{\"program\":").expect("written");
    assert_eq!(first_up(), 2, "what is damaged says nothing");
    assert_eq!(first_up(), 2);

    // It may be another one now.
    let touched = std::fs::File::options().append(true).open(&program);
    let earlier = std::time::SystemTime::UNIX_EPOCH;
    touched.expect("opened").set_modified(earlier).expect("set");
    assert_eq!(first_up(), 3);

    // What a script starts can change while the script stays.
    sandbox.script("../home/.docker/cli-plugins/docker-compose", script);
    assert_eq!(first_up(), 4);
    assert_eq!(first_up(), 5);
}

#[test]
fn a_file_of_the_project_names_no_program_that_runs_here() {
    let (mut sandbox, _engine) = scripted(|_| Reply::Honest);
    sandbox.unset("DOCKER_CONFIG");
    sandbox.write(".env", "DOCKER_CONFIG=./of-the-project\n");
    let ran = sandbox.path("ran");
    let script = format!("touch '{}'; echo 2.26.1\n", ran.display());
    let program = sandbox
        .work()
        .join("of-the-project/cli-plugins/docker-compose");
    std::fs::create_dir_all(program.parent().expect("a folder")).expect("created");
    std::fs::write(&program, format!("#!/bin/sh\n{script}")).expect("written");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("set");
    sandbox.run(["gateway", "up"]).code(0);
    assert!(!ran.exists(), "it ran");
    sandbox.run(["gateway", "down"]).code(0);
}

#[test]
fn an_absent_socket_is_named_with_who_named_it() {
    let mut sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    let socket = sandbox.path("nobody.sock");
    let endpoint = format!("unix://{}", socket.display());
    sandbox.set("DOCKER_HOST", &endpoint);
    let says = [endpoint.as_str(), "DOCKER_HOST", "hint:"];
    sandbox.run(["gateway", "up"]).code(6).says(says);
    // A socket that nobody serves any more is no better.
    drop(UnixListener::bind(&socket).expect("bound"));
    sandbox.run(["gateway", "up"]).code(6).says(says);
    sandbox.assert_nothing_left();
}

#[test]
fn endpoints_that_are_none_are_named() {
    for (endpoint, code, way_out) in [
        ("ftp://host", 2, "DOCKER_HOST"),
        ("tcp://127.0.0.1:9", 6, "DOCKER_HOST"),
        ("ssh://", 2, "ssh://[user@]host"),
        ("lab:notaport", 2, "\"notaport\" is not a port"),
        (
            "/var/run/docker.sock",
            2,
            "export DOCKER_HOST=unix:///var/run/docker.sock",
        ),
    ] {
        let sandbox = Sandbox::new().with("DOCKER_HOST", endpoint);
        sandbox.write("docker-compose.yml", COMPOSE);
        let says = [endpoint, way_out, "hint: "];
        sandbox.run(["gateway", "up"]).code(code).says(says);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn what_answers_and_is_no_engine_is_told_with_its_status() {
    let address = support::free_address();
    stranger(address);
    let endpoint = format!("tcp://{address}");
    let sandbox = Sandbox::new().with("DOCKER_HOST", &endpoint);
    sandbox.write("docker-compose.yml", COMPOSE);
    for args in [
        &["gateway", "up"][..],
        &["gateway", "ip"],
        &["logs", "gateway"],
    ] {
        sandbox.run(args).code(6).says([
            endpoint.as_str(),
            "does not look like a Docker engine",
            "404 Not Found",
            "nope",
            "hint: correct what named it: DOCKER_HOST",
        ]);
    }
    sandbox.assert_nothing_left();
}

#[test]
fn a_socket_that_this_user_may_not_open_points_to_the_docker_group() {
    if !support::is_root() {
        return support::skipped(
            "an engine's socket without permission: needs root, to become nobody",
        );
    }
    let (sandbox, _engine) = scripted(|_| Reply::Honest);
    let socket = sandbox.path("engine.sock");
    let only_root = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&socket, only_root).expect("set");
    for folder in ["", "work", "bin", "state", "home", "config"] {
        let open = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(sandbox.path(folder), open).expect("set");
    }
    let binary = env!("CARGO_BIN_EXE_ollamactl");
    let copy = sandbox.bin().join("copy");
    std::fs::copy(binary, &copy).expect("copied");
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    sandbox
        .shell(&format!("{nobody} {} gateway up", copy.display()))
        .code(6)
        .says([
            "permission denied",
            "engine.sock",
            "usermod -aG docker",
            "as powerful as root",
        ]);
}

#[test]
fn an_engine_that_hangs_is_a_time_out_wherever_it_does() {
    let endpoints = [
        "GET /version",
        "GET /containers/json",
        "GET /networks",
        "GET /images/*/json",
        "POST /networks/create",
        "POST /containers/create",
        "POST /containers/*/start",
        "GET /containers/*/json",
    ];
    std::thread::scope(|scope| {
        for line in endpoints {
            scope.spawn(move || {
                let (sandbox, _engine) = scripted(on(line, Reply::Hang));
                let output = sandbox.run(["gateway", "up"]).code(7);
                let output = output.says(["engine.sock (from DOCKER_HOST)", "answer", "hint: "]);
                // Nothing is in doubt where nothing was to be changed.
                let doubtful = output.stderr.contains("what it did is unknown");
                assert_eq!(
                    doubtful,
                    line.starts_with("POST"),
                    "{line}: {}",
                    output.stderr
                );
            });
        }
    });
}

#[test]
fn an_engine_that_hangs_does_not_hold_up_the_backend() {
    let (sandbox, _engine) = scripted(|_| Reply::Hang);
    sandbox.serve();
    sandbox.run(["health", "backend"]).code(0);
    sandbox.run(["down", "--gateway", "embedded"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn an_engine_that_hangs_ends_logs_and_stop_too() {
    let hangs = Arc::new(AtomicBool::new(false));
    let flag = hangs.clone();
    let (sandbox, _engine) = scripted(move |request| {
        let last = matches!(request.path.rsplit('/').next(), Some("logs" | "stop"));
        if flag.load(Ordering::Relaxed) && last {
            Reply::Hang
        } else {
            Reply::Honest
        }
    });
    sandbox.run(["gateway", "up"]).code(0);
    hangs.store(true, Ordering::Relaxed);
    let stop = sandbox.spawn(["gateway", "stop"]);
    stop.finish()
        .code(7)
        .says(["stopped answering while stopping container"]);
}

#[test]
fn the_newest_api_that_both_sides_know_is_spoken() {
    let says = |newest: &str, oldest: &str| {
        let mut version = FakeEngine::docker();
        version["ApiVersion"] = json!(newest);
        version["MinAPIVersion"] = json!(oldest);
        version
    };
    for (newest, oldest, spoken) in [
        ("1.41", "1.12", "1.41"),
        ("1.52", "1.44", "1.52"),
        ("1.99", "1.44", "1.53"),
    ] {
        let minimum = oldest.to_owned();
        let number = |version: &str| version[2..].parse::<u32>().expect("a number");
        let (sandbox, engine) = with(says(newest, oldest), move |request| {
            match &request.version {
                Some(version) if number(version) < number(&minimum) => refusal(
                    400,
                    &format!(
                        "client version {version} is too old. Minimum supported API version is {minimum}"
                    ),
                ),
                _ => Reply::Honest,
            }
        });
        sandbox.run(["gateway", "up"]).code(0);
        for request in engine.requests() {
            // Before the engine was asked what it is, questions name no version.
            let early = request.method == "GET" && request.version.is_none();
            let agreed = request.version.as_deref() == Some(spoken);
            assert!(early || agreed, "{} {:?}", request.line(), request.version);
        }
    }
    for (newest, oldest, hint) in [
        ("1.24", "1.12", "upgrade Docker"),
        ("1.99", "1.90", "upgrade ollamactl"),
    ] {
        let (sandbox, engine) = with(says(newest, oldest), |_| Reply::Honest);
        let range = format!("{oldest} to {newest}");
        sandbox
            .run(["gateway", "up"])
            .code(6)
            .says([range.as_str(), "1.40 to 1.53", hint]);
        assert_eq!(engine.containers(), [""; 0]);
    }
}

#[test]
fn a_refusal_in_plain_text_is_quoted() {
    // Who does not even say who he is may be no engine.
    for (line, code) in [("GET /version", 6), ("POST /containers/create", 1)] {
        let text = "client version 1.22 is too old";
        let (sandbox, _engine) = scripted(on(line, Reply::Text(400, text.to_owned())));
        sandbox.run(["gateway", "up"]).code(code).says([text]);
    }
}

#[test]
fn an_engine_that_dies_in_mid_operation_leaves_the_state_unknown() {
    for (line, reply) in [
        ("POST /networks/create", Reply::Half),
        ("POST /networks/create", Reply::Cut),
        ("POST /containers/create", Reply::Half),
        ("POST /containers/create", Reply::Cut),
        ("POST /containers/*/start", Reply::Cut),
    ] {
        let (sandbox, _engine) = scripted(on(line, reply));
        let output = sandbox.run(["gateway", "up"]).code(6);
        output.says(["engine.sock", "what it did is unknown", "ollamactl status"]);
    }
    let begun = vec![json!({ "status": "Pulling from app", "id": "1" }).to_string()];
    let (sandbox, _engine) = scripted(pulling(Reply::Lines(begun, End::Cut)));
    let output = sandbox.run(["gateway", "up"]).code(6);
    output.says([
        "pulling registry.test/app:1",
        "what it did is unknown",
        "ollamactl status",
    ]);
}

/// What was written down of the project.
fn written(sandbox: &Sandbox) -> String {
    let is_ledger = |name: &String| name.starts_with("project-lab-");
    let name = sandbox.state_files().into_iter().find(is_ledger);
    name.map_or_else(String::new, |name| {
        std::fs::read_to_string(sandbox.state().join(name)).expect("readable")
    })
}

#[test]
fn what_a_killed_command_may_have_made_is_written_down_and_what_was_refused_is_not() {
    for (line, name) in [
        ("POST /networks/create", "lab_default"),
        ("POST /containers/create", CONTAINER),
    ] {
        let (sandbox, engine) = scripted(on(line, Reply::Hang));
        let up = sandbox.spawn(["gateway", "up"]);
        until_true("a request", || engine.count(line) > 0);
        up.signal(Signal::KILL);
        assert_eq!(up.finish().status, 137);
        assert!(written(&sandbox).contains(name), "{}", written(&sandbox));

        let (sandbox, _engine) = scripted(on(line, refusal(500, "no")));
        sandbox.run(["gateway", "up"]).code(1);
        assert!(!written(&sandbox).contains(name), "{}", written(&sandbox));
    }
}

/// A container of this name, made by this project.
fn container(project: &str) -> Value {
    json!({
        "Id": "f".repeat(64), "Name": format!("/{CONTAINER}"), "Image": "sha256:1",
        "Config": {"Labels": {"com.docker.compose.project": project}},
        "State": {"Status": "running", "Running": true},
    })
}

#[test]
fn a_name_that_somebody_else_has_is_a_conflict_and_what_is_his_stays() {
    let taken = format!(
        "Conflict. The container name \"/{CONTAINER}\" is already in use by container \"ff\"."
    );
    let (sandbox, engine) = scripted(move |request| match request.line().as_str() {
        // The engine filters by labels: somebody else's is not in the list.
        "GET /containers/json" => Reply::Json(200, json!([])),
        "POST /containers/create" => refusal(409, &taken),
        _ => Reply::Honest,
    });
    engine.add_container("f", container("other"));
    let says = ["already in use", "docker inspect lab-ollama-functions-1"];
    sandbox.run(["gateway", "up"]).code(5).says(says);
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
    assert_eq!(engine.count("POST /containers/create"), 1);
}

/// The body with which the gateway's container is created.
#[track_caller]
fn created() -> Value {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    let mut requests = engine.requests().into_iter();
    let made = requests.find(|request| request.path == "/containers/create");
    serde_json::from_slice(&made.expect("created").body).expect("JSON")
}

#[test]
fn a_container_that_compose_makes_at_the_same_time_is_taken_as_it_is() {
    let body = created();
    // Nothing is found until one is to be created; then the name is taken, and it is there.
    let tried = AtomicBool::new(false);
    let taken = format!(
        "Conflict. The container name \"/{CONTAINER}\" is already in use by container \"ff\"."
    );
    let (sandbox, engine) = scripted(move |request| match request.line().as_str() {
        "GET /containers/json" if !tried.load(Ordering::Relaxed) => Reply::Json(200, json!([])),
        "POST /containers/create" => {
            tried.store(true, Ordering::Relaxed);
            refusal(409, &taken)
        }
        _ => Reply::Honest,
    });
    engine.add_container(
        "f",
        json!({
            "Id": "f".repeat(64), "Name": format!("/{CONTAINER}"), "Image": "sha256:1", "Config": body,
            "HostConfig": body["HostConfig"], "State": {"Status": "running", "Running": true},
            "NetworkSettings": {"Networks": {"lab_default": {"NetworkID": ""}}},
        }),
    );
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(engine.count("POST /containers/create"), 1);
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
}

#[test]
fn a_container_that_compose_removes_at_the_same_time_is_made_again_once() {
    let body = created();
    // It is in the first list, and gone when it is to be started.
    let stopped = json!([{
        "Id": "f".repeat(64), "Names": [format!("/{CONTAINER}")], "ImageID": "sha256:1",
        "Labels": body["Labels"], "State": "exited", "Status": "Exited (0) 1 second ago",
    }]);
    let first = AtomicBool::new(true);
    let (sandbox, engine) = scripted(move |request| match request.line().as_str() {
        "GET /containers/json" if first.swap(false, Ordering::Relaxed) => {
            Reply::Json(200, stopped.clone())
        }
        _ => Reply::Honest,
    });
    sandbox.run(["gateway", "up"]).code(0);
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
    assert_eq!(engine.count("GET /containers/json"), 2);
}

#[test]
fn what_is_so_already_is_a_success() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    sandbox.run(["gateway", "stop"]).code(0);
    sandbox.run(["gateway", "stop"]).code(0);
    assert!(
        engine
            .requests()
            .iter()
            .any(|request| request.path.ends_with("/stop"))
    );

    // Gone, or going, when it is to be removed.
    for reply in [
        refusal(404, "No such container: f"),
        refusal(409, "removal of container f is already in progress"),
    ] {
        let (sandbox, engine) = scripted(on("DELETE /containers/*", reply));
        sandbox.run(["gateway", "up"]).code(0);
        sandbox.run(["gateway", "down"]).code(0);
        assert_eq!(engine.containers().len(), 1, "the script kept it");
    }
}

#[test]
fn a_taken_port_is_named_and_the_container_made_for_it_is_removed() {
    let wordings = [
        "driver failed programming external connectivity on endpoint x (ab): Bind for 127.0.0.1:9 failed: port is already allocated",
        "driver failed programming external connectivity on endpoint x (ab): Error starting userland proxy: listen tcp4 127.0.0.1:9: bind: address already in use",
        "failed to set up container networking: driver failed programming external connectivity on endpoint x (ab): failed to bind host port for 127.0.0.1:9:172.18.0.2:8000/tcp: address already in use",
        "failed to set up container networking: driver failed programming external connectivity on endpoint x (ab): failed to bind host port 127.0.0.1:9/tcp: address already in use",
    ];
    for wording in wordings {
        let (sandbox, engine) = scripted(on("POST /containers/*/start", refusal(500, wording)));
        sandbox
            .run(["gateway", "up"])
            .code(5)
            .says(["port 9 is taken by", "hint: "]);
        assert_eq!(engine.containers(), [""; 0], "{wording}");
    }
}

#[test]
fn a_container_with_a_port_on_all_addresses_is_warned_of_when_it_is_made() {
    let (sandbox, _engine) = scripted(|_| Reply::Honest);
    let port = support::free_address().port();
    let published_on = |address: &str| {
        let ports = format!("    ports: ['{address}{port}:8000']\n");
        sandbox.write("docker-compose.yml", &format!("{COMPOSE}{ports}"));
        sandbox.run(["gateway", "up"]).code(0)
    };
    let open = format!("publishes {port} on all addresses of this machine, past its firewall");
    let instead = format!("write 127.0.0.1:{port}:8000 to keep it local");
    for everywhere in ["", "0.0.0.0:", "[::]:"] {
        published_on(everywhere).says([open.as_str(), instead.as_str()]);
    }
    let local = published_on("127.0.0.1:");
    assert!(!local.stderr.contains("firewall"), "{local}");
}

#[test]
fn two_folders_that_share_a_project_are_told_of_each_other() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    let again = sandbox.run(["gateway", "up"]).code(0);
    assert!(!again.stderr.contains("was made from"), "{again}");
    let link = sandbox.path("link");
    std::os::unix::fs::symlink(sandbox.work(), &link).expect("linked");
    let made_from = |folder: &std::path::Path| {
        engine.change(CONTAINER, |container| {
            container["Config"]["Labels"]["com.docker.compose.project.working_dir"] =
                json!(folder.display().to_string());
        });
    };
    made_from(&link);
    let linked = sandbox.run(["gateway", "up"]).code(0);
    assert!(!linked.stderr.contains("was made from"), "{linked}");
    let other = sandbox.path("other");
    std::fs::create_dir(&other).expect("made");
    made_from(&other);
    let note = format!("{CONTAINER} was made from {},", other.display());
    for args in [
        &["gateway", "up"][..],
        &["gateway", "up", "--force-recreate"],
    ] {
        let shared = sandbox.run(args).code(0);
        shared.says([note.as_str(), "-p NAME"]);
    }
    // The one that took its place was made from here.
    let own = sandbox.run(["gateway", "up"]).code(0);
    assert!(!own.stderr.contains("was made from"), "{own}");
}

#[test]
fn an_image_that_cannot_be_pulled_shows_the_registrys_words() {
    let cases = [
        refusal(404, "manifest for registry.test/app:1 not found: manifest unknown"),
        refusal(500, "Get \"https://registry.test/v2/\": dial tcp: lookup registry.test: no such host"),
        refusal(500, "Head \"https://registry.test/v2/app/manifests/1\": unauthorized: incorrect password"),
        refusal(403, "denied: you may not"),
        Reply::Lines(
            vec![
                json!({ "status": "Pulling fs layer", "progressDetail": {}, "id": "1" }).to_string(),
                json!({ "errorDetail": {"message": "toomanyrequests: slow down"}, "error": "toomanyrequests: slow down" }).to_string(),
            ],
            End::Whole,
        ),
    ];
    let words = [
        "manifest unknown",
        "no such host",
        "incorrect password",
        "you may not",
        "slow down",
    ];
    for (reply, words) in cases.into_iter().zip(words) {
        let (sandbox, engine) = scripted(pulling(reply));
        let says = [
            "image registry.test/app:1 cannot be pulled",
            words,
            "hint: ",
        ];
        let output = sandbox.run(["gateway", "up"]).code(1).says(says);
        let login = output.stderr.contains("docker login registry.test");
        let denied = ["incorrect password", "you may not"].contains(&words);
        assert_eq!(login, denied, "{output}");
        assert_eq!(engine.count("POST /networks/create"), 0);
    }
}

#[test]
fn a_pull_that_stalls_is_told_and_ends_with_ctrl_c() {
    let begun = vec![json!({ "status": "Downloading", "id": "1" }).to_string()];
    let (sandbox, _engine) = scripted(pulling(Reply::Lines(begun, End::Stall)));
    let up = sandbox.spawn(["gateway", "up"]);
    up.wait_to_say("pulling image registry.test/app:1: no news for 10 s; the engine still answers");
    up.signal(Signal::INT);
    up.finish().code(130);
    sandbox.assert_nothing_left();
}

#[test]
fn two_networks_of_one_name_are_told_apart_by_their_ids() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    let ours =
        json!({ "com.docker.compose.project": "lab", "com.docker.compose.network": "default" });
    engine.add_network("first", "lab_default", &ours);
    engine.add_network("second", "lab_default", &ours);
    let output = sandbox.run(["gateway", "up"]).code(5);
    output.says(["lab_default", "first", "second", "docker network rm"]);
    assert_eq!(engine.containers(), [""; 0]);
}

#[test]
fn a_container_that_memory_ended_says_so_with_its_last_words() {
    let (sandbox, _engine) = scripted(|request| {
        let line = request.line();
        if line.starts_with("GET /containers/")
            && line.ends_with("/json")
            && line != "GET /containers/json"
        {
            let mut container = container("lab");
            container["State"] =
                json!({ "Status": "exited", "Running": false, "ExitCode": 137, "OOMKilled": true });
            return Reply::Json(200, container);
        }
        if line.ends_with("/logs") {
            return Reply::Lines(Vec::new(), End::Whole);
        }
        Reply::Honest
    });
    let output = sandbox.run(["gateway", "up"]).code(1);
    output.says([
        "exit code 137",
        "OOMKilled",
        "hint: ollamactl logs gateway\n",
    ]);
}

/// What the engine is, as `doctor --json` tells it: the checks named `engine` and the host's name.
fn diagnosis(sandbox: &Sandbox) -> (Output, String) {
    let output = sandbox.run(["doctor", "--json"]);
    let all = output.json();
    let checks = all.as_array().expect("a list").iter();
    let seen = checks.filter(|check| {
        ["engine", "host.docker.internal"].contains(&check["name"].as_str().unwrap_or_default())
    });
    let text = seen.map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (output, text)
}

#[test]
fn doctor_says_what_kind_of_engine_it_is() {
    let component = |name: &str| json!([{ "Name": name, "Version": "5.0.0" }]);
    let mut desktop = FakeEngine::docker();
    desktop["Platform"]["Name"] = json!("Docker Desktop 4.40 (187762)");
    let mut rootless = FakeEngine::docker();
    rootless["Components"] = component("rootlesskit");
    let mut podman = FakeEngine::docker();
    podman["Components"] = component("Podman Engine");
    for (version, kind) in [
        (FakeEngine::docker(), "Docker 28.5.2"),
        (desktop, "Docker Desktop"),
        (rootless, "rootless Docker"),
        (podman, "Podman"),
    ] {
        let (sandbox, _engine) = with(version, |_| Reply::Honest);
        let (output, seen) = diagnosis(&sandbox);
        assert!(seen.contains(kind), "{kind} is not in {seen}\n{output}");
    }
}

#[test]
fn an_engine_without_a_bridge_or_on_another_machine_has_no_way_to_this_host() {
    let no_bridge = refusal(404, "network bridge not found");
    let (sandbox, _engine) = scripted(on("GET /networks/bridge", no_bridge));
    let (output, seen) = diagnosis(&sandbox);
    assert!(
        seen.contains("no default bridge network") && seen.contains("fail"),
        "{seen}\n{output}"
    );
    assert_eq!(output.status, 1, "{output}");

    let (mut sandbox, engine) = scripted(|_| Reply::Honest);
    // This machine under an address that is not loopback.
    sandbox.set("DOCKER_HOST", &format!("tcp://0.0.0.0:{}", engine.on_tcp()));
    let (output, seen) = diagnosis(&sandbox);
    assert!(
        seen.contains("own network") && seen.contains("OLLAMA_URL"),
        "{seen}\n{output}"
    );
}

#[test]
fn ctrl_c_in_mid_build_leaves_what_runs() {
    let (sandbox, engine) = scripted(on(
        "POST /build",
        Reply::Lines(
            vec![json!({ "stream": "Step 1/2 : RUN sleep\n" }).to_string()],
            End::Stall,
        ),
    ));
    sandbox.write(
        "docker-compose.yml",
        &COMPOSE.replace("image: registry.test/app:1", "build: ."),
    );
    sandbox.write("Dockerfile", "FROM scratch\n");
    sandbox.run(["gateway", "up"]).code(0);
    let before = engine.containers();
    let build = sandbox.spawn(["gateway", "restart"]);
    build.wait_to_say("Step 1/2 : RUN sleep");
    build.signal(Signal::INT);
    build.finish().code(130);
    assert_eq!(engine.containers(), before);
    until_true("the gateway runs", || engine.count("POST /build") == 1);
    sandbox.run(["gateway", "up"]).code(0).says(["-- gateway"]);
}

/// The gateway's container, with what its own health check says.
fn checked(engine: &FakeEngine, health: &Value) {
    engine.change(CONTAINER, |container| {
        container["State"]["Health"] = health.clone();
    });
}

#[test]
fn up_says_what_it_waits_for_and_ends_when_the_gateway_turns_unhealthy() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    let check = "    healthcheck: {test: [CMD, ask]}\n";
    sandbox.write("docker-compose.yml", &format!("{COMPOSE}{check}"));
    let up = sandbox.spawn(["up"]);
    until_true("a container", || !engine.containers().is_empty());
    until_true("its start", || engine.is_running(CONTAINER));
    checked(&engine, &json!({ "Status": "starting", "Log": [] }));
    up.wait_to_say(
        "waiting for the gateway: the first health check of lab-ollama-functions-1 has not run yet",
    );
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says(["has not run yet", "hint: ollamactl health --wait"]);
    // It has looked at the container itself by then.
    let inspect = format!("GET /containers/{CONTAINER}/json");
    let asked = engine.count(&inspect);
    until_true("two more rounds", || engine.count(&inspect) > asked + 4);
    let said = "error: no model\nhint: pull it";
    let check = |second: u32| json!({ "Start": format!("2026-01-01T00:00:0{second}Z"), "End": "2026-01-01T00:00:09Z", "ExitCode": 1, "Output": said });
    checked(
        &engine,
        &json!({ "Status": "unhealthy", "Log": [check(1)] }),
    );
    let output = up.finish().code(1);
    output.says([
        "is unhealthy",
        "| health check: error: no model",
        "\n  | hint: pull it",
    ]);
    let health = sandbox.run(["health", "gateway"]).code(3);
    health.says([
        "says unhealthy\n",
        "\n  | error: no model\n  | hint: pull it\n",
    ]);
    // What was so before is no verdict on what is now.
    let again = sandbox.spawn(["up"]);
    again.wait_to_say("waiting for the gateway: the health check of");
    checked(&engine, &json!({ "Status": "healthy", "Log": [check(2)] }));
    again.finish().code(0);
    checked(
        &engine,
        &json!({ "Status": "unhealthy", "Log": [check(3)] }),
    );
    let mut again = sandbox.spawn(["up"]);
    again.wait_to_say("waiting for the gateway: the health check of");
    for second in 4..9 {
        let asked = engine.count(&inspect);
        checked(
            &engine,
            &json!({ "Status": "unhealthy", "Log": [check(second)] }),
        );
        until_true("a look or the end", || {
            engine.count(&inspect) > asked + 4 || again.is_over()
        });
    }
    again.finish().code(1).says(["is unhealthy"]);
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_gateway_that_nobody_can_ask_is_told_at_once() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    // Else up would wait for half an hour.
    let says = [
        "runs, and that is all that can be known",
        "hint: publish a port, or add a healthcheck",
    ];
    let up = sandbox.run(["up"]).code(3).says(says);
    assert!(!up.stderr.contains("waiting for the gateway"), "{up}");
    assert!(engine.is_running(CONTAINER));
    sandbox.run(["health", "gateway"]).code(3).says(says);
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_gateway_that_is_only_made_is_said_to_be_made() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    let made = sandbox.run(["gateway", "up", "--no-start"]).code(0);
    let says = format!("container {CONTAINER}, created and not started");
    assert!(!made.stderr.contains("publishes no port"), "{made}");
    made.says([says.as_str()]);
    assert!(!engine.is_running(CONTAINER));
}

#[test]
fn a_gateway_that_keeps_ending_has_a_log() {
    // Started again, it ends again.
    let ends_again = on(
        "POST /containers/*/restart",
        Reply::Text(204, String::new()),
    );
    let (sandbox, engine) = scripted(ends_again);
    sandbox.run(["gateway", "up"]).code(0);
    // As Docker tells it between two runs.
    engine.change(CONTAINER, |container| {
        container["State"] = json!({
            "Status": "restarting", "Running": true, "Restarting": true, "ExitCode": 1,
            "FinishedAt": "2026-01-01T00:00:00Z",
        });
        container["RestartCount"] = json!(7);
    });
    sandbox.run(["health", "gateway"]).code(3).says([
        "it ended with exit code 1",
        "hint: ollamactl logs gateway\n",
    ]);
    sandbox
        .run(["gateway", "up"])
        .code(1)
        .says(["exit code 1", "hint: ollamactl logs gateway\n"]);
    // And in the moment for which it runs.
    engine.change(CONTAINER, |container| {
        container["State"] = json!({ "Status": "running", "Running": true });
        container["RestartCount"] = json!(1);
    });
    sandbox.run(["health", "gateway"]).code(3).says([
        "it ended by itself before (restarts: 1)",
        "hint: ollamactl logs gateway\n",
    ]);
}

#[test]
fn a_gateway_that_was_stopped_is_to_be_started_and_one_that_failed_has_a_log() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    for (code, hint) in [
        (143, "hint: ollamactl gateway up"),
        (1, "hint: ollamactl logs gateway"),
    ] {
        engine.change(CONTAINER, |container| {
            container["State"] = json!({
                "Status": "exited", "Running": false, "ExitCode": code, "FinishedAt": "2026-01-01T00:00:00Z",
            });
        });
        sandbox
            .run(["health", "gateway"])
            .code(3)
            .says([hint, &format!("exit code {code}")]);
    }
    sandbox.run(["gateway", "down"]).code(0);
}

/// What was made on an engine that cannot be asked now is told of, and is still known afterwards.
#[test]
fn down_without_its_engine_says_what_it_leaves() {
    let (mut sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    let there = format!("unix://{}", sandbox.path("engine.sock").display());
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
    let nowhere = format!("unix://{}", sandbox.path("nowhere.sock").display());
    sandbox.set("DOCKER_HOST", &nowhere);
    for _ in 0..2 {
        let down = sandbox.run(["down"]).code(6);
        down.says(["left running", CONTAINER]);
    }
    sandbox.set("DOCKER_HOST", &there);
    sandbox.run(["down"]).code(0);
    assert_eq!(engine.containers(), [""; 0]);
    sandbox.set("DOCKER_HOST", &nowhere);
    sandbox.run(["down"]).code(0);
}

#[test]
fn down_says_which_container_it_leaves() {
    let (sandbox, engine) = scripted(|_| Reply::Honest);
    sandbox.run(["gateway", "up"]).code(0);
    // As compose leaves it when it makes the container anew.
    engine.change(CONTAINER, |container| {
        container["Id"] = json!("a".repeat(64));
    });
    sandbox
        .run(["down"])
        .code(0)
        .says(["left as it is", CONTAINER, "ollamactl gateway down"]);
    let down = sandbox.run(["down", "--json"]).code(0);
    assert!(down.stdout.contains(CONTAINER), "{down}");
    assert_eq!(engine.containers(), [format!("/{CONTAINER}")]);
    sandbox.run(["gateway", "down"]).code(0);
}

/// Two repositories, one backend.
#[test]
fn down_says_whose_gateway_still_uses_the_backend() {
    let (sandbox, _engine) = scripted(|_| Reply::Honest);
    sandbox.serve();
    sandbox.run(["gateway", "up"]).code(0);
    sandbox.write(
        "docker-compose.yml",
        &COMPOSE.replace("name: lab", "name: other"),
    );
    let used = format!("still used by {CONTAINER}");
    sandbox
        .run(["down", "--dry-run"])
        .code(0)
        .prints([used.as_str()]);
    sandbox.run(["down"]).code(0).says([used.as_str()]);
    sandbox.write("docker-compose.yml", COMPOSE);
    sandbox.run(["down"]).code(0);
}

#[test]
fn a_dry_run_of_down_leaves_an_adopted_ollama_running() {
    let bridge = json!({
        "Name": "bridge", "IPAM": { "Config": [{ "Subnet": "127.0.0.0/8", "Gateway": "127.0.0.3" }] },
    });
    let (sandbox, _engine) = scripted(on("GET /networks/bridge", Reply::Json(200, bridge)));
    let by_hand = sandbox.start("ollama", ["serve"]);
    by_hand.wait_to_say("Listening on");
    sandbox.serve().says(["adopted", "relay on 127.0.0.3"]);
    let plan = sandbox.run(["down", "--dry-run"]).code(0);
    let plan = plan.prints(["stop the relay", "goes on"]);
    assert!(!plan.stdout.contains("stop Ollama"), "{plan}");
    sandbox.run(["down"]).code(0).says(["relay stopped"]);
    assert!(support::is_alive(by_hand.pid()));
}
