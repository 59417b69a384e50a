//! What output looks like: streams, colours, quiet, verbose, completions, version.
#![cfg(target_os = "linux")]

mod support;

use support::Sandbox;

const ESCAPE: char = '\u{1b}';

#[test]
fn quiet_says_nothing_but_errors_and_data() {
    let sandbox = Sandbox::new();
    let up = sandbox.run(["-q", "up"]).code(0);
    assert_eq!((up.stdout.as_str(), up.stderr.as_str()), ("", ""));
    sandbox.run(["-q", "status"]).code(0).prints(["running"]);
    sandbox.run(["-q", "health"]).code(0).prints(["ok"]);
    let down = sandbox.run(["-q", "down"]).code(0);
    assert_eq!((down.stdout.as_str(), down.stderr.as_str()), ("", ""));
    sandbox
        .run(["-q", "pull-model", "nosuchmodel"])
        .code(1)
        .says(["nosuchmodel"]);
    sandbox.run(["-q", "-v", "status"]).code(2);
}

#[test]
fn acting_commands_keep_standard_output_for_data() {
    let sandbox = Sandbox::new();
    for args in [
        &["up"][..],
        &["serve", "--background"],
        &["gateway", "up"],
        &["pull-model"],
        &["restart"],
        &["down"],
    ] {
        let output = sandbox.run(args).code(0);
        assert_eq!(output.stdout, "", "{output}");
        assert!(!output.stderr.is_empty(), "{output}");
    }
}

/// Also where a command fails before its first step, and once where a step has told it.
#[test]
fn a_failure_is_one_object_with_an_error_under_json() {
    let sandbox = Sandbox::new();
    let service = "services: {ollama-functions: {image: gateway:1}}\n";
    let compose = sandbox.write("compose.yaml", service);
    let errors = |args: &[&str], code: i32| {
        let output = sandbox.run([&["--json"], args].concat()).code(code);
        let lines = output.json_lines();
        let told = lines.iter().filter(|line| line["error"].is_object());
        let told: Vec<_> = told.map(|line| line["error"].clone()).collect();
        assert_eq!(told.len(), 1, "{output}");
        assert!(told[0]["message"].is_string(), "{output}");
        assert_eq!(told[0]["exit_code"], code, "{output}");
    };
    errors(&["up"], 6);
    errors(&["gateway", "up"], 6);
    std::fs::write(compose, "services: [\n").expect("written");
    for args in [&["up"][..], &["health"], &["gateway", "up"]] {
        errors(args, 2);
    }
    errors(&["health", "--wait=soon"], 2);
}

#[test]
fn colours_obey_flag_variable_and_terminal() {
    let mut sandbox = Sandbox::new();
    let has_colour = |sandbox: &Sandbox, args: &[&str]| {
        let output = sandbox.run(args);
        output.stdout.contains(ESCAPE) || output.stderr.contains(ESCAPE)
    };
    assert!(!has_colour(&sandbox, &["status"]), "a pipe is no terminal");
    assert!(has_colour(&sandbox, &["--color", "always", "status"]));
    assert!(
        has_colour(&sandbox, &["--color", "always", "health"]),
        "errors too"
    );
    assert!(!has_colour(&sandbox, &["--color", "never", "status"]));
    let terminal = |sandbox: &Sandbox, command: &str| {
        let output = sandbox.shell(&format!("script -qec '{command}' /dev/null"));
        output.stdout.contains(ESCAPE)
    };
    if sandbox.shell("command -v script").status == 0 {
        sandbox.set("TERM", "xterm");
        assert!(
            terminal(&sandbox, "ollamactl status"),
            "a terminal has colours"
        );
        assert!(!terminal(&sandbox, "ollamactl --color never status"));
        sandbox.set("NO_COLOR", "1");
        assert!(
            !terminal(&sandbox, "ollamactl status"),
            "NO_COLOR is obeyed"
        );
        sandbox.set("NO_COLOR", "");
        assert!(
            terminal(&sandbox, "ollamactl status"),
            "an empty NO_COLOR is none"
        );
    }
}

#[test]
fn verbose_says_more() {
    let sandbox = Sandbox::new();
    let plain = sandbox.spawn(["serve"]);
    plain.wait_to_say("Listening on");
    plain.signal(rustix::process::Signal::INT);
    let plain = plain.finish().code(130);
    let verbose = sandbox.spawn(["-v", "serve"]);
    verbose.wait_to_say("config: backend.host");
    verbose.wait_to_say("Listening on");
    verbose.signal(rustix::process::Signal::INT);
    verbose.finish().code(130);
    assert!(!plain.stderr.contains("config: "), "{plain}");
}

#[test]
fn every_command_explains_itself() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(["--help"]).code(0);
    let commands: Vec<&str> = help
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.strip_prefix("  ")?
                .split_once(' ')
                .map(|(name, _)| name)
        })
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    for name in [
        "up",
        "down",
        "status",
        "health",
        "doctor",
        "pull-model",
        "serve",
        "kill",
        "restart",
        "gateway",
        "logs",
        "stub",
        "init",
        "config",
        "completions",
        "man",
        "version",
    ] {
        assert!(commands.contains(&name), "{name} is not in {commands:?}");
    }
    for command in commands {
        sandbox
            .run([command, "--help"])
            .code(0)
            .prints(["Usage: ollamactl"]);
    }
    sandbox.run(["stauts"]).code(2).says(["status"]);
    sandbox.run([] as [&str; 0]).code(2).says(["Usage"]);
}

#[test]
fn the_version_is_the_crates() {
    let sandbox = Sandbox::new();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("ollamactl {version}\n");
    assert_eq!(sandbox.run(["version"]).code(0).stdout, expected);
    assert_eq!(sandbox.run(["--version"]).code(0).stdout, expected);
    assert_eq!(
        sandbox.run(["--json", "version"]).code(0).json()["version"],
        version
    );
}

#[test]
fn completions_are_made_for_five_shells() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = sandbox.run(["completions", shell]).code(0);
        assert!(output.stdout.contains("pull-model"), "{shell}");
        assert!(!output.stdout.contains("panicked"), "{shell}");
    }
    sandbox
        .run(["completions", "tcsh"])
        .code(2)
        .says(["tcsh", "bash"]);
    sandbox
        .shell("ollamactl completions bash | bash -n")
        .code(0);
}

#[test]
fn json_is_refused_where_there_is_none() {
    let sandbox = Sandbox::new();
    for args in [
        &["completions", "bash"][..],
        &["man"],
        &["stub"],
        &["gateway", "run"],
    ] {
        let output = sandbox.run([&["--json"], args].concat()).code(2);
        output.says(["there is no JSON of it", "hint"]);
    }
}

#[test]
fn the_short_help_has_examples_and_leaves_settings_to_the_long_one() {
    let sandbox = Sandbox::new();
    for command in ["up", "logs", "pull-model"] {
        let short = sandbox.run([command, "-h"]).code(0);
        let short = short.prints([
            "Examples:\n",
            "--json",
            &format!("ollamactl {command} --help"),
        ]);
        assert!(!short.stdout.contains("--models-dir"), "{short}");
        let long = sandbox.run([command, "--help"]).code(0);
        long.prints(["Examples:\n", "--models-dir"]);
    }
}

#[test]
fn man_pages_are_written() {
    let sandbox = Sandbox::new();
    sandbox.run(["man"]).code(0).prints([".TH"]);
    std::fs::create_dir(sandbox.work().join("man")).expect("created");
    sandbox.run(["man", "man"]).code(0);
    assert!(sandbox.read("man/ollamactl.1").contains(".TH"));
    assert!(
        sandbox
            .read("man/ollamactl-pull-model.1")
            .contains("if\\-missing")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let sandbox = Sandbox::new();
    for command in [
        "--help",
        "status",
        "config show",
        "doctor",
        "completions bash",
        "man",
        "health",
    ] {
        let output = sandbox.shell(&format!(
            "ollamactl --model 127.0.0.1:9/library/tiny {command} | true"
        ));
        assert!(!output.stderr.contains("panic"), "{output}");
    }
}

#[test]
fn without_a_home_variable_the_users_own_is_used() {
    let mut sandbox = Sandbox::new();
    for name in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        sandbox.unset(name);
    }
    let output = sandbox.run(["version"]).code(0);
    assert!(output.stdout.starts_with("ollamactl "), "{output}");
}

/// As in a container with `--user 4242`: a user whom `/etc/passwd` does not know.
#[test]
fn an_unknown_user_without_a_home_is_told_what_is_missing() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    if !support::is_root() {
        support::skipped("only root can become a user who does not exist");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("ollamactl");
    std::fs::copy(env!("CARGO_BIN_EXE_ollamactl"), &program).expect("copied");
    for path in [folder.path(), &program] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("set");
    }
    let run = |home: Option<&str>, state: bool| {
        let mut command = std::process::Command::new(&program);
        command.arg("version").env_clear().uid(4242).gid(4242);
        command.current_dir(folder.path());
        if let Some(home) = home {
            command.env("HOME", home);
        }
        if state {
            for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
                command.env(name, "/tmp");
            }
        }
        let output = command.output().expect("ran");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    for home in [None, Some("")] {
        let (code, text) = run(home, false);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("no home folder is known"), "{text}");
        assert!(text.contains("hint: set HOME"), "{text}");
        assert_eq!(run(home, true).0, Some(0), "no home is needed then");
    }
    assert_eq!(run(Some("/tmp"), false).0, Some(0));
}
