//! Wrong inputs: what is named, the exit code, and that nothing is left.

use crate::stack::{SERVICE, Stack};
use crate::support::Output;
use crate::support::http::stranger;

/// Runs both commands that read the compose file; both must fail like this and change nothing.
#[track_caller]
fn refused(stack: &Stack, code: i32, says: &[&str]) {
    for command in ["gateway up", "up"] {
        let check = |output: Output| output.code(code).says(says.iter().copied());
        check(stack.run(command)).says(["error:"]);
        stack.assert_nothing_left();
    }
}

#[test]
fn bad_yaml_is_named_with_file_line_and_column() {
    let Some(stack) = Stack::alone() else { return };
    let file = stack.sandbox.write(
        "docker-compose.yml",
        "services:\n  ollama-functions:\n    image: x\n    ports: [\n",
    );
    let place = format!("{}:5:1:", file.display());
    refused(&stack, 2, &[&place]);
}

#[test]
fn an_unknown_service_gets_a_suggestion() {
    let Some(stack) = Stack::alone() else { return };
    for command in ["gateway up", "up"] {
        stack
            .run(&format!("{command} --service ollama-function"))
            .code(2)
            .says(["`ollama-function`", "did you mean `ollama-functions`?"]);
        stack.assert_nothing_left();
    }
}

#[test]
fn an_unsupported_key_is_named() {
    let Some(stack) = Stack::alone() else { return };
    stack.write_compose(|compose| {
        compose.replace("    ports:", "    frobnicate: {a: 1}\n    ports:")
    });
    let key = format!("services.{SERVICE}.frobnicate");
    stack
        .run("gateway up")
        .code(2)
        .says([key.as_str(), "hint:"]);
    stack.assert_nothing_left();
    stack.run("up").code(2).says([key.as_str(), "hint:"]);
    stack.run("down").code(0);
    stack.assert_nothing_left();
}

#[test]
fn a_build_that_cannot_be_made_is_refused_before_anything_is_made() {
    let Some(mut stack) = Stack::alone() else {
        return;
    };
    let service = format!("services.{SERVICE}.build");
    let build = |stack: &Stack, keys: &str| {
        stack.write_compose(|compose| {
            let context = "context: ./ollama-functions\n";
            let keys = keys.replace('\n', "\n      ");
            let keys = if keys.starts_with("context:") {
                format!("{keys}\n")
            } else {
                format!("{context}      {keys}\n")
            };
            let secrets = "secrets: {token: {file: ./absent}, here: {file: ./docker-compose.yml}}";
            format!("{}{secrets}\n", compose.replace(context, &keys))
        });
    };
    let url = "context: 'https://example.test/a.git'";
    let inline = format!("{url}\ndockerfile_inline: FROM scratch");
    let secret = format!("{url}\nsecrets: [here]");
    for (keys, says) in [
        ("ulimits: {nofile: 10}", ".ulimits is not supported"),
        ("ssh: [deploy=/k]", ".ssh: \"deploy=/k\" is not supported"),
        (
            "cache_to: ['type=local,dest=/x']",
            ".cache_to: \"type=local,dest=/x\" is not supported",
        ),
        ("additional_contexts: {a: ./a}", ".additional_contexts: "),
        (
            "secrets: [token]",
            "the secret \"token\" cannot be read from ",
        ),
        ("secrets: [nobody]", ".secrets: `nobody` is not defined"),
        (
            "secrets: [here]\nnetwork: host",
            ".build: network: \"host\"",
        ),
        ("ssh: [default]", "SSH_AUTH_SOCK is not set"),
        (
            "context: git@example.test:a/b",
            ".context: \"git@example.test:a/b\"",
        ),
        (
            &inline,
            "`dockerfile_inline` is not supported by ollamactl beside a context",
        ),
        (
            &secret,
            "`secrets` is not supported by ollamactl beside a context",
        ),
    ] {
        build(&stack, keys);
        for command in ["gateway up", "gateway build"] {
            stack.run(command).code(2).says([service.as_str(), says]);
            stack.assert_nothing_left();
        }
    }
    stack.sandbox.set("DOCKER_BUILDKIT", "0");
    build(&stack, "secrets: [here]");
    let says = [service.as_str(), "`secrets` is for BuildKit"];
    stack.run("gateway up").code(2).says(says);
    stack.assert_nothing_left();
}

#[test]
fn an_absent_engine_is_named() {
    let Some(mut stack) = Stack::alone() else {
        return;
    };
    let endpoint = format!("unix://{}", stack.sandbox.path("nobody.sock").display());
    stack.sandbox.set("DOCKER_HOST", &endpoint);
    refused(&stack, 6, &[&endpoint, "DOCKER_HOST", "hint:"]);
    stack.run("logs gateway").code(6).says([endpoint.as_str()]);
}

#[test]
fn an_image_that_cannot_be_pulled_shows_the_registrys_words() {
    let Some(stack) = Stack::alone() else { return };
    // The engine takes a registry on loopback without TLS.
    stranger(stack.published);
    let image = format!("{}/none/such", stack.published);
    stack.sandbox.write(
        "docker-compose.yml",
        &format!(
            "name: {}\nservices:\n  {SERVICE}:\n    image: {image}\n",
            stack.name
        ),
    );
    let pull = stack.run("gateway up").code(1);
    let pull = pull.says([image.as_str(), "nope", "hint:"]);
    assert!(!pull.stderr.contains("no login"), "{pull}");
    stack.run("up").code(1).says([image.as_str(), "nope"]);
    // Logins that cannot be looked up are told of: they may be what lacks.
    let home = stack.sandbox.path("home");
    for (config, trouble) in [
        (r#"{"credsStore": "absent"}"#, "cannot be run"),
        ("{", "is not valid"),
    ] {
        std::fs::create_dir_all(home.join(".docker")).expect("made");
        std::fs::write(home.join(".docker/config.json"), config).expect("written");
        stack.run("gateway up").says(["config.json", trouble]);
    }
    std::fs::remove_file(home.join(".docker/config.json")).expect("removed");
    let nothing: [&str; 0] = [];
    assert_eq!(stack.docker.containers(&stack.name), nothing);
    assert_eq!(stack.docker.networks(&stack.name), nothing);
    stack.run("down").code(0);
    assert_eq!(stack.sandbox.processes(), []);
}
