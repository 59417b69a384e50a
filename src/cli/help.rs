//! The command line as clap has it, with what the definitions of its arguments do not say: what `-h`
//! leaves to `--help`, the examples at the end, and what a shell offers for a value.

use clap::builder::styling::Styles;
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _, ValueHint};

use super::{Cli, elsewhere, examples, joined};

/// Settings that most commands share. They come from files and variables too, so the short help leaves
/// them out.
const SETTINGS: [&str; 3] = ["Model", "Backend", "Gateway"];

impl Cli {
    /// Reads the arguments, the program's name first.
    pub fn of(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        let mut definition = definition();
        let matches = definition
            .try_get_matches_from_mut(joined(args))
            .map_err(elsewhere::told)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))
    }
}

/// The whole command line, for the parser, the completions and the man pages.
pub fn definition() -> Command {
    complete(Cli::command(), "")
}

/// This command and those below it; `words` are its name without the program's.
fn complete(command: Command, words: &str) -> Command {
    let command = command.mut_args(|arg| hinted(shortened(arg)));
    let command = command.mut_subcommands(|inner| {
        let words = format!("{words} {}", inner.get_name());
        complete(inner, words.trim_start())
    });
    let examples = examples::lines(words);
    if examples.is_empty() {
        return command;
    }
    let header = Styles::styled().get_header().to_owned();
    let long = format!("{header}Examples:{header:#}\n{}", examples.join("\n"));
    let more = format!("\n\nMore settings, and what they mean: ollamactl {words} --help");
    let short = if command.get_arguments().any(is_setting) {
        format!("{long}{more}")
    } else {
        long.clone()
    };
    command.after_help(short).after_long_help(long)
}

fn is_setting(arg: &Arg) -> bool {
    arg.get_help_heading()
        .is_some_and(|heading| SETTINGS.contains(&heading))
}

fn shortened(arg: Arg) -> Arg {
    let hidden = is_setting(&arg);
    arg.hide_short_help(hidden)
}

/// What a value is, told by its name: a file, a folder, or nothing that a shell could know.
fn hinted(arg: Arg) -> Arg {
    let name = arg.get_value_names().and_then(|names| names.first());
    let hint = match name.map(clap::builder::Str::as_str) {
        Some("PATH") => ValueHint::FilePath,
        Some("DIR") => ValueHint::DirPath,
        _ => ValueHint::Other,
    };
    if arg.get_action().takes_values() {
        arg.value_hint(hint)
    } else {
        arg
    }
}
