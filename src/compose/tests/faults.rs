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
        (
            "services:\n  a:\n    image: x\n    secrets:\n      - source: token\n",
            ":5:17: services.a.secrets: ",
            "`token` is not defined",
        ),
        (
            "services:\n  a:\n    image: x\n    volumes:\n      - b/c:/c\n",
            ":5:9: services.a.volumes: ",
            "`b/c` is not defined",
        ),
    ] {
        let folder = one(text);
        let error = folder.refusal();
        let start = format!("{}{place}", folder.path("compose.yaml"));
        assert!(error.message.starts_with(&start), "{error}");
        assert!(error.message.contains(says), "{error}");
    }
}

/// A text, where and what is said of it, and the hint.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        "services:\n  a:\n    command: \"b\n    tty: true\n",
        ":3:14: ",
        "",
        "close the quote",
    ),
    (
        "services:\n  a:\n    command: a: b\n",
        ":3:15: ",
        "",
        "must stand in quotes",
    ),
    (
        "services:\n  a:\n    command: @b\n",
        ":3:14: ",
        "",
        "begins with @",
    ),
    (
        "services:\n  a:\n    command: *.b\n",
        ":3:15: ",
        "",
        "begins with *",
    ),
    (
        "services:\n  a:\n    command: *b\n",
        ":3:14: ",
        "",
        "define it above",
    ),
    (
        "services:\n  a:\n    command: !b c\n",
        ":3:14: ",
        "",
        "begins with !",
    ),
    (
        "services:\n  a:\n    image: {{ b }}\n",
        ":3:13: ",
        "",
        "begins with {",
    ),
    (
        "services:\n  a:\n    labels:\n      1: b\n",
        ":4:7: ",
        "",
        "put the key in quotes",
    ),
    (
        "services:\n  a:\n    labels:\n      - b=c\n      d: e\n",
        ":5:7: ",
        "",
        "cannot go on as a mapping",
    ),
    (
        "x: &a\n  y: *a\n",
        ":1:4: ",
        "recursion",
        "must not contain itself",
    ),
    (
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n",
        ":3:30: ",
        "a -> b -> a",
        "remove one",
    ),
    (
        "services:\n  a: {image: x, depends_on: {bb: {condition: service_started}}}\n  b1: {image: y}\n",
        ":2:30: ",
        "services.a.depends_on: no service `bb`",
        "did you mean `b1`?",
    ),
    (
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [p]}\n",
        ":2:30: ",
        "inactive profile `p`",
        "COMPOSE_PROFILES=p",
    ),
    (
        "services:\n  a:\n    image:b\n",
        ":2:3: ",
        "a space follows the colon",
        "",
    ),
    (
        "services:\na:\n  image: b\n",
        ":1:1: ",
        "is indented deeper",
        "",
    ),
    (
        "services:\n  a:\n    image: $NONE\n",
        ":3:5: ",
        "are its variables set?",
        "",
    ),
    (
        "services:\n  a: {}\n",
        ":2:3: ",
        "add `image:` or `build:`",
        "",
    ),
    (
        "services:\n  a: {image: x, stop_grace_period: 10}\n",
        ":2:17: ",
        "such as 10s, not a number",
        "",
    ),
];

/// The next step stands with each: in the message, or as a hint.
#[test]
fn frequent_mistakes_are_met_with_what_to_do() {
    for (text, place, says, hint) in MISTAKES {
        let folder = one(text);
        let error = folder.refusal();
        let start = format!("{}{place}", folder.path("compose.yaml"));
        assert!(error.message.starts_with(&start), "{text}: {error}");
        assert!(error.message.contains(says), "{error}");
        assert_eq!(error.details.len(), 2, "{text}: a line and a caret");
        let hints = error.hints.join("\n");
        assert!(hints.contains(hint), "{text}: {error} {hints}");
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
        (
            "build: {context: ., secrets: [token]}",
            "services.a.build.secrets: `token` is not defined under `secrets`",
        ),
        (
            "build: {context: ., additional_contexts: {base: 'service:c'}}",
            "services.a.build.additional_contexts.base: service `c` is not defined",
        ),
        (
            "build: {context: ., additional_contexts: ['base=service:b']}",
            "services.a.build.additional_contexts.base: service `b` has no `build`",
        ),
    ] {
        let error = one(&format!(
            "services: {{b: {{image: x}}, a: {{image: x, {service}}}}}"
        ))
        .refusal();
        assert!(error.message.contains(says), "{error}");
        // Of a service that is not enabled nobody asks before it is named.
        let text =
            format!("services: {{b: {{image: x}}, a: {{image: x, profiles: [p], {service}}}}}");
        let project = one(&text).project();
        let error = project.closure("a").expect_err("refused");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn what_excludes_each_other_is_refused_of_services_that_are_enabled() {
    for (service, says) in [
        (
            "container_name: cn, deploy: {replicas: 2}",
            "services.a.container_name: a fixed name and a scale above 1",
        ),
        (
            "scale: 2, deploy: {replicas: 3}",
            "services.a.scale: differs from deploy.replicas",
        ),
        (
            "network_mode: none, networks: [default]",
            "services.a.networks: networks and network_mode exclude each other",
        ),
        (
            "build: {dockerfile: D, dockerfile_inline: FROM x}",
            "services.a.build: dockerfile and dockerfile_inline exclude each other",
        ),
        (
            "platform: linux/arm64, build: {platforms: [linux/amd64]}",
            "services.a.platform: is not among build.platforms",
        ),
    ] {
        let error = one(&format!("services: {{a: {{image: x, {service}}}}}")).refusal();
        assert!(error.message.contains(says), "{error}");
        let text = format!("services: {{a: {{image: x, profiles: [p], {service}}}}}");
        let project = one(&text).project();
        let error = project.closure("a").expect_err("refused");
        assert!(error.message.contains(says), "{error}");
    }
    let project = one("services: {a: {image: x, scale: 2, deploy: {}}}").project();
    let deploy = project.services["a"].deploy.as_ref().expect("there");
    assert_eq!(deploy.replicas, Some(2));
}

#[test]
fn a_service_that_is_not_built_for_the_default_platform_is_refused_where_it_is_run() {
    let on = |default: &str, service: &str| {
        let mut folder =
            Folder::new(&[("compose.yaml", &format!("services: {{a: {{{service}}}}}"))]);
        let variables = &mut folder.options.environment;
        variables.insert("DOCKER_DEFAULT_PLATFORM".into(), default.into());
        let project = folder.project().with_platforms();
        let run = project.closure("a").map_err(|error| error.message);
        run.map(|services| {
            let built = services[0].build.as_ref();
            let platforms = built.map(|build| build.platforms.join(" "));
            (services[0].platform.clone(), platforms.unwrap_or_default())
        })
    };
    let both = "build: {context: ., platforms: [linux/arm64, linux/amd64]}";
    let one = |platform: &str| Ok((platform.to_owned(), platform.to_owned()));
    assert_eq!(on("linux/amd64", both), one("linux/amd64"));
    assert_eq!(on("", both), one(""));
    let own = format!("platform: linux/arm64, {both}");
    assert_eq!(on("linux/amd64", &own), one("linux/arm64"));
    assert_eq!(on("linux/amd64", "build: ."), one("linux/amd64"));
    assert_eq!(on("linux/amd64", "image: x"), one(""));
    let refused = on("linux/s390x", both).expect_err("refused");
    assert!(
        refused.contains("services.a.build.platforms: is without linux/s390x"),
        "{refused}"
    );
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

#[test]
fn what_two_cannot_both_have_is_refused() {
    for (text, says) in [
        (
            "a: {image: x, container_name: cc}, b: {image: y, container_name: cc}",
            "services.b.container_name: `cc` is the container of service a already",
        ),
        (
            "a: {image: x, tmpfs: [/run, '/run:size=1m']}",
            "services.a.tmpfs[1]: /run is mounted already, by services.a.tmpfs[0]",
        ),
        (
            "a: {image: x, tmpfs: /run, volumes: ['./x:/run']}",
            "services.a.volumes[0]: /run is mounted already, by services.a.tmpfs[0]",
        ),
    ] {
        let error = one(&format!("services: {{{text}}}")).refusal();
        assert!(error.message.contains(says), "{error}");
    }
    let text =
        "{a: {image: x, container_name: cc}, b: {image: y, container_name: cc, profiles: [p]}}";
    assert_eq!(
        one(&format!("services: {text}")).project().services.len(),
        1
    );
    let text = "{a: {image: x, volumes: ['./x:/run', './y:/run'], tmpfs: [/t, /t]}}";
    assert_eq!(
        one(&format!("services: {text}")).project().services["a"]
            .volumes
            .len(),
        1
    );
}
