//! How it starts, and how it fails to.

use rustix::process::Signal;

use crate::process::{Setup, recording};
use crate::{VERSIONS, text};

/// A line of the log without its time, and without what differs between machines and runs.
fn normal(line: &str, home: &str) -> String {
    let line = line
        .split_once(' ')
        .map_or(line, |(time, rest)| match time {
            time if time.starts_with("time=") => rest,
            _ => line,
        });
    let line = line.replace(home, "HOME").replace("-stub)", ")");
    let line = match (line.split_once("cmd=\""), line.split_once("ollama runner")) {
        (Some((before, _)), Some((_, after))) => format!("{before}cmd=\"ollama runner{after}"),
        _ => line,
    };
    // Values up to the next blank or quote, and what an offline resolver says.
    let parts = [
        "--port ",
        "wait=",
        "elapsed=",
        "total=\"",
        "available=\"",
        "?ts=",
        "127.0.0.1:",
        "ollama.com on ",
        "lookup ollama.com",
    ];
    parts.iter().fold(line, |line, part| {
        let Some((before, after)) = line.split_once(part) else {
            return line;
        };
        let ends: &[char] = match *part {
            "total=\"" | "available=\"" => &['"'],
            "lookup ollama.com" | "ollama.com on " => &['\n'],
            _ => &[' ', '"', '\\'],
        };
        let end = after.find(ends).unwrap_or(after.len());
        format!("{before}{part}…{}", &after[end..])
    })
}

/// The log of a start, with the home folder left out.
fn said(lines: &[String], home: &str) -> Vec<String> {
    let home = home.trim_end_matches('/');
    lines.iter().map(|line| normal(line, home)).collect()
}

fn recorded(name: &str) -> Vec<String> {
    let lines: Vec<_> = recording(name).lines().map(str::to_owned).collect();
    said(&lines, "/home/dev")
}

#[test]
fn a_first_start_says_what_ollama_says() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let mut served = setup.ready(&[version]);
        let home = setup.path("").display().to_string();
        let expected = recorded(&format!("{folder}/server/start-default-first.stderr"));
        assert_eq!(said(&served.said, &home), expected);
        assert_eq!(served.end(Signal::TERM).code(), Some(0));
        // No line tells of the end.
        assert_eq!(served.rest(), "");
    }
}

#[test]
fn without_the_cloud_there_are_no_warnings() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let served = setup.ready(&[version, ("OLLAMA_NO_CLOUD", "1")]);
        let home = setup.path("").display().to_string();
        let mut expected = recorded(&format!("{folder}/server/start-no-cloud.stderr"));
        let mut said = said(&served.said, &home);
        // ollama.com is left alone at a moment of its own.
        expected.sort();
        said.sort();
        assert_eq!(said, expected);
    }
}

#[test]
fn the_configuration_is_repeated() {
    let setup = Setup::new();
    let env = [
        ("OLLAMA_DEBUG", "1"),
        ("OLLAMA_KEEP_ALIVE", "90"),
        ("OLLAMA_ORIGINS", "https://app.example.com"),
        ("HTTPS_PROXY", "http://me:secret@proxy:3128"),
    ];
    let served = setup.ready(&env);
    let line = &served.said[0];
    for part in [
        " OLLAMA_DEBUG:DEBUG ",
        " OLLAMA_KEEP_ALIVE:1m30s ",
        " OLLAMA_ORIGINS:[https://app.example.com http://localhost ",
        "@proxy:3128 ",
    ] {
        assert!(line.contains(part), "{part} {line}");
    }
    assert!(!line.contains("secret"), "{line}");
}

#[test]
fn garbage_in_the_store_ends_the_older_version_and_not_the_newer() {
    let garbage = ("OLLAMACTL_STUB_MODELS", "tiny,garbage");
    for (folder, version) in VERSIONS {
        let name = format!("{folder}/server/start-with-garbage-model.stderr");
        let recording = recording(&name);
        let setup = Setup::new();
        let mut served = setup.serve(&[version, garbage]);
        let panic = recording.lines().find(|line| line.starts_with("panic: "));
        let Some(panic) = panic else {
            served.read_until("vram-based default context");
            continue;
        };
        assert_eq!(served.wait().code(), Some(2));
        let rest = served.rest();
        assert!(rest.lines().any(|line| line == panic), "{rest}");
    }
}

#[test]
fn a_broken_manifest_is_told_of_and_left_out() {
    for (folder, version) in VERSIONS {
        let setup = Setup::new();
        let models = ("OLLAMACTL_STUB_MODELS", "tiny");
        drop(setup.ready(&[version, models]));
        let broken = setup.path(".ollama/models/manifests/registry.ollama.ai/library/broken");
        std::fs::create_dir_all(&broken).expect("makes");
        std::fs::write(broken.join("latest"), "{not json").expect("writes");
        let served = setup.ready(&[version]);
        let name = format!("{folder}/store/broken-manifest-start.server.stderr");
        let warnings = |lines: &[String]| -> Vec<String> {
            let lines = lines.iter().filter(|line| line.contains("manifest"));
            let lines = lines.filter(|line| line.contains("level=WARN"));
            lines.map(|line| normal(line, "-")).collect()
        };
        let recorded: Vec<_> = recording(&name).lines().map(str::to_owned).collect();
        let (mut said, mut expected) = (warnings(&served.said), warnings(&recorded));
        said.dedup();
        expected.dedup();
        assert_eq!(said, expected, "{folder}");
        let tags = served.ask("GET", "/api/tags", "");
        assert!(tags.starts_with("HTTP/1.1 200 OK\r\n"), "{tags}");
        assert!(
            tags.contains("tiny:latest") && !tags.contains("broken"),
            "{tags}"
        );
    }
}

#[test]
fn a_server_that_ignores_sighup_goes_on_after_one() {
    let setup = Setup::new();
    let shell = format!("trap '' HUP; exec {} serve", setup.path("ollama").display());
    let mut served = setup.serve_with(|command| {
        let mut nohup = std::process::Command::new("/bin/sh");
        nohup.args(["-c", &shell]).env_clear();
        let set = command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        nohup.envs(set);
        nohup
    });
    served.signal(Signal::HUP);
    let answer = served.ask("GET", "/", "");
    assert!(answer.ends_with("Ollama is running"), "{answer}");
    assert_eq!(served.end(Signal::TERM).code(), Some(0));
}

#[test]
fn addresses_are_understood_as_recorded() {
    for (folder, version) in VERSIONS {
        for line in recording(&format!("{folder}/server/host-cases.tsv"))
            .lines()
            .skip(1)
        {
            let columns: Vec<_> = line.split('\t').collect();
            // The others need a free 11434, no rights, a resolver or that machine's name.
            let (host, outcome) = (columns[0], columns[1]);
            if !host.contains(":25511") || outcome != "runs" || host.starts_with("dev:") {
                continue;
            }
            let setup = Setup::new();
            let free = host.replace(":25511", ":0");
            let served = setup.serve(&[version, ("OLLAMA_HOST", &free)]);
            let (_, bound) = columns[2].split_once("Listening on ").expect("an address");
            let bound = bound.split(":25511").next().expect("a host");
            let (address, _) = served.address.rsplit_once(':').expect("a port");
            assert_eq!(address, bound, "{host}");
        }
    }
}

#[test]
fn times_have_the_zone_of_the_server_except_for_answers() {
    let setup = Setup::new();
    let models = ("OLLAMACTL_STUB_MODELS", "tiny");
    let served = setup.ready(&[models, ("TZ", "<-05>5")]);
    let tags = served.ask("GET", "/api/tags", "");
    assert!(tags.contains("-05:00\",\"size\""), "{tags}");
    let loaded = served.ask("POST", "/api/generate", r#"{"model": "tiny"}"#);
    assert!(loaded.contains("Z\",\"response\""), "{loaded}");
    let ps = served.ask("GET", "/api/ps", "");
    assert!(ps.contains("-05:00\",\"size_vram\""), "{ps}");
}

#[test]
fn the_key_pair_is_told_of_once_and_is_none() {
    let setup = Setup::new();
    let output = || {
        let env = [("OLLAMACTL_STUB_CRASH_MS", "0")];
        let output = setup.output(&["serve"], &env);
        text(&output.stdout).to_owned()
    };
    let keyless = |text: &str, home: &str| {
        let lines = text.lines().take_while(|line| !line.starts_with("[GIN]"));
        let lines = lines.map(|line| {
            if line.starts_with("ssh-ed25519 ") {
                "(key)"
            } else {
                line
            }
        });
        lines
            .map(|line| line.replace(home, "HOME"))
            .collect::<Vec<_>>()
    };
    let home = setup.path("").display().to_string();
    let recorded = recording("v0.33.0-rc2/server/start-default-first.stdout");
    assert_eq!(
        keyless(&output(), home.trim_end_matches('/')),
        keyless(&recorded, "/home/dev")
    );
    assert_eq!(output(), "");
    assert!(
        !setup.path(".ollama/id_ed25519").exists(),
        "Ollama would take it for a key"
    );
}

#[test]
fn a_taken_port_is_one_line_and_1() {
    let setup = Setup::new();
    let served = setup.serve(&[]);
    let second = setup.output(&["serve"], &[("OLLAMA_HOST", &served.address)]);
    let recorded = recording("v0.33.0-rc2/server/port-in-use.stderr");
    let expected = recorded.replace("127.0.0.1:11434", &served.address);
    assert_eq!(text(&second.stderr), expected);
    assert_eq!(second.status.code(), Some(1));
}

#[test]
fn addresses_that_cannot_be_bound_are_one_line_and_1() {
    let setup = Setup::new();
    for (host, expected) in [
        ("25511", "Error: listen tcp: lookup 25511: no such host\n"),
        ("*:25511", "Error: listen tcp: lookup *: no such host\n"),
        (
            "256.1.1.1:25511",
            "Error: listen tcp: lookup 256.1.1.1: no such host\n",
        ),
        (
            "192.0.2.55:25511",
            "Error: listen tcp 192.0.2.55:25511: bind: cannot assign requested address\n",
        ),
    ] {
        let failed = setup.output(&["serve"], &[("OLLAMA_HOST", host)]);
        assert_eq!(text(&failed.stderr), expected);
        assert_eq!(failed.status.code(), Some(1));
    }
}

#[test]
fn a_bad_port_is_a_warning_and_the_default_port() {
    let setup = Setup::new();
    for (port, said) in [
        ("abc", "abc"),
        ("99999", "99999"),
        ("-1", "-1"),
        ("", "\"\""),
    ] {
        let host = format!("192.0.2.55:{port}");
        let failed = setup.output(&["serve"], &[("OLLAMA_HOST", &host)]);
        let lines = text(&failed.stderr);
        let warning = format!("invalid port, using default port={said} default=11434");
        assert!(
            lines.contains(&format!("config.go:51: WARN {warning}")),
            "{lines}"
        );
        let bind = "listen tcp 192.0.2.55:11434: bind: cannot assign requested address\n";
        assert!(lines.ends_with(bind), "{lines}");
    }
}

#[test]
fn a_store_that_cannot_be_made_is_said() {
    let setup = Setup::new();
    let file = setup.path("afile").display().to_string();
    std::fs::write(&file, "").expect("writes");
    let failed = setup.output(&["serve"], &[("OLLAMA_MODELS", &file)]);
    let recorded = recording("v0.33.0-rc2/server/models-is-a-file.stderr");
    let expected = recorded.lines().last().expect("a line");
    let expected = expected.replace("/home/dev/afile", &file);
    assert_eq!(text(&failed.stderr).lines().last(), Some(expected.as_str()));
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let setup = Setup::new();
    let file = setup.path("afile").display().to_string();
    std::fs::write(&file, "").expect("writes");
    let failed = setup.output(&["serve"], &[("HOME", &file)]);
    // The recorded folder was not writable, which nothing is for root; this one is a file.
    let recorded = recording("v0.33.0-rc2/server/home-not-writable.stderr");
    let recorded = recorded.replace("/home/dev/ro/.ollama", &file);
    let expected = recorded.replace("permission denied", "not a directory");
    assert_eq!(text(&failed.stderr), expected);
    let recorded = recording("v0.33.0-rc2/server/home-not-writable.stdout");
    assert_eq!(
        text(&failed.stdout),
        recorded.replace("/home/dev/ro", &file)
    );
    assert_eq!(failed.status.code(), Some(1));

    let failed = setup.output(&["serve"], &[("HOME", "")]);
    assert!(text(&failed.stderr).starts_with("panic: $HOME is not defined\n\ngoroutine 1"));
    assert_eq!(failed.status.code(), Some(2));
}

#[test]
fn an_unspecified_address_is_one_dual_stack_socket() {
    let setup = Setup::new();
    let served = setup.serve(&[("OLLAMA_HOST", "0.0.0.0:0")]);
    let port = served.address.strip_prefix("[::]:").expect("dual stack");
    let listens = |table: &str| {
        let table = std::fs::read_to_string(table).expect("reads");
        let port = format!(":{:04X} ", port.parse::<u16>().expect("a port"));
        table
            .lines()
            .any(|line| line.contains(&port) && line.contains(" 0A "))
    };
    assert!(listens("/proc/net/tcp6"));
    assert!(!listens("/proc/net/tcp"));
}

#[test]
fn models_can_be_there_from_the_start() {
    let setup = Setup::new();
    let _served = setup.ready(&[("OLLAMACTL_STUB_MODELS", "tiny, tiny2:1b")]);
    for manifest in ["tiny/latest", "tiny2/1b"] {
        let path = format!(".ollama/models/manifests/registry.ollama.ai/library/{manifest}");
        assert!(setup.path(&path).is_file(), "{manifest}");
    }
}
