//! Completions in the shells themselves: the words and the kinds of files that a value may be.
#![cfg(target_os = "linux")]

mod support;

use support::Sandbox;

const COMMANDS: [&str; 4] = ["up", "health", "gateway", "pull-model"];

/// A file and a folder to choose from.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("a-file", "");
    std::fs::create_dir(sandbox.work().join("a-folder")).expect("made");
    sandbox
}

/// Whether this machine has the shell; `.ci/run` installs it.
fn has(shell: &str) -> bool {
    let found = ["/usr/bin", "/bin"]
        .iter()
        .any(|folder| std::path::Path::new(folder).join(shell).exists());
    if !found {
        support::skipped(&format!("{shell} is not installed"));
    }
    found
}

/// What every shell offers; `complete` gives the words for a line that ends where the next one begins.
fn assert_completes(shell: &str, complete: impl Fn(&str) -> String) {
    for (line, words) in [
        ("up --backend", "ollama stub"),
        ("up --bind", "all loopback relay"),
        ("up --gateway", "auto compose embedded"),
        ("up --color", "always auto never"),
        ("up --service", ""),
        ("health --level", "infer live ready"),
    ] {
        assert_eq!(
            complete(&format!("ollamactl {line}")),
            words,
            "{shell}: {line}"
        );
    }
    let files = complete("ollamactl up --file");
    assert!(files.contains("a-file"), "{shell}: {files}");
}

/// What shells offer that know where they are in a line: bash's script leaves it to bash.
fn assert_completes_arguments(shell: &str, complete: impl Fn(&str) -> String) {
    for (line, words) in [
        ("health", "all backend gateway model"),
        ("logs", "backend gateway"),
        ("-q logs --until 1m", "backend gateway"),
        ("completions", "bash elvish fish powershell zsh"),
        ("config", "help show"),
        ("up", ""),
        ("pull-model", ""),
        ("gateway ip", ""),
    ] {
        assert_eq!(
            complete(&format!("ollamactl {line}")),
            words,
            "{shell}: {line}"
        );
    }
    for line in ["man", "init", "up --models-dir"] {
        let folders = complete(&format!("ollamactl {line}"));
        assert!(folders.contains("a-folder"), "{shell}: {line}: {folders}");
        assert!(!folders.contains("a-file"), "{shell}: {line}: {folders}");
    }
    let commands = complete("ollamactl");
    let commands: Vec<&str> = commands.split(' ').collect();
    for command in COMMANDS {
        assert!(
            commands.contains(&command),
            "{shell}: {command} in {commands:?}"
        );
    }
}

#[test]
fn bash() {
    let sandbox = sandbox();
    let complete = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "source <(ollamactl completions bash)
            COMP_WORDS=({line} '') COMP_CWORD={} COMPREPLY=()
            _ollamactl ollamactl '' {}
            printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort | paste -sd ' '",
            words.len(),
            words.last().expect("a word"),
        );
        sandbox.write("complete.bash", &script);
        let output = sandbox.shell("bash complete.bash").code(0);
        output.stdout.trim().to_owned()
    };
    assert_completes("bash", complete);
    // Folders are bash's own to add, where it completes a line.
    assert_eq!(complete("ollamactl up --models-dir"), "");
}

#[test]
fn fish() {
    if !has("fish") {
        return;
    }
    let sandbox = sandbox();
    let complete = |line: &str| {
        let script = format!(
            "ollamactl completions fish | source
            complete -C '{line} ' | cut -f 1 | sort | paste -sd ' '",
        );
        sandbox.write("complete.fish", &script);
        let output = sandbox.shell("fish --no-config complete.fish").code(0);
        output.stdout.trim().to_owned()
    };
    assert_completes("fish", complete);
    assert_completes_arguments("fish", complete);
}

/// zsh completes only where somebody types: into a terminal of its own, in which it writes each word down that
/// it is given to offer.
const ZSHRC: &str = r#"PROMPT= RPROMPT=
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
  local -a offered
  # With -A, -O and -D words are looked at and none is offered.
  if [[ " ${@[1,(i)(-|--)]} " != *\ -[a-zA-Z]#[AOD]\ * ]]; then
    builtin compadd -A offered "$@"
    print -rl -- $offered >>$ZDOTDIR/offered
  fi
  builtin compadd "$@"
}
finished() { print finished; exit; }
comppostfuncs=(finished)
zle-line-init() { print ready; }
zle -N zle-line-init
"#;

const TYPED: &str = r#"zmodload zsh/zpty
zpty typed zsh -i
zpty -r -m typed seen '*ready*'
zpty -w -n typed "$1 "$'\t'
zpty -r -m typed seen '*finished*'
"#;

#[test]
fn zsh() {
    if !has("zsh") {
        return;
    }
    let mut sandbox = sandbox();
    let folder = sandbox.path("zsh");
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join(".zshrc"), ZSHRC).expect("written");
    let typed = folder.join("typed.zsh");
    std::fs::write(&typed, TYPED).expect("written");
    sandbox.set("ZDOTDIR", &folder.display().to_string());
    sandbox.set("TERM", "dumb");
    sandbox
        .shell("ollamactl completions zsh >$ZDOTDIR/_ollamactl")
        .code(0);
    let complete = |line: &str| {
        // Where no word may stand it offers the options, unasked.
        let typed = format!(
            ": >$ZDOTDIR/offered; zsh -f {} '{line}' >&2
            grep -v '^-' $ZDOTDIR/offered | grep . | sort -u | paste -sd ' '",
            typed.display()
        );
        let output = sandbox.shell(&typed).code(0);
        output.stdout.trim().to_owned()
    };
    assert_completes("zsh", complete);
    assert_completes_arguments("zsh", complete);
}
