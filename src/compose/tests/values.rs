//! Values: which are taken, which refused, and what becomes of them, as compose has it.

use super::*;

/// A text that compose refuses, and what is said of it.
const REFUSED: &[(&str, &str)] = &[
    (
        "version: 3.8\nservices: {a: {image: x}}",
        "version: must be a string",
    ),
    ("services:", "services: must be a mapping, not nothing"),
    ("name:\nservices: {a: {image: x}}", "name: must be a string"),
    (
        "name: ${NONE:-}\nservices: {a: {image: x}}",
        "is empty with its variables",
    ),
    ("include: b.yaml", "include: must be a list, not a string"),
    (
        "services: {a: {image: x, env_file: {path: b}}}",
        "env_file: must be a string",
    ),
    (
        "services: {a: {image: x, container_name: c/d}}",
        "is no container name",
    ),
    (
        "services: {a: {image: x, pull_policy: sometimes}}",
        "must be always",
    ),
    (
        "services: {a: {image: x, pull_policy: every_x}}",
        "must be always",
    ),
    (
        "services: {a: {image: x, cgroup: mine}}",
        "must be one of host, private",
    ),
    (
        "services: {a: {image: x, environment: ['A =b']}}",
        "`A ` ends with a space",
    ),
    (
        "services: {a: {image: x, healthcheck: {retries: -1}}}",
        "must not be negative",
    ),
    (
        "services: {a: {image: x, depends_on: {b: {restart: true}}}}",
        "b: lacks `condition`",
    ),
    (
        "services: {a: {image: x, deploy: {resources: {limits: {memory: 5}}}}}",
        "memory: must be a string",
    ),
    (
        "services: {a: {image: x, deploy: {resources: {reservations: {devices: [{count: 1}]}}}}}",
        "devices[0]: lacks `capabilities`",
    ),
    (
        "services: {a: {image: x, develop: {watch: [{path: ., action: look}]}}}",
        "action: must be one of rebuild",
    ),
    (
        "secrets: {s: {}}\nservices: {a: {image: x}}",
        "secrets.s: needs one of file, environment",
    ),
    (
        "services: {a: {image: x, environment: }}",
        "environment: must be a mapping or a list of KEY=value, not nothing",
    ),
    (
        "services: {a: {image: x, network_mode: }}",
        "network_mode: must be a string, not nothing",
    ),
    (
        "services: {a: {image: x, scale: -1}}",
        "scale: must not be negative",
    ),
    (
        "services: {a: {image: x, deploy: {replicas: 1.5}}}",
        "replicas: must be a whole number",
    ),
    (
        "services: {a: {image: x, cpu_percent: 2.5}}",
        "cpu_percent: must be a whole number",
    ),
    (
        "services: {a: {image: x, cpu_percent: 101}}",
        "cpu_percent: must be a percentage",
    ),
    (
        "services: {a: {image: x, memswap_limit: '-1'}}",
        "memswap_limit: `-1` is not a size",
    ),
    (
        "services: {a: {image: x, mem_limit: 1.5}}",
        "mem_limit: must be a size",
    ),
    (
        "services: {a: {image: x, ulimits: {nofile: 1.0}}}",
        "nofile: must be a whole number without",
    ),
    (
        "services: {a: {image: x, ports: [8.5]}}",
        "ports[0]: must be a string or a whole number",
    ),
    (
        "services: {a: {image: x, ports: ['80:0']}}",
        "ports[0]: `80:0` is not a port",
    ),
    (
        "services: {a: {image: x, ports: [{target: 80, host_ip: localhost}]}}",
        "host_ip: `localhost` is not an IP address",
    ),
    (
        "services: {a: {image: x, blkio_config: {weight: '10'}}}",
        "weight: must be a number, without quotes",
    ),
    (
        "services: {a: {image: x, volumes: [{type: tmpfs, target: /t, tmpfs: {size: -1}}]}}",
        "size: must not be negative",
    ),
    (
        "services: {a: {image: x, cpus: '1.5 '}}",
        "cpus: must be a number",
    ),
    (
        "services: {a: {image: x, devices: [{source: /dev/a}]}}",
        "devices[0]: lacks `target`",
    ),
    (
        "services: {a: {image: x, env_file: [{required: false}]}}",
        "env_file[0]: lacks `path`",
    ),
    (
        "services: {a: {image: x, storage_opt: ['size=1G']}}",
        "storage_opt: must be a mapping",
    ),
    (
        "services: {a: {image: x, oom_score_adj: 1001}}",
        "oom_score_adj: must be a number from -1000",
    ),
    (
        "secrets: {s: }\nservices: {a: {image: x}}",
        "secrets.s: must be a mapping, not nothing",
    ),
    (
        "volumes: {v: {external: true, labels: {a: b}}}\nservices: {a: {image: x}}",
        "volumes.v.labels: says what an external volume is",
    ),
    (
        "configs: {s: {content: x, file: y}}\nservices: {a: {image: x}}",
        "configs.s: needs one of file, environment, content, and no more",
    ),
];

/// As compose refuses it, so that what one reads the other reads too.
#[test]
fn values_that_compose_refuses_are_refused() {
    for (text, says) in REFUSED {
        let error = one(text).refusal();
        assert!(error.message.contains(says), "{text}: {error}");
    }
}

#[test]
fn values_that_compose_takes_are_taken() {
    for policy in [
        "daily",
        "every_12h",
        "every_1d12h",
        "if_not_present",
        "refresh",
    ] {
        let text = format!("services: {{a: {{image: x, pull_policy: {policy}}}}}");
        one(&text).project();
    }
    let text = "services: {a: {image: x, command: 'echo $(date) $1', ulimits: {core: 0}, extra_hosts: ['db=1.1.1.1', 'db-1=::1,1.1.1.2'], dns: '${NONE:-}'}}";
    let project = one(text).project();
    let service = &project.services["a"];
    let json = service.hashed_json(crate::compose::Dialect::B);
    for part in [
        r#""command":["echo","$(date)","$1"]"#,
        r#""ulimits":{"core":{}}"#,
        r#""extra_hosts":["db-1=1.1.1.2","db-1=::1","db=1.1.1.1"]"#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    let yaml = project.canonical_yaml(crate::compose::Dialect::B);
    assert!(
        yaml.contains("core:\n        soft: 0\n        hard: 0\n"),
        "{yaml}"
    );
}

/// Of fractions the whole part; a duration may be negative; an empty `network_mode` joins no network.
#[test]
fn numbers_and_durations_are_what_compose_makes_of_them() {
    let text = "services: {a: {image: x, network_mode: '', memswap_limit: -1, pids_limit: 2.5,
        stop_grace_period: -1m30s, deploy: , command: , profiles: [''],
        healthcheck: {test: b, retries: 2.5, interval: -1s},
        volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 2.5}}]}}\ninclude:";
    let mut folder = one(text);
    folder.options.profiles = vec!["*".to_owned()];
    let project = folder.project();
    let json = project.services["a"].hashed_json(crate::compose::Dialect::A);
    assert_eq!(
        json,
        concat!(
            r#"{"profiles":[""],"command":null,"entrypoint":null,"#,
            r#""healthcheck":{"test":["CMD-SHELL","b"],"interval":"-1s","retries":2},"image":"x","#,
            r#""memswap_limit":"-1","pids_limit":2,"stop_grace_period":"-1m30s","#,
            r#""volumes":[{"type":"tmpfs","target":"/t","tmpfs":{"mode":2}}]}"#,
        )
    );
    assert!(project.networks.is_empty());
}

/// What an earlier file gives a value needs none in a later one; `!override` with nothing leaves nothing.
#[test]
fn a_key_without_a_value_needs_one_of_an_earlier_file() {
    let files = |over| {
        [
            ("compose.yaml", "services: {a: {image: x, profiles: [p]}}"),
            ("compose.override.yaml", over),
        ]
    };
    let later = Folder::new(&files("services: {a: {profiles: }}"));
    assert!(later.project().disabled.contains_key("a"));
    let error = Folder::new(&files("services: {a: {profiles: !override }}")).refusal();
    assert!(
        error
            .message
            .contains("profiles: must be a list, not nothing"),
        "{error}"
    );
}
