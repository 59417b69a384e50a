//! Words that those type who know docker compose, and the command of ours that does that.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Error, ValueEnum as _};

use super::LogsPart;

/// What follows the program's name, the word of docker compose after it, and our command.
const WORDS: [(&str, &str, &str); 16] = [
    ("", "ps", "ollamactl status"),
    ("", "ls", "ollamactl status"),
    ("", "top", "ollamactl status"),
    ("", "start", "ollamactl up"),
    (
        "",
        "stop",
        "ollamactl gateway stop, or for all: ollamactl down",
    ),
    ("", "rm", "ollamactl down"),
    ("", "build", "ollamactl gateway build"),
    ("", "pull", "ollamactl pull-model"),
    ("", "run", "ollamactl up"),
    ("gateway", "logs", "ollamactl logs gateway"),
    ("gateway", "ps", "ollamactl status"),
    ("gateway", "status", "ollamactl status"),
    ("gateway", "health", "ollamactl health gateway"),
    ("gateway", "start", "ollamactl gateway up"),
    ("gateway", "rm", "ollamactl gateway down"),
    ("gateway", "pull", "ollamactl gateway up --pull always"),
];

/// Adds our command to an error about such a word.
pub(super) fn told(mut error: Error) -> Error {
    let tip = match text(&error, ContextKind::InvalidSubcommand) {
        Some(word) => ours(&error, &word),
        None => log_of_service(&error),
    };
    if let Some(tip) = tip {
        let tip = StyledStr::from(tip);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        // Not what it only looks like.
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// `logs SERVICE`: the parts that have logs are told from those that `health` knows.
fn log_of_service(error: &Error) -> Option<String> {
    let parts = LogsPart::value_variants().iter();
    let parts: Vec<String> = parts
        .filter_map(|part| Some(part.to_possible_value()?.get_name().to_owned()))
        .collect();
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(valid)) if *valid == parts => {
            let service = text(error, ContextKind::InvalidValue)?;
            Some(format!("ollamactl logs gateway {service}"))
        }
        _ => None,
    }
}

fn ours(error: &Error, word: &str) -> Option<String> {
    let mut words = WORDS.iter();
    let (_, _, command) = words.find(|(after, typed, _)| {
        *typed == word && is_about(error, "gateway") == (*after == "gateway")
    })?;
    Some((*command).to_owned())
}

/// Whether the error is about this command or one below it: its usage says.
fn is_about(error: &Error, command: &str) -> bool {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    usage.contains(&format!("{} {command} ", env!("CARGO_PKG_NAME")))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;

    fn said(line: &str) -> String {
        let args = line.split(' ').map(std::ffi::OsString::from);
        match Cli::of(args) {
            Ok(_) => panic!("{line} is a command"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn words_of_docker_compose_lead_to_our_commands() {
        for (line, ours) in [
            ("ollamactl ps", "tip: ollamactl status\n"),
            (
                "ollamactl stop",
                "tip: ollamactl gateway stop, or for all: ollamactl down\n",
            ),
            ("ollamactl start", "tip: ollamactl up\n"),
            ("ollamactl pull tiny", "tip: ollamactl pull-model\n"),
            ("ollamactl gateway logs -f", "tip: ollamactl logs gateway\n"),
            ("ollamactl gateway ps", "tip: ollamactl status\n"),
            (
                "ollamactl --quiet gateway start",
                "tip: ollamactl gateway up\n",
            ),
            ("ollamactl logs api", "tip: ollamactl logs gateway api\n"),
        ] {
            let said = said(line);
            assert!(said.contains(ours), "{line}: {said}");
        }
    }

    #[test]
    fn other_words_are_left_to_the_parser() {
        for line in [
            "ollamactl frobnicate",
            "ollamactl gateway frobnicate",
            "ollamactl health api",
        ] {
            let said = said(line);
            assert!(!said.contains("tip: ollamactl"), "{said}");
        }
        let near = said("ollamactl statu");
        assert!(near.contains("'status'"), "{near}");
    }

    #[test]
    fn the_commands_that_are_named_exist() {
        for (after, word, ours) in super::WORDS {
            for command in ours.split(", or for all: ") {
                let args = command.split(' ').map(std::ffi::OsString::from);
                assert!(Cli::of(args).is_ok(), "{after} {word}: {command}");
            }
        }
    }
}
