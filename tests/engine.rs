//! The gateway on a real engine: everything that `gateway` promises, seen from the engine's side.

#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]

#[path = "engine/agreement.rs"]
mod agreement;
#[path = "engine/api.rs"]
mod api;
#[path = "engine/base.rs"]
mod base;
#[path = "engine/guest.rs"]
mod guest;
#[path = "engine/hooks.rs"]
mod hooks;
#[path = "engine/lab.rs"]
mod lab;

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use lab::{Lab, SERVICE, target, whole};
use ollamactl::engine::LogQuery;
use ollamactl::error::Kind;
use ollamactl::event::Event;
use ollamactl::gateway::{self, Build, DownOptions, Sources, State, UpOptions};

/// The gateway alone; the kernel chooses its port.
const ALONE: &str = "
services:
  ollama-functions:
    build: .
    ports: ['127.0.0.1::8000']
    stop_signal: SIGKILL
    environment: {ANSWER: one}
    volumes: [/kept, 'data:/data']
volumes: {data: {}}
";

#[test]
#[ignore = "a role inside a container"]
fn guest_serves() {
    if guest::is_guest() {
        guest::serve();
    }
}

#[test]
#[ignore = "a role inside a container"]
fn guest_fails() {
    if guest::is_guest() {
        guest::fail();
    }
}

/// Ends well.
#[test]
#[ignore = "a role inside a container"]
fn guest_completes() {}

fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer.rsplit("\r\n").next().unwrap_or_default().to_owned()
}

/// Waits until the gateway has printed the line.
async fn printed(lab: &Lab, line: &str) {
    let project = lab.project();
    let query = LogQuery {
        follow: true,
        ..LogQuery::default()
    };
    let sources = Sources::find(&lab.engine, &target(&project), &[]).await;
    let sources = sources.expect("a container");
    let until = |said: gateway::Said| Ok(said.line.text != line);
    let seen = gateway::logs(&lab.engine, &project, &sources, query, until, drop);
    tokio::time::timeout(std::time::Duration::from_secs(30), seen)
        .await
        .expect("printed in time")
        .expect("read");
}

#[tokio::test]
async fn a_gateway_is_made_kept_replaced_stopped_and_removed() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    let first = lab.up().await.expect("comes up");
    assert!(first.state.is_running());
    printed(&lab, "ready").await;
    assert_eq!(ask(first.state.published[0].address), "one");
    assert_eq!(first.created.networks, [format!("{}_default", lab.name)]);

    let second = lab.up().await.expect("is up");
    assert_eq!(second.steps, Vec::<String>::new());
    assert_eq!(second.state.id, first.state.id);

    lab.file(
        "docker-compose.yml",
        &ALONE.replace("ANSWER: one", "ANSWER: two"),
    );
    let changed = lab.up().await.expect("is replaced");
    let name = format!("{}-{SERVICE}-1", lab.name);
    assert_eq!(
        changed.steps,
        [
            format!("recreate container {name}: its configuration changed"),
            format!("start container {name}: it is new"),
        ]
    );
    assert_eq!(
        (
            changed.state.container.as_str(),
            changed.state.id == first.state.id
        ),
        (name.as_str(), false)
    );
    printed(&lab, "ready").await;
    assert_eq!(ask(changed.state.published[0].address), "two");
    let text: Vec<String> = lab.engine.tail(&name, 100).await;
    for kept in ["/kept/file: written before", "/data/kept: written before"] {
        assert!(
            text.iter().any(|line| line == kept),
            "{kept} is not in {text:?}"
        );
    }

    let project = lab.project();
    assert!(lab.stop(&DownOptions::default()).await.expect("stops"));
    assert!(!lab.stop(&DownOptions::default()).await.expect("is stopped"));
    let stopped = gateway::status(&lab.engine, &target(&project))
        .await
        .expect("a status");
    assert_eq!(
        (stopped.state, stopped.exit_code),
        (State::Exited, Some(137))
    );
    let again = lab.up().await.expect("starts");
    assert_eq!(
        again.steps,
        [format!("start container {name}: it is exited")]
    );

    let anonymous = lab.anonymous_volumes().await;
    let down = lab.down().await.expect("goes down");
    for volume in anonymous {
        lab.engine.remove_volume(&volume).await.expect("removed");
    }
    assert_eq!(down.containers, std::slice::from_ref(&name));
    assert_eq!(down.networks, [format!("{}_default", lab.name)]);
    let gone = gateway::status(&lab.engine, &target(&project))
        .await
        .expect("a status");
    assert_eq!(gone.state, State::Absent);
    assert!(
        lab.engine
            .volume(&project.volume_name("data"))
            .await
            .expect("answers")
            .is_some()
    );
    let nothing = lab.down().await.expect("is down");
    assert_eq!(nothing, gateway::Down::default());
}

#[tokio::test]
async fn a_container_looks_as_compose_makes_it() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    let up = lab.up().await.expect("comes up");
    let container = lab.inspect(SERVICE).await.expect("there");
    let labels = container["Config"]["Labels"].as_object().expect("labels");
    let label = |key: &str| {
        labels[&format!("com.docker.compose.{key}")]
            .as_str()
            .expect("a label")
            .to_owned()
    };
    assert_eq!(label("project"), lab.name);
    assert_eq!(label("service"), SERVICE);
    assert_eq!(label("oneoff"), "False");
    assert_eq!(label("container-number"), "1");
    assert_eq!(label("depends_on"), "");
    assert_eq!(label("image"), up.state.image_id);
    assert_eq!(label("config-hash").len(), 64);
    let folder = lab.project().working_dir;
    assert_eq!(label("project.working_dir"), folder.display().to_string());
    assert_eq!(
        label("project.config_files"),
        folder.join("docker-compose.yml").display().to_string()
    );
    let networks = &container["NetworkSettings"]["Networks"][format!("{}_default", lab.name)];
    let aliases: Vec<&str> = networks["Aliases"]
        .as_array()
        .expect("aliases")
        .iter()
        .filter_map(|alias| alias.as_str())
        .collect();
    assert_eq!(
        aliases[..2],
        [format!("{}-{SERVICE}-1", lab.name).as_str(), SERVICE]
    );
    let network = lab
        .engine
        .network(&format!("{}_default", lab.name))
        .await
        .expect("answers")
        .expect("there");
    assert_eq!(
        network.labels.expect("labels")["com.docker.compose.network"],
        "default"
    );
}

#[tokio::test]
async fn the_gateway_gets_a_name_for_the_host_unless_told_not_to() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    lab.up().await.expect("comes up");
    printed(&lab, "ready").await;
    let project = lab.project();
    let text = lab
        .engine
        .tail(&format!("{}-{SERVICE}-1", lab.name), 100)
        .await
        .join("\n");
    let gateway = lab
        .engine
        .info()
        .host_gateway
        .expect("a Linux engine")
        .to_string();
    assert!(
        text.contains(&format!("{gateway}\thost.docker.internal")),
        "{text}"
    );
    let noted = |event: &Event| matches!(event, Event::Note { message } if message.contains("host.docker.internal"));
    assert!(lab.events.lock().expect("not poisoned").iter().any(noted));
    let subnets = lab.engine.subnets().await.expect("subnets");
    assert!(subnets.iter().any(|subnet| {
        subnet
            .range
            .contains(&gateway.parse::<std::net::IpAddr>().expect("an address"))
    }));

    let without = gateway::Target {
        host_gateway: false,
        health_path: "/healthz",
        ..target(&project)
    };
    let (events, step) = lab.step();
    let options = UpOptions {
        force_recreate: true,
        ..UpOptions::default()
    };
    gateway::up(&lab.engine, &without, &options, &step, &events)
        .await
        .expect("is replaced");
    let container = lab.inspect(SERVICE).await.expect("there");
    assert_eq!(container["HostConfig"]["ExtraHosts"], serde_json::json!([]));

    let unchanged = lab.up().await.expect("is up");
    assert_eq!(unchanged.steps, Vec::<String>::new());
    let told = |event: &Event| matches!(event, Event::Note { message } if message.contains("--force-recreate"));
    assert!(lab.events.lock().expect("not poisoned").iter().any(told));
}

const WITH_DEPENDENCIES: &str = "
services:
  job:
    build: .
    command: [guest_completes]
  db:
    build: .
    stop_signal: SIGKILL
    healthcheck: {test: [CMD, /guest, --list], interval: 1s, retries: 3}
  ollama-functions:
    build: .
    stop_signal: SIGKILL
    depends_on:
      job: {condition: service_completed_successfully}
      db: {condition: service_healthy}
";

#[tokio::test]
async fn dependencies_come_first_and_down_takes_only_what_up_made() {
    let Some(lab) = Lab::new(WITH_DEPENDENCIES).await else {
        return;
    };
    let up = lab.up().await.expect("comes up");
    let names = |services: &[&str]| {
        services
            .iter()
            .map(|service| format!("{}-{service}-1", lab.name))
            .collect::<Vec<_>>()
    };
    assert_eq!(up.created.started, names(&["db", "job", SERVICE]));
    let db = lab.inspect("db").await.expect("there");
    assert_eq!(db["State"]["Health"]["Status"], "healthy");
    assert_eq!(
        lab.inspect("job").await.expect("there")["State"]["ExitCode"],
        0
    );
    let job = format!("{}-job-1", lab.name);
    let again = [
        format!("start container {job}: it is exited"),
        format!("wait for job to complete: {SERVICE} needs it"),
    ];
    assert_eq!(lab.up().await.expect("is up").steps, again);

    let down = lab.down().await.expect("goes down");
    assert_eq!(down.containers, names(&[SERVICE]));
    assert_eq!(down.kept, [format!("{}_default", lab.name)]);
    let again = lab.up().await.expect("comes up");
    assert_eq!(again.created.containers, names(&[SERVICE]));
    // Only the gateway is the second command's; the job was run again for it.
    let options = DownOptions {
        stop_timeout: Some(0),
        ..DownOptions::default()
    };
    let ledger = lab.ledger();
    ledger.add(&again.created).expect("written");
    let down = lab.down_all(&ledger, &options).await.expect("goes down");
    assert_eq!(down.containers, names(&[SERVICE]));
    assert!(
        lab.inspect("db").await.expect("there")["State"]["Running"]
            .as_bool()
            .expect("a state")
    );
    ledger.add(&up.created).expect("written");
    let down = lab.down_all(&ledger, &options).await.expect("goes down");
    assert_eq!(
        (down.containers, down.networks.len()),
        (names(&["job", "db"]), 1)
    );
}

#[tokio::test]
async fn a_dependency_that_fails_stops_the_gateway_with_its_last_words() {
    let compose = WITH_DEPENDENCIES.replace("guest_completes", "guest_fails");
    let Some(lab) = Lab::new(&compose).await else {
        return;
    };
    let error = lab.up().await.expect_err("a dependency fails");
    assert_eq!(error.kind, Kind::Failed);
    assert!(
        error.message.starts_with("service job (container")
            && error.message.contains("exit code 3"),
        "{error}"
    );
    assert!(
        whole(&error).contains("cannot find the model"),
        "{}",
        whole(&error)
    );
    assert_eq!(
        lab.inspect(SERVICE).await.expect("there")["State"]["Status"],
        "created"
    );
}

#[tokio::test]
async fn a_dependency_that_is_unhealthy_is_an_error_with_the_check_that_failed() {
    let compose =
        WITH_DEPENDENCIES.replace("[CMD, /guest, --list]", "[CMD, /guest, --no-such-flag]");
    let Some(lab) = Lab::new(&compose).await else {
        return;
    };
    let error = lab.up().await.expect_err("a dependency is unhealthy");
    assert_eq!(error.kind, Kind::Failed);
    assert!(
        error.message.contains("service db") && error.message.contains("unhealthy"),
        "{error}"
    );
    assert!(whole(&error).contains("no-such-flag"), "{}", whole(&error));
}

#[tokio::test]
async fn a_gateway_that_ends_at_once_is_an_error_with_its_last_words() {
    let compose = ALONE.replace(
        "stop_signal",
        "command: [guest_fails]\n    restart: always\n    stop_signal",
    );
    let Some(lab) = Lab::new(&compose).await else {
        return;
    };
    let error = lab.up().await.expect_err("it ends");
    assert_eq!(error.kind, Kind::Failed);
    assert!(error.message.contains("exit code 3"), "{error}");
    assert!(
        whole(&error).contains("cannot find the model"),
        "{}",
        whole(&error)
    );
}

#[tokio::test]
async fn a_failing_build_names_its_step_and_the_old_gateway_runs_on() {
    for buildkit in ["0", "1"] {
        let Some(mut lab) = Lab::new(ALONE).await else {
            return;
        };
        lab.set("DOCKER_BUILDKIT", buildkit);
        let first = lab.up().await.expect("comes up");
        lab.dockerfile("COPY absent /x\n");
        let (events, step) = lab.step();
        let project = lab.project();
        let restarted = gateway::restart(
            &lab.engine,
            &target(&project),
            &UpOptions::default(),
            &step,
            &events,
        )
        .await;
        let error = restarted.expect_err("the build fails");
        assert_eq!(error.kind, Kind::Failed);
        assert!(
            error.message.contains("COPY absent /x"),
            "{}",
            whole(&error)
        );
        let state = gateway::status(&lab.engine, &target(&project))
            .await
            .expect("a status");
        assert_eq!(
            (state.id.as_str(), state.is_running()),
            (first.state.id.as_str(), true)
        );
    }
}

#[tokio::test]
async fn both_builders_leave_ignored_files_out() {
    for buildkit in ["0", "1"] {
        let Some(mut lab) = Lab::new(ALONE).await else {
            return;
        };
        lab.set("DOCKER_BUILDKIT", buildkit);
        lab.dockerfile("COPY *.txt /context/\n");
        lab.file(".dockerignore", "*.txt\n!kept.txt\n");
        lab.file("kept.txt", "");
        lab.file("secret.txt", "");
        lab.up().await.expect("comes up");
        printed(&lab, "context=[\"kept.txt\"]").await;
        assert!(
            lab.output().contains("COPY *.txt /context/"),
            "{}",
            lab.output()
        );
    }
}

/// A web server whose every answer is this archive, until the test is over.
fn serve(archive: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("accepted");
            let _ = client.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-tar\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                archive.len()
            );
            let _ = client.write_all(head.as_bytes());
            let _ = client.write_all(&archive);
        }
    });
    address
}

#[tokio::test]
async fn the_engine_fetches_a_context_that_is_a_url() {
    for buildkit in ["0", "1"] {
        let Some(mut lab) = Lab::new("").await else {
            return;
        };
        lab.dockerfile("COPY *.txt /context/\n");
        lab.file("fetched.txt", "");
        let mut archive = tar::Builder::new(Vec::new());
        for name in ["Dockerfile", "fetched.txt"] {
            let path = lab.path().join(name);
            archive.append_path_with_name(path, name).expect("packed");
        }
        let address = serve(archive.into_inner().expect("packed"));
        // Nothing of it is here.
        for name in ["Dockerfile", "fetched.txt"] {
            std::fs::remove_file(lab.path().join(name)).expect("removed");
        }
        lab.file(
            "docker-compose.yml",
            &format!("services: {{{SERVICE}: {{build: 'http://{address}/context.tar'}}}}"),
        );
        lab.set("DOCKER_BUILDKIT", buildkit);
        lab.up().await.expect("comes up");
        printed(&lab, "context=[\"fetched.txt\"]").await;
    }
}

#[tokio::test]
async fn restart_replaces_what_changed_and_restarts_what_did_not() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    let first = lab.up().await.expect("comes up");
    let project = lab.project();
    let (events, step) = lab.step();
    let options = UpOptions::default();
    let same = gateway::restart(&lab.engine, &target(&project), &options, &step, &events)
        .await
        .expect("restarts");
    assert_eq!(same.state.id, first.state.id);
    assert_ne!(same.state.started_at, first.state.started_at);
    lab.dockerfile("ENV MORE=1\n");
    let changed = gateway::restart(&lab.engine, &target(&project), &options, &step, &events)
        .await
        .expect("restarts");
    assert_ne!(changed.state.id, first.state.id);
    assert!(
        changed
            .steps
            .iter()
            .any(|step| step.ends_with("its image changed")),
        "{:?}",
        changed.steps
    );
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_owner_and_nothing_is_left() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = taken.local_addr().expect("an address").port();
    let compose = ALONE.replace("127.0.0.1::8000", &format!("127.0.0.1:{port}:8000"));
    let Some(lab) = Lab::new(&compose).await else {
        return;
    };
    let error = lab.up().await.expect_err("the port is taken");
    assert_eq!(error.kind, Kind::Conflict);
    // This very program.
    let owner = format!("(pid {}", std::process::id());
    assert!(
        error
            .message
            .starts_with(&format!("port {port} is taken by "))
            && error.message.contains(&owner),
        "{error}"
    );
    assert!(lab.inspect(SERVICE).await.is_none());

    drop(taken);
    lab.up().await.expect("comes up");
    let Some(other) = Lab::new(&compose).await else {
        return;
    };
    let error = other.up().await.expect_err("the port is taken");
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(
        error.message,
        format!("port {port} is taken by container {}-{SERVICE}-1", lab.name)
    );
    assert!(other.inspect(SERVICE).await.is_none());
}

#[tokio::test]
async fn a_gateway_whose_new_port_is_taken_runs_on() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = taken.local_addr().expect("an address").port();
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    let first = lab.up().await.expect("comes up");
    let held = first.state.published[0].address;
    let published = |port: u16| ALONE.replace("1::8000", &format!("1:{port}:8000"));
    let other = Lab::new(ALONE).await.expect("asked for");
    let theirs = other.up().await.expect("comes up").state;
    let by_container = theirs.published[0].address.port();
    for (port, owner) in [
        (port, format!("(pid {}", std::process::id())),
        (by_container, format!("container {}", theirs.container)),
    ] {
        lab.file("docker-compose.yml", &published(port));
        let project = lab.project();
        let options = UpOptions::default();
        let planned = gateway::plan_up(&lab.engine, &target(&project), &options).await;
        let done = lab.up().await;
        for error in [
            planned.expect_err("the port is taken"),
            done.expect_err("the port is taken"),
        ] {
            assert_eq!(error.kind, Kind::Conflict);
            let says = format!("port {port} is taken by ");
            assert!(error.message.starts_with(&says), "{error}");
            assert!(error.message.contains(&owner), "{error}");
        }
    }
    // It is the one that was there, and it serves.
    let there = lab.inspect(SERVICE).await.expect("there");
    assert_eq!(there["Id"], first.state.id.as_str());
    assert_eq!(ask(held), "one");

    // A port that it has itself is free for its successor.
    lab.file("docker-compose.yml", &published(held.port()));
    let replaced = lab.up().await.expect("is replaced");
    assert_eq!(replaced.state.published[0].address, held);
    assert_ne!(replaced.state.id, first.state.id);
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_a_conflict() {
    let named = |name: &str| {
        ALONE.replace(
            "stop_signal",
            &format!("container_name: {name}\n    stop_signal"),
        )
    };
    let name = format!("octl-{}-named", std::process::id());
    let Some(lab) = Lab::new(&named(&name)).await else {
        return;
    };
    let Some(other) = Lab::new(&named(&name)).await else {
        return;
    };
    lab.up().await.expect("comes up");
    let error = other.up().await.expect_err("the name is taken");
    assert_eq!(error.kind, Kind::Conflict);
    assert!(
        whole(&error).contains(&format!("docker inspect {name}")),
        "{}",
        whole(&error)
    );
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_is_named_with_the_registrys_words() {
    let compose = "services: {ollama-functions: {image: 'localhost:1/nobody/nothing:7'}}";
    let Some(lab) = Lab::new(compose).await else {
        return;
    };
    let error = lab.up().await.expect_err("there is no registry");
    assert_eq!(error.kind, Kind::Failed);
    assert!(
        error
            .message
            .starts_with("image localhost:1/nobody/nothing:7 cannot be pulled: "),
        "{error}"
    );
    assert!(
        lab.engine
            .networks_named(&format!("{}_default", lab.name))
            .await
            .expect("answers")
            .is_empty()
    );
}

#[tokio::test]
async fn an_image_that_is_always_pulled_and_can_be_built_is_built_and_kept() {
    let image = format!("localhost:1/octl-{}/gateway:1", std::process::id());
    let compose = format!(
        "services: {{ollama-functions: {{image: '{image}', build: ., pull_policy: always}}}}"
    );
    let Some(lab) = Lab::new(&compose).await else {
        return;
    };
    let first = lab.up().await.expect("built");
    let pulled_or_built = format!("pull or build image {image}: it is missing");
    assert!(first.steps.contains(&pulled_or_built), "{:?}", first.steps);
    let again = lab.up().await.expect("kept");
    let kept = "or keep the one that is there: its pull_policy says so";
    assert!(
        again.steps.len() == 1 && again.steps[0].ends_with(kept),
        "{:?}",
        again.steps
    );
    base::remove_image(&image).expect("removed");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_before_anything_is_made() {
    for (lines, key) in [
        (
            "{scale: 2, ports: ['127.0.0.1:9104:8000']}",
            "port 9104 of this machine",
        ),
        (
            "{volumes: [{type: image, source: a, target: /b}]}",
            "volumes[0].type",
        ),
    ] {
        let compose = format!(
            "x-more: &more {lines}\nservices:\n  {SERVICE}:\n    build: .\n    <<: *more\n"
        );
        let Some(lab) = Lab::new(&compose).await else {
            return;
        };
        let error = lab.up().await.expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains(key), "{error}");
        assert_eq!(lab.output(), "");
        assert!(lab.inspect(SERVICE).await.is_none());
    }
}

#[tokio::test]
async fn a_build_without_its_folder_or_dockerfile_is_refused_before_anything_is_made() {
    for (build, missing) in [
        ("./nodir", "nodir does not exist"),
        (
            "{context: ., dockerfile: no.Dockerfile}",
            "no.Dockerfile cannot be read",
        ),
    ] {
        let compose = format!("services: {{{SERVICE}: {{build: {build}}}}}");
        let Some(lab) = Lab::new(&compose).await else {
            return;
        };
        let project = lab.project();
        let (engine, target, options) = (&lab.engine, target(&project), UpOptions::default());
        let planned = gateway::plan_up(engine, &target, &options).await;
        let (_, step) = lab.step();
        for error in [
            planned.expect_err("refused"),
            gateway::prepare_images(engine, &target, &options, &step)
                .await
                .expect_err("refused"),
            lab.up().await.expect_err("refused"),
        ] {
            assert_eq!(error.kind, Kind::Usage);
            let place = format!("docker-compose.yml: services.{SERVICE}.build: ");
            for says in [place.as_str(), missing, "correct build."] {
                assert!(whole(&error).contains(says), "{}", whole(&error));
            }
        }
        let network = format!("{}_default", lab.name);
        let networks = lab.engine.networks_named(&network).await;
        assert!(networks.expect("answers").is_empty());
    }
}

#[tokio::test]
async fn a_service_is_scaled_up_and_down() {
    let scaled = |to: u32| {
        format!("services: {{{SERVICE}: {{build: ., scale: {to}, ports: ['127.0.0.1::8000']}}}}")
    };
    let Some(lab) = Lab::new(&scaled(2)).await else {
        return;
    };
    let name = |number: u32| format!("{}-{SERVICE}-{number}", lab.name);
    let numbers = async || {
        let mut found = Vec::new();
        for number in 1..=4 {
            let container = lab.engine.container(&name(number)).await.expect("answers");
            let Some(container) = container else { continue };
            let running = container.state.and_then(|state| state.running);
            assert_eq!(running, Some(true), "{}", name(number));
            let labels = container.config.and_then(|config| config.labels);
            let label = "com.docker.compose.container-number";
            assert_eq!(labels.expect("labels")[label], number.to_string());
            found.push(number);
        }
        found
    };
    let up = lab.up().await.expect("comes up");
    assert_eq!(up.created.containers, [name(1), name(2)]);
    assert_eq!(up.state.container, name(1));
    assert!(!lab.up().await.expect("stays up").changed);
    for (to, there) in [(3, vec![1, 2, 3]), (1, vec![1]), (0, vec![])] {
        lab.file("docker-compose.yml", &scaled(to));
        lab.up().await.expect("comes up");
        assert_eq!(numbers().await, there, "scaled to {to}");
    }
    lab.file("docker-compose.yml", &scaled(2));
    lab.up().await.expect("comes up");
    let down = lab.down().await.expect("goes down");
    assert_eq!(down.containers, [name(1), name(2)]);
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    let project = lab.project();
    let options = UpOptions {
        build: Build::All,
        ..UpOptions::default()
    };
    let plan = gateway::plan_up(&lab.engine, &target(&project), &options)
        .await
        .expect("a plan");
    let name = &lab.name;
    assert_eq!(
        plan.to_string(),
        format!(
            "build image {name}-{SERVICE}: asked to\n\
         create network {name}_default: it is missing\n\
         create volume {name}_data: it is missing\n\
         create container {name}-{SERVICE}-1: there is none\n\
         start container {name}-{SERVICE}-1: it is new\n"
        )
    );
    assert!(lab.inspect(SERVICE).await.is_none());
}

#[tokio::test]
async fn the_last_lines_of_the_log_are_read() {
    let Some(lab) = Lab::new(ALONE).await else {
        return;
    };
    lab.up().await.expect("comes up");
    printed(&lab, "ready").await;
    let project = lab.project();
    let query = LogQuery {
        tail: Some(1),
        timestamps: true,
        ..LogQuery::default()
    };
    let sources = Sources::find(&lab.engine, &target(&project), &[]).await;
    let sources = sources.expect("a container");
    let lines = RefCell::new(Vec::new());
    let keep = |said: gateway::Said| {
        lines.borrow_mut().push(said.line.text);
        Ok(true)
    };
    gateway::logs(&lab.engine, &project, &sources, query, keep, drop)
        .await
        .expect("a log");
    let lines = lines.into_inner();
    assert_eq!(lines.len(), 1);
    let (time, text) = lines[0].split_once(' ').expect("a time and a text");
    assert_eq!(text, "ready");
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
}
