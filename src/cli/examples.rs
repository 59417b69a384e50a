//! Examples of each command, for the end of its help. A test runs every one through the parser.

/// A command's words, and lines that call it, each with what it does.
type Command = (&'static str, &'static [(&'static str, &'static str)]);

/// Of every command that does something.
pub(super) const EXAMPLES: &[Command] = &[
    (
        "up",
        &[
            ("ollamactl up", "all four parts, until they are healthy"),
            ("ollamactl up --dry-run", "only show what it would do"),
            ("ollamactl up --model qwen3:0.6b", "with another model"),
            ("ollamactl up --backend stub", "without Ollama, as in CI"),
        ],
    ),
    (
        "down",
        &[
            ("ollamactl down", "end what up started"),
            ("ollamactl down --dry-run", "only show what that is"),
            ("ollamactl down --volumes", "its volumes, too"),
        ],
    ),
    (
        "status",
        &[
            ("ollamactl status", "one row for each part"),
            ("ollamactl status --watch", "again every two seconds"),
            ("ollamactl status -o env", "OLLAMA_HOST=…, for a shell"),
            ("ollamactl --json status", "for a script"),
        ],
    ),
    (
        "health",
        &[
            ("ollamactl health", "exit code 0: all of it works"),
            ("ollamactl health gateway --wait=30s", "wait for one part"),
            ("ollamactl health --level infer", "ask the model something"),
            ("ollamactl --json health", "with the reasons"),
        ],
    ),
    (
        "doctor",
        &[
            ("ollamactl doctor", "what is missing, and what mends it"),
            (
                "ollamactl doctor --no-probe",
                "without starting a container",
            ),
        ],
    ),
    (
        "pull-model",
        &[
            ("ollamactl pull-model", "the model that is required"),
            ("ollamactl pull-model qwen3:0.6b", "another one"),
            (
                "ollamactl pull-model --if-missing",
                "at most once, as in CI",
            ),
        ],
    ),
    (
        "serve",
        &[
            ("ollamactl serve", "until Ctrl-C, with its log"),
            ("ollamactl serve --background", "return when it is ready"),
            ("ollamactl serve --host 127.0.0.1:11500", "at another port"),
        ],
    ),
    (
        "kill",
        &[
            ("ollamactl kill --dry-run", "only show which, and why"),
            ("ollamactl kill", "whoever started them"),
            (
                "ollamactl kill --timeout 1m",
                "use force only after so long",
            ),
        ],
    ),
    (
        "restart",
        &[
            ("ollamactl restart", "with the settings that it runs with"),
            ("ollamactl restart --bind loopback", "with this one changed"),
        ],
    ),
    (
        "gateway up",
        &[
            ("ollamactl gateway up --wait", "until it is healthy"),
            ("ollamactl gateway up --build", "from changed sources"),
            ("ollamactl gateway up --dry-run", "only show the steps"),
        ],
    ),
    (
        "gateway down",
        &[
            ("ollamactl gateway down", "the backend goes on"),
            ("ollamactl gateway down --volumes", "its volumes, too"),
        ],
    ),
    (
        "gateway stop",
        &[
            ("ollamactl gateway stop", "gateway up starts it again"),
            (
                "ollamactl gateway stop -t 30s",
                "use force only after so long",
            ),
        ],
    ),
    (
        "gateway restart",
        &[
            ("ollamactl gateway restart", "after a change of its sources"),
            ("ollamactl gateway restart --no-deps", "and of nothing else"),
        ],
    ),
    (
        "gateway build",
        &[
            ("ollamactl gateway build", "its image, and start nothing"),
            (
                "ollamactl gateway build --no-cache --pull",
                "from the ground up",
            ),
            ("ollamactl -v gateway build", "with the whole output"),
        ],
    ),
    (
        "gateway config",
        &[
            ("ollamactl gateway config", "what the compose files come to"),
            ("ollamactl gateway config --services", "only names"),
            (
                "ollamactl gateway config --hash '*'",
                "the config-hash of each",
            ),
        ],
    ),
    (
        "gateway run",
        &[
            ("ollamactl gateway run", "in front of Ollama"),
            (
                "ollamactl gateway run --listen 127.0.0.1:8000",
                "at another port",
            ),
            (
                "ollamactl gateway run --key-file keys",
                "for callers with a key",
            ),
        ],
    ),
    (
        "gateway ip",
        &[("ollamactl gateway ip", "what host-gateway stands for")],
    ),
    (
        "logs",
        &[
            ("ollamactl logs -f", "the backend's, as it grows"),
            ("ollamactl logs gateway -n 20", "the last lines"),
            (
                "ollamactl logs gateway web -t",
                "of two services, with times",
            ),
            ("ollamactl logs --since 10m", "what is new"),
        ],
    ),
    (
        "stub",
        &[
            ("ollamactl stub", "at OLLAMA_HOST, like ollama serve"),
            ("ollamactl stub --preset tiny:latest", "with a model in it"),
        ],
    ),
    (
        "init",
        &[
            ("ollamactl init", "this folder"),
            ("ollamactl init --model qwen3:0.6b", "that needs this model"),
            ("ollamactl init --gateway", "with a gateway in compose"),
        ],
    ),
    (
        "config show",
        &[
            ("ollamactl config show", "values, and where they come from"),
            ("ollamactl --json config show", "for a script"),
        ],
    ),
    (
        "completions",
        &[
            (
                "ollamactl completions bash > ~/.local/share/bash-completion/completions/ollamactl",
                "",
            ),
            ("ollamactl completions zsh > ~/.zfunc/_ollamactl", ""),
            (
                "ollamactl completions fish > ~/.config/fish/completions/ollamactl.fish",
                "",
            ),
        ],
    ),
    (
        "man",
        &[
            ("ollamactl man | man -l -", "read it"),
            ("ollamactl man ~/.local/share/man/man1", "install all pages"),
        ],
    ),
    (
        "version",
        &[
            ("ollamactl version", "for people"),
            ("ollamactl --json version", "for a script"),
        ],
    ),
];

/// The lines of a command's examples, what they do in a column of its own.
pub(super) fn lines(command: &str) -> Vec<String> {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    let examples = found.map_or(&[][..], |(_, examples)| examples);
    let explained = examples.iter().filter(|(_, what)| !what.is_empty());
    let width = explained.map(|(line, _)| line.len()).max().unwrap_or(0);
    let show = |(line, what): &(&str, &str)| format!("  {line:<width$}  {what}").trim_end().into();
    examples.iter().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Cli, definition};
    use super::*;

    /// The commands that have no subcommands, by their words.
    fn leaves(command: &clap::Command, words: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let words = format!("{words} {}", inner.get_name());
            if inner.has_subcommands() {
                leaves(inner, &words, found);
            } else {
                found.push(words.trim().to_owned());
            }
        }
    }

    /// What a shell makes of a line that has no words in quotes with blanks in them.
    fn arguments(line: &str) -> impl Iterator<Item = std::ffi::OsString> {
        line.split(' ')
            .take_while(|word| ![">", ">>", "|"].contains(word))
            .map(|word| word.trim_matches('\'').into())
    }

    #[test]
    fn every_command_has_examples_and_every_example_is_of_its_command() {
        let mut commands = Vec::new();
        leaves(&definition(), "", &mut commands);
        let mut named: Vec<&str> = EXAMPLES.iter().map(|(command, _)| *command).collect();
        named.sort_unstable();
        commands.sort_unstable();
        assert_eq!(named, commands);
        for (command, examples) in EXAMPLES {
            assert!((1..=4).contains(&examples.len()), "{command}");
            for (line, _) in *examples {
                if let Err(error) = Cli::of(arguments(line)) {
                    panic!("{line}: {error}");
                }
                let mut matches = &definition().get_matches_from(arguments(line));
                let mut words = Vec::new();
                while let Some((word, inner)) = matches.subcommand() {
                    words.push(word);
                    matches = inner;
                }
                assert_eq!(words.join(" "), *command, "{line}");
            }
        }
    }

    #[test]
    fn examples_fit_a_terminal_of_80_columns() {
        for (command, _) in EXAMPLES.iter().filter(|(name, _)| *name != "completions") {
            for line in lines(command) {
                assert!(line.chars().count() < 80, "{line}");
            }
        }
    }
}
