//! The scripts by which shells complete a command line.

use std::fmt::Write as _;

use clap::{Command, ValueHint};
use clap_complete::Shell;

use super::definition;

/// The script for this shell.
pub fn completion_script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let mut command = definition();
    clap_complete::generate(shell, &mut command, "ollamactl", &mut script);
    if shell == Shell::Fish {
        script.extend(words_of_fish(&command).into_bytes());
    }
    script
}

/// What clap leaves out for fish: the words that may stand where no option does, and that files may not
/// stand there, which fish offers where it knows nothing.
fn words_of_fish(command: &Command) -> String {
    let mut lines = String::new();
    for (condition, leaf) in leaves(command) {
        let arguments: Vec<_> = leaf.get_positionals().collect();
        let hints = arguments.iter().map(|argument| argument.get_value_hint());
        let hint = hints.max_by_key(|hint| *hint == ValueHint::DirPath);
        let values = arguments
            .iter()
            .flat_map(|argument| argument.get_possible_values());
        let names: Vec<String> = values
            .filter(|value| !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        let words = match hint {
            Some(ValueHint::DirPath) => "(__fish_complete_directories)".to_owned(),
            _ => names.join(" "),
        };
        let offered = if words.is_empty() {
            String::new()
        } else {
            format!(" -a \"{words}\"")
        };
        let _ = writeln!(
            lines,
            "complete -c ollamactl -n \"{condition}\" -f{offered}"
        );
    }
    lines
}

/// The commands without commands of their own, each with the condition under which fish is in it.
fn leaves(command: &Command) -> Vec<(String, &Command)> {
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    let mut leaves = Vec::new();
    for outer in command.get_subcommands().filter(shown) {
        let condition = format!("__fish_ollamactl_using_subcommand {}", outer.get_name());
        if outer.has_subcommands() {
            leaves.extend(outer.get_subcommands().filter(shown).map(|inner| {
                let seen = format!(
                    "{condition}; and __fish_seen_subcommand_from {}",
                    inner.get_name()
                );
                (seen, inner)
            }));
        } else {
            leaves.push((condition, outer));
        }
    }
    leaves
}
