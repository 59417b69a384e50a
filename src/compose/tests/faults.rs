//! What is refused, and where it stands.

use super::*;

#[test]
fn faults_show_file_line_column_and_key() {
    for (text, place, says) in [
        (
            "services:\n  a:\n    image: [x\n",
            ":4:1: ",
            "did not find expected",
        ),
        (
            "services:\n  a:\n    image: x\n    image: y\n",
            ":4:5: ",
            "`image` is set twice",
        ),
        (
            "services:\n  a:\n    image: x\n    ports:\n      - x:y\n",
            ":5:9: services.a.ports[0]: ",
            "is not a port",
        ),
        (
            "services:\n  a:\n    image: 3\n",
            ":3:5: services.a.image: ",
            "must be a string, not a number",
        ),
        (
            "services:\n  a:\n    image: ${X:?tell me}\n",
            ":3:5: services.a.image: ",
            "tell me",
        ),
        (
            "services:\n  a: {image: x, restart: sometimes}\n",
            ":2:17: services.a.restart: ",
            "unless-stopped",
        ),
        (
            "services:\n  a: {tty: true}\n",
            ":2:3: services.a: ",
            "neither an image nor a build",
        ),
        ("services:\n\ta: {}\n", ":2:1: ", "cannot start any token"),
        ("- x\n", ": ", "must be a mapping, not a list"),
        ("# nothing\n", ": ", "is empty"),
    ] {
        let folder = one(text);
        let error = folder.refusal();
        let start = format!("{}{place}", folder.path("compose.yaml"));
        assert!(error.message.starts_with(&start), "{error}");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn mistyped_keys_are_refused_where_they_stand() {
    for (text, says) in [
        (
            "servces: {a: {image: x}}",
            "servces: there is no such key; did you mean `services`?",
        ),
        (
            "services: {a: {image: x, prots: [80]}}",
            "services.a.prots: there is no such key; did you mean `ports`?",
        ),
        (
            "services: {a: {image: x}}\ntools: {}",
            "tools: a compose file has no such key",
        ),
    ] {
        let error = one(text).refusal();
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn unknown_keys_stop_only_the_services_that_use_them() {
    let text = "
services:
  a: {image: x, x-note: 1, depends_on: [b]}
  b: {image: y, healthcheck: {strange: x}}
  c: {image: z, credential_spec: {file: x}}
  d: {image: w, develop: {}, deploy: {mode: global}}
";
    let project = one(text).project();
    let refusal = |name| project.closure(name).expect_err("refused").message;
    assert!(refusal("a").contains("services.b.healthcheck.strange is not supported"));
    assert!(refusal("c").contains("services.c.credential_spec"));
    assert!(project.closure("d").is_ok());
    assert_eq!(project.warnings.len(), 2);
}

#[test]
fn references_must_be_defined() {
    for (service, says) in [
        (
            "networks: [lan]",
            "services.a.networks: `lan` is not defined",
        ),
        (
            "volumes: ['data:/data']",
            "services.a.volumes: `data` is not defined",
        ),
        (
            "secrets: [token]",
            "services.a.secrets: `token` is not defined",
        ),
    ] {
        let error = one(&format!("services: {{a: {{image: x, {service}}}}}")).refusal();
        assert!(error.message.contains(says), "{error}");
        // Of a service that is not enabled nobody asks before it is named.
        let text = format!("services: {{a: {{image: x, profiles: [p], {service}}}}}");
        let project = one(&text).project();
        let error = project.closure("a").expect_err("refused");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn faults_of_extends_are_clear() {
    let error = one("services: {a: {extends: b}, b: {extends: a}}").refusal();
    assert!(
        error.message.contains("services extend each other: a"),
        "{error}"
    );
    let error = one("services: {a: {extends: bb}, b1: {image: x}}").refusal();
    assert!(error.message.contains("no service `bb` in"), "{error}");
    assert_eq!(error.hints, ["did you mean `b1`?"]);
}

#[test]
fn an_include_that_conflicts_or_goes_round_is_a_fault() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "include: [b.yaml]\nservices: {a: {image: x}}",
        ),
        ("b.yaml", "services: {a: {image: y}}"),
    ]);
    assert!(
        folder
            .refusal()
            .message
            .contains("b.yaml defines services.a")
    );
    assert!(
        one("include: [compose.yaml]")
            .refusal()
            .message
            .contains("include each other")
    );
}
