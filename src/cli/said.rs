//! What a call says of its stack, so that the commands which it proposes are about the same one.

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, Command};

use super::settings::StackArgs;
use super::{definition, joined};
use crate::process::commands;

/// The program's name, with which a command begins.
const PROGRAM: &str = "ollamactl ";

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub struct Said(Vec<OsString>);

impl Said {
    /// Of a call with these arguments, the program's name first.
    pub fn of(args: &[OsString]) -> Self {
        Self(joined(args.to_vec()))
    }

    /// A hint, with what this call said of its stack, where it is a command of ours that takes that too and
    /// says nothing of it itself.
    pub fn complete(&self, hint: &str) -> String {
        let Some(proposed) = command_in(hint).and_then(Call::parse) else {
            return hint.to_owned();
        };
        let Some(own) = Call::parse(self.0.clone()) else {
            return hint.to_owned();
        };
        let mut completed = hint.to_owned();
        for name in names_of_the_stack() {
            if proposed.takes(&name) && proposed.values(&name).is_empty() {
                for value in own.values(&name) {
                    let value = commands::word(Path::new(&value));
                    completed = format!("{completed} --{name} {value}");
                }
            }
        }
        completed
    }
}

/// The words of the command that a text ends with, after a colon if it is not all.
fn command_in(text: &str) -> Option<Vec<OsString>> {
    let command = if text.starts_with(PROGRAM) {
        text
    } else {
        let (before, _) = text.split_once(&format!(": {PROGRAM}"))?;
        &text[before.len() + 2..]
    };
    let words = shlex::split(command)?;
    Some(words.into_iter().map(OsString::from).collect())
}

/// The long names of the flags that tell one stack from another.
fn names_of_the_stack() -> Vec<String> {
    let flags = StackArgs::augment_args(Command::new("stack"));
    let names = flags.get_arguments().filter_map(|flag| flag.get_long());
    let names = names.filter(|name| !name.ends_with("-timeout"));
    names.map(str::to_owned).collect()
}

/// A command line that clap takes: its last subcommand, and what was given to it.
struct Call {
    command: Command,
    matches: ArgMatches,
}

impl Call {
    fn parse(words: Vec<OsString>) -> Option<Self> {
        let mut command = definition();
        let mut matches = command.try_get_matches_from_mut(words).ok()?;
        while let Some((name, inner)) = matches.remove_subcommand() {
            command = command.find_subcommand(&name)?.clone();
            matches = inner;
        }
        Some(Self { command, matches })
    }

    fn takes(&self, name: &str) -> bool {
        let mut flags = self.command.get_arguments();
        flags.any(|flag| flag.get_long() == Some(name))
    }

    /// What was given to this flag.
    fn values(&self, name: &str) -> Vec<OsString> {
        let mut flags = self.command.get_arguments();
        let Some(flag) = flags.find(|flag| flag.get_long() == Some(name)) else {
            return Vec::new();
        };
        let id = flag.get_id().as_str();
        if self.matches.value_source(id) != Some(ValueSource::CommandLine) {
            return Vec::new();
        }
        let values = self.matches.get_raw(id).into_iter().flatten();
        values.map(OsString::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(call: &str, hint: &str) -> String {
        let words = shlex::split(call).expect("words");
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        Said::of(&words).complete(hint)
    }

    #[test]
    fn a_command_that_is_proposed_is_about_the_same_stack() {
        let call = "ollamactl health --wait 5s --host 127.0.0.1:1 --backend=stub -f 'a b.yaml'";
        assert_eq!(
            completed(call, "ollamactl up"),
            "ollamactl up --backend stub --host 127.0.0.1:1 --file 'a b.yaml'"
        );
        assert_eq!(
            completed(call, "have it again: ollamactl serve --background"),
            "have it again: ollamactl serve --background --backend stub --host 127.0.0.1:1"
        );
        // What the command says itself stays, and what it does not take is left out.
        assert_eq!(
            completed(call, "ollamactl restart --host 127.0.0.1:2"),
            "ollamactl restart --host 127.0.0.1:2 --backend stub"
        );
        assert_eq!(completed(call, "ollamactl version"), "ollamactl version");
        assert_eq!(
            completed("ollamactl health", "ollamactl up"),
            "ollamactl up"
        );
    }

    #[test]
    fn what_is_no_command_stays_as_it_is() {
        let call = "ollamactl up --host 127.0.0.1:1";
        for hint in [
            "docker info",
            "ollamactl down, then: ollamactl up",
            "HOME=/root ollamactl down",
            "ollamactl frobnicate",
            "unset OLLAMA_HOST",
        ] {
            assert_eq!(completed(call, hint), hint);
        }
    }
}
