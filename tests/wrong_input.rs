//! Wrong inputs: each is told what is wrong, where, and what to do next, with its exit code, and leaves
//! nothing behind.
#![cfg(target_os = "linux")]

mod support;

use support::Sandbox;
use support::http::stranger;

const COMPOSE: &str = "services:\n  ollama-functions:\n    image: nothing\n";

#[test]
fn a_compose_file_that_is_not_there() {
    let sandbox = Sandbox::new();
    for args in [
        &["up", "-f", "nope.yml"][..],
        &["gateway", "up", "-f", "nope.yml"],
        &["status", "-f", "nope.yml"],
    ] {
        sandbox.run(args).code(2).says(["nope.yml", "hint"]);
        sandbox.assert_nothing_left();
    }
    sandbox
        .run(["gateway", "up", "--gateway", "compose"])
        .code(2)
        .says(["no compose file", "-f PATH"]);
    sandbox.assert_nothing_left();
}

#[test]
fn status_shows_the_rest_where_a_file_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.write("docker-compose.yml", "services: [\n");
    sandbox
        .run(["status"])
        .code(2)
        .prints(["running", "gateway   unknown", "docker-compose.yml:"]);
    std::fs::remove_file(sandbox.work().join("docker-compose.yml")).expect("removed");
    let record = sandbox.backend_file("json");
    let text = std::fs::read(&record).expect("recorded");
    std::fs::write(&record, "{").expect("written");
    let shown = sandbox.run(["status"]).code(4);
    assert!(!shown.stdout.contains("reachable from"), "{shown}");
    shown.prints(["backend   unknown", "cannot be understood", "embedded"]);
    sandbox.write("docker-compose.yml", "services: [\n");
    sandbox
        .run(["down"])
        .code(4)
        .says(["warning", "docker-compose.yml:", "cannot be understood"]);
    std::fs::remove_file(sandbox.work().join("docker-compose.yml")).expect("removed");
    std::fs::write(&record, text).expect("written");
    sandbox.run(["down"]).code(0);
}

#[test]
fn an_address_that_does_not_resolve_keeps_nobody_from_looking_or_ending() {
    let mut sandbox = Sandbox::new();
    sandbox.set("OLLAMA_HOST", "no-such-host.invalid:11434");
    sandbox.run(["status"]).code(0).prints(["embedded"]);
    sandbox.run(["down"]).code(0);
    let asked = ["no-such-host.invalid", "hint"];
    let health = sandbox.run(["health"]).code(3).says(asked);
    assert!(!health.stderr.contains("serve --background"), "{health}");
    sandbox.run(["up"]).code(3).says(asked);
    sandbox.assert_nothing_left();
}

#[test]
fn a_host_that_cannot_be_one_is_no_name_either() {
    let sandbox = Sandbox::new().with("OLLAMA_HOST", "two words:11434");
    let status = sandbox.run(["status"]);
    let says = ["no address", "two words", "does not resolve"];
    status.prints(says);
}

#[test]
fn a_port_that_is_none_is_told_with_the_one_that_is_taken() {
    let sandbox = Sandbox::new().with("OLLAMA_HOST", "127.0.0.1:999999");
    let told = "warning: environment OLLAMA_HOST: \"999999\" is not a port";
    for args in [&["status"][..], &["status", "--json"], &["config", "show"]] {
        let shown = sandbox.run(args).code(0).says([told, "127.0.0.1:11434"]);
        assert_eq!(shown.stderr.matches("999999").count(), 1, "{shown}");
        assert!(!shown.stdout.contains("warning"), "{shown}");
    }
    let quiet = sandbox.run(["status", "--quiet"]).code(0);
    assert_eq!(quiet.stderr, "");
    sandbox.assert_nothing_left();
}

#[test]
fn yaml_that_is_bad_is_shown_by_file_line_and_column() {
    let sandbox = Sandbox::new();
    let cases = [
        ("services:\n  a:\n    image: [\n", "docker-compose.yml:"),
        (
            "services:\n  a: {image: x}\n  a: {image: y}\n",
            "docker-compose.yml:3:",
        ),
        ("services:\n\ta: 1\n", "docker-compose.yml:2:"),
    ];
    for (content, place) in cases {
        sandbox.write("docker-compose.yml", content);
        for command in ["up", "status"] {
            let output = sandbox.run([command]).code(2).says([place]);
            assert!(has_line_and_column(&output.stderr), "{output}");
            sandbox.assert_nothing_left();
        }
    }
}

/// `docker-compose.yml:3:5`.
fn has_line_and_column(text: &str) -> bool {
    text.split("docker-compose.yml:").skip(1).any(|rest| {
        let mut numbers = rest.splitn(3, ':');
        let line = numbers.next().is_some_and(|n| n.parse::<u32>().is_ok());
        line && numbers
            .next()
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    })
}

#[test]
fn a_compose_file_that_is_hostile_or_no_text_is_refused_at_once() {
    let level = |level: usize| {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("x-{level}: &a{level} [{items}]\n")
    };
    let levels: String = (1..9).map(level).collect();
    let bomb = format!(
        "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{levels}services: {{ollama-functions: {{image: x}}}}\n"
    );
    let huge = vec![b'#'; (4 << 20) + 1];
    for (bytes, says) in [
        (bomb.as_bytes(), "more than 100000 values"),
        (&huge, "is larger than 4 MiB"),
        (b"services: {a\0: {image: x}}\n", "contains a NUL byte"),
        (b"services:\n  a\xff: {image: x}\n", "is not UTF-8 (line 2)"),
    ] {
        let sandbox = Sandbox::new();
        let file = sandbox.work().join("compose.yaml");
        std::fs::write(&file, bytes).expect("written");
        let path = file.display().to_string();
        for command in ["config", "up"] {
            sandbox
                .run(["gateway", command])
                .code(2)
                .says([path.as_str(), says]);
        }
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_service_that_is_unknown_is_told_close_names() {
    let sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    for command in [&["up"][..], &["gateway", "up"], &["status"], &["health"]] {
        let args = [command, &["--service", "olama-functions"]].concat();
        let output = sandbox
            .run(args)
            .code(2)
            .says(["olama-functions", "ollama-functions"]);
        assert!(
            output.stderr.matches("ollama-functions").count() >= 1,
            "{output}"
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_service_without_a_compose_file_is_not_the_embedded_gateway() {
    let mut sandbox = Sandbox::new();
    let refused = |sandbox: &Sandbox, args: &[&str], source: &str| {
        let named = format!("no service api ({source})");
        let says = [
            "there is no compose file in",
            &named,
            "looked for compose.yaml",
            "-f PATH",
        ];
        sandbox.run(args).code(2).says(says);
        sandbox.assert_nothing_left();
    };
    for command in [&["up"][..], &["gateway", "up"], &["health"]] {
        let args = [command, &["--service", "api"]].concat();
        refused(&sandbox, &args, "--service");
    }
    sandbox.set("OLLAMACTL_SERVICE", "api");
    refused(
        &sandbox,
        &["gateway", "up"],
        "environment OLLAMACTL_SERVICE",
    );
    sandbox.unset("OLLAMACTL_SERVICE");
    let file = sandbox.write("ollamactl.yaml", "gateway: {service: api}\n");
    refused(&sandbox, &["gateway", "up"], &file.display().to_string());
    // Said to have none, it may well name the service that another machine's file has.
    let embedded = ["gateway", "up", "--gateway", "embedded", "--dry-run"];
    sandbox.run(embedded).code(0).prints(["embedded gateway"]);
    // As `init` writes it down for everybody.
    sandbox.write("ollamactl.yaml", "gateway: {service: ollama-functions}\n");
    let init = ["gateway", "up", "--dry-run"];
    sandbox.run(init).code(0).prints(["embedded gateway"]);
}

#[test]
fn a_variable_that_is_required_and_not_set() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "docker-compose.yml",
        "services:\n  ollama-functions:\n    image: ${IMAGE:?name an image}\n",
    );
    sandbox.run(["up"]).code(2).says(["IMAGE", "name an image"]);
    sandbox.assert_nothing_left();
}

#[test]
fn an_engine_that_is_not_there_is_named_by_its_endpoint() {
    let sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    for args in [
        &["gateway", "up"][..],
        &["gateway", "down"],
        &["gateway", "stop"],
        &["gateway", "build"],
        &["gateway", "ip"],
        &["logs", "gateway"],
    ] {
        sandbox.run(args).code(6).says(["no-engine.sock", "hint"]);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn without_an_engine_up_fails_and_leaves_nothing_half_made() {
    let sandbox = Sandbox::new();
    sandbox.write("docker-compose.yml", COMPOSE);
    sandbox.run(["up"]).code(6).says(["no-engine.sock", "hint"]);
    sandbox.assert_nothing_left();
}

#[test]
fn a_port_in_use_for_the_gateway_makes_up_fail() {
    let sandbox = Sandbox::new();
    stranger(sandbox.gateway);
    let address = sandbox.gateway.to_string();
    let pid = format!("pid {}", std::process::id());
    sandbox
        .run(["up"])
        .code(5)
        .says([address.as_str(), pid.as_str(), "hint"]);
    assert!(!sandbox.gateway_file("pid").exists() && !sandbox.gateway_file("lock").exists());
    sandbox.run(["down"]).code(0);
    assert_eq!(sandbox.processes(), []);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn a_model_that_is_unknown_makes_up_fail() {
    let sandbox = Sandbox::new();
    sandbox.run(["up", "--model", "nosuchmodel"]).code(1).says([
        "nosuchmodel",
        "file does not exist",
        "hint",
    ]);
    sandbox.run(["down"]).code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_model_name_of_compose_s_env_file_that_is_none() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("OLLAMA_MODEL");
    sandbox.write(".env", "OLLAMA_MODEL=bad name\n");
    sandbox
        .run(["config", "show"])
        .code(2)
        .says([".env: ", "bad name"]);
}

#[test]
fn a_model_name_that_is_none() {
    let sandbox = Sandbox::new();
    for command in ["up", "status", "health", "pull-model"] {
        sandbox
            .run([command, "--model", "../x"])
            .code(2)
            .says(["--model", "../x"]);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn a_variable_of_ours_that_is_no_text_does_not_pass_for_one_that_is_not_set() {
    let sandbox = Sandbox::new();
    sandbox
        .shell(r"OLLAMA_MODEL=$(printf 'a\377') ollamactl up")
        .code(2)
        .says(["OLLAMA_MODEL is not valid UTF-8: a", "unset OLLAMA_MODEL"]);
    sandbox
        .shell(r"SOMEBODYS=$(printf 'a\377') ollamactl status")
        .code(0);
    sandbox.assert_nothing_left();
}

#[test]
fn a_backend_elsewhere_is_not_started_here() {
    // An address of the range for documentation; port 9 of this host would do where it is routed.
    let sandbox = Sandbox::new().with("OLLAMA_HOST", "192.0.2.1:11434");
    sandbox
        .run(["serve", "--background"])
        .code(2)
        .says(["192.0.2.1:11434", "OLLAMA_HOST", "hint"]);
    sandbox.assert_nothing_left();
}

#[test]
fn arguments_that_make_no_sense() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["up", "--nonsense"])
        .code(2)
        .says(["--nonsense"]);
    sandbox
        .run(["logs", "everything"])
        .code(2)
        .says(["everything", "backend", "gateway"]);
    sandbox
        .run(["health", "--level", "perfect"])
        .code(2)
        .says(["perfect", "infer"]);
    sandbox
        .run(["kill", "--timeout", "soon"])
        .code(2)
        .says(["soon"]);
    // More seconds than a clock can count.
    let endless = "18446744073709551615";
    for args in [
        &["health", "--wait=18446744073709551615"][..],
        &["up", "--wait-timeout", endless],
        &["pull-model", "--stall-timeout", endless],
        &["serve", "--background", "--ready-timeout", endless],
    ] {
        sandbox.run(args).code(2).says([endless, "no duration"]);
    }
    // What only an engine keeps of a log is not left out in silence.
    for args in [
        &["logs", "backend", "--timestamps"][..],
        &["logs", "gateway", "--until", "1m", "--follow"],
        &["logs", "gateway", "some-service"],
    ] {
        sandbox.run(args).code(2).says(["logs of containers"]);
    }
    sandbox.assert_nothing_left();
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let mut sandbox = Sandbox::new();
    let file = sandbox.write("a-file", "");
    sandbox.set("XDG_STATE_HOME", file.to_str().expect("text"));
    let output = sandbox.run(["serve", "--background"]);
    assert!(matches!(output.status, 1 | 4), "{output}");
    output.says([file.to_str().expect("text")]);
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn a_state_folder_that_is_a_symbolic_link_is_refused() {
    let sandbox = Sandbox::new();
    let target = sandbox.path("elsewhere");
    std::fs::create_dir(&target).expect("created");
    std::os::unix::fs::symlink(&target, sandbox.state()).expect("linked");
    sandbox
        .run(["serve", "--background"])
        .code(4)
        .says([sandbox.state().to_str().expect("text"), "symbolic link"]);
    assert_eq!(sandbox.processes(), []);
    assert_eq!(std::fs::read_dir(&target).expect("there").count(), 0);
}
