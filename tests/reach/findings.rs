//! What `doctor` finds from inside the gateway's network, one fault at a time.

use serde_json::Value;

use crate::machine::{Machine, PROJECT};

/// The line of the compose file that tells the gateway where Ollama is.
const HOST: &str = "OLLAMA_HOST: http://host.docker.internal:@backend@";

#[test]
fn each_fault_is_told_from_the_others() {
    let Some(machine) = Machine::with_engine() else {
        return;
    };
    machine.run("doctor --json").code(0);
    let early = machine.doctor("reach");
    assert_eq!(early["verdict"], "warn", "{early}");
    assert!(text(&early, "why").contains("not made yet"), "{early}");
    machine.run("up").code(0);
    settings_of_the_service(&machine);
    who_is_let_in(&machine);
    who_wants_to_know_who_asks(&machine);
    without_a_relay(&machine);
    by_ollamas_own_guard(&machine);
    machine.write_compose(|compose| compose);
    machine.run("down").code(0);
}

fn text(check: &Value, key: &str) -> String {
    check[key].as_str().unwrap_or_default().to_owned()
}

/// The check with this in place of the gateway's setting.
#[track_caller]
fn with(machine: &Machine, setting: &str) -> Value {
    machine.write_compose(|compose| compose.replace(HOST, setting));
    machine.doctor("reach")
}

#[track_caller]
fn assert_fails(check: &Value, why: &str, mend: &str) {
    assert_eq!(check["verdict"], "fail", "{check}");
    assert!(text(check, "why").contains(why), "{why} in {check}");
    assert!(text(check, "mend").contains(mend), "{mend} in {check}");
}

fn settings_of_the_service(machine: &Machine) {
    let port = machine.sandbox.backend.port();
    let at = |rest: &str| format!("OLLAMA_URL: http://host.docker.internal:{port}{rest}");
    for fine in ["", "/", "/v1", "/api/generate", "/v1/chat/completions"] {
        let check = with(machine, &at(fine));
        assert_eq!(check["verdict"], "ok", "{fine}: {check}");
    }
    let right = format!("http://host.docker.internal:{port}");
    assert_fails(
        &with(machine, &at("/api/generat")),
        "no /api/generat",
        &right,
    );
    assert_fails(&with(machine, &at("/ollama/v1")), "no /ollama/v1", &right);
    let check = with(machine, "OLLAMA_URL: http://no-such-host.invalid:1");
    assert_fails(&check, "no-such-host.invalid does not resolve", &right);
    let check = with(machine, "OLLAMA_URL: http://host.docker.internal:9");
    assert_fails(&check, "nothing listens there", &right);
    assert_fails(&with(machine, "OLLAMA_URL: ftp://x"), "no address", &right);
    machine.write_compose(|compose| compose.replace("${OLLAMA_MODEL:-llama3:8b}", "other:1b"));
    assert_fails(
        &machine.doctor("reach"),
        "has no other:1b, only: tiny",
        "ollamactl pull-model other:1b",
    );
    // A password in the address goes nowhere.
    machine.write_compose(|compose| {
        compose.replace(
            HOST,
            &at("/v1?key=sesame").replace("http://", "http://me:sesame@"),
        )
    });
    let output = machine.run("doctor --json");
    assert!(
        !output.stdout.contains("sesame") && !output.stderr.contains("sesame"),
        "{output}"
    );
    machine.write_compose(|compose| compose);
}

/// `relay.allow` narrows the list of networks.
fn who_is_let_in(machine: &Machine) {
    let allow = |list: &str| {
        machine
            .sandbox
            .write("ollamactl.yaml", &format!("relay:\n  allow: [{list}]\n"));
        machine.stop_backend();
        machine.run("serve --background").code(0);
        machine.relay("listening");
        machine.doctor("reach")
    };
    let check = allow("bridge");
    assert_fails(&check, "the relay does not let", "relay.allow");
    assert_eq!(allow(&format!("{PROJECT}_default"))["verdict"], "ok");
    assert_eq!(allow("172.16.0.0/12")["verdict"], "ok");
    std::fs::remove_file(machine.sandbox.work().join("ollamactl.yaml")).expect("removed");
}

/// Something asks for credentials: where the service is to ask, or elsewhere.
fn who_wants_to_know_who_asks(machine: &Machine) {
    let key = "1".repeat(40);
    let program = machine.sandbox.bin().join("ollamactl");
    let program = program.display();
    let guarded = machine.start(
        "/usr/bin/env",
        &format!("OLLAMACTL_GATEWAY_KEY={key} {program} gateway run --listen 172.17.0.1:9105"),
    );
    crate::support::until_true("the gateway listens", || {
        machine.get("http://172.17.0.1:9105/healthz", &[]).status == 200
    });
    let check = with(machine, "OLLAMA_URL: http://host.docker.internal:9105/v1");
    assert_eq!(check["verdict"], "warn", "{check}");
    assert!(
        text(&check, "why").contains("whether the service has them is not known"),
        "{check}"
    );
    with(machine, "OLLAMA_URL: http://host.docker.internal:9105");
    let checks = machine.run("doctor --json --host 172.17.0.1:9105").json();
    let mut all = checks.as_array().expect("a list").iter();
    let reach = all.find(|check| check["name"] == "reach").expect("a check");
    assert_fails(
        reach,
        "it asks for credentials: HTTP 401",
        "name one in OLLAMA_HOST that asks for none",
    );
    drop(guarded);
    machine.write_compose(|compose| compose);
}

fn without_a_relay(machine: &Machine) {
    machine.stop_backend();
    machine.run("serve --background --bind loopback").code(0);
    let check = machine.doctor("reach");
    assert_fails(&check, "nothing listens there", "serve --background");
    machine.stop_backend();
    // One that runs already, on the other loopback address, gets a relay too.
    let backend = format!("[::1]:{}", machine.sandbox.backend.port());
    let script = format!(
        "OLLAMA_HOST={backend} exec /usr/bin/nsenter {} -- {}/ollama serve",
        machine.namespace(),
        machine.sandbox.bin().display()
    );
    let own = machine.sandbox.start("/bin/sh", ["-c", &script]);
    let host = format!("--host {backend}");
    crate::support::until_true("the other Ollama answers", || {
        machine
            .run(&format!("health backend --level live {host}"))
            .status
            == 0
    });
    machine.run(&format!("pull-model {host}")).code(0);
    machine
        .run(&format!("serve --background {host}"))
        .code(0)
        .says(["adopted", "relay on 172.17.0.1"]);
    let output = machine.run(&format!("doctor --json {host}"));
    let checks = output.json();
    let mut all = checks.as_array().expect("a list").iter();
    let reach = all.find(|check| check["name"] == "reach").expect("a check");
    assert_eq!(reach["verdict"], "ok", "{output}");
    machine.stop_backend();
    drop(own);
    machine.run("serve --background").code(0);
    machine.relay("listening");
}

/// A service in the machine's own network reaches the backend itself, whose guard knows no public name.
fn by_ollamas_own_guard(machine: &Machine) {
    machine.run("gateway down").code(0);
    let port = machine.sandbox.backend.port();
    machine.write_compose(|compose| {
        let own = "network_mode: host\n    extra_hosts: [\"ollama.example:127.0.0.1\"]";
        compose
            .replace("ports: [\"127.0.0.1:@published@:8000\"]", own)
            .replace(HOST, &format!("OLLAMA_URL: http://ollama.example:{port}"))
    });
    let check = machine.doctor("reach");
    assert_fails(
        &check,
        "own guard refuses the name ollama.example",
        "host.docker.internal",
    );
}
