//! The places that a value may come from, and how it is read there.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::file::File;
use super::{Setting, Source};
use crate::error::{Error, Result};
use crate::process::users;

/// Where values are looked for beside the flags, strongest first.
pub(super) struct Places<'a> {
    pub environment: &'a BTreeMap<String, String>,
    pub files: Vec<(PathBuf, File)>,
}

impl Places<'_> {
    /// A setting without a flag, read by `read`, whose error says what is expected.
    pub fn read<T>(
        &self,
        variable: &'static str,
        in_file: impl Fn(&File) -> Option<String>,
        read: impl Fn(&str) -> Result<T, String>,
        default: T,
    ) -> Result<Setting<T>> {
        let set = self.environment.get(variable);
        let found = match set.filter(|text| !text.trim().is_empty()) {
            Some(text) => Some((text.clone(), Source::Environment(variable))),
            None => self
                .files
                .iter()
                .find_map(|(path, file)| Some((in_file(file)?, Source::File(path.clone())))),
        };
        let Some((text, source)) = found else {
            return Ok(Setting::default(default));
        };
        match read(text.trim()) {
            Ok(value) => Ok(Setting { value, source }),
            Err(why) => Err(bad_value(&text, &source, &why)),
        }
    }

    /// The strongest place that has this value. An empty variable counts as not set, as in Ollama.
    pub fn raw(
        &self,
        flag: &'static str,
        given: Option<&String>,
        variable: Option<&'static str>,
        in_file: impl Fn(&File) -> Option<&String>,
    ) -> Option<(String, Source)> {
        if let Some(text) = given {
            return Some((text.clone(), Source::Flag(flag)));
        }
        if let Some(name) = variable
            && let Some(text) = self
                .environment
                .get(name)
                .filter(|text| !text.trim().is_empty())
        {
            return Some((text.clone(), Source::Environment(name)));
        }
        self.files
            .iter()
            .find_map(|(path, file)| Some((in_file(file)?.clone(), Source::File(path.clone()))))
    }

    pub fn text<T: FromStr<Err: Display>>(
        &self,
        flag: &'static str,
        given: Option<&String>,
        variable: Option<&'static str>,
        in_file: impl Fn(&File) -> Option<&String>,
        default: &str,
    ) -> Result<Setting<T>> {
        let (text, source) = self
            .raw(flag, given, variable, &in_file)
            .unwrap_or_else(|| (default.to_owned(), Source::Default));
        match text.parse() {
            Ok(value) => Ok(Setting { value, source }),
            Err(error) => Err(bad_value(&text, &source, &error.to_string())),
        }
    }

    /// A path; in a configuration file it is relative to that file.
    pub fn path(
        &self,
        flag: &'static str,
        given: Option<&PathBuf>,
        variable: &'static str,
        in_file: impl Fn(&File) -> Option<&PathBuf>,
    ) -> Option<Setting<PathBuf>> {
        self.path_with(flag, given, variable, in_file, beside)
    }

    /// The same, where `from_file` says what a configuration file means by it.
    pub fn path_with(
        &self,
        flag: &'static str,
        given: Option<&PathBuf>,
        variable: &'static str,
        in_file: impl Fn(&File) -> Option<&PathBuf>,
        from_file: impl Fn(&Path, &Path) -> PathBuf,
    ) -> Option<Setting<PathBuf>> {
        if let Some(path) = given {
            return Some(Setting {
                value: path.clone(),
                source: Source::Flag(flag),
            });
        }
        if let Some(text) = self
            .environment
            .get(variable)
            .filter(|text| !text.is_empty())
        {
            return Some(Setting {
                value: PathBuf::from(text),
                source: Source::Environment(variable),
            });
        }
        self.files.iter().find_map(|(path, file)| {
            Some(Setting {
                value: from_file(path, in_file(file)?),
                source: Source::File(path.clone()),
            })
        })
    }

    pub fn in_files<T>(&self, in_file: impl Fn(&File) -> Option<T>, default: T) -> Setting<T> {
        self.files
            .iter()
            .find_map(|(path, file)| {
                Some(Setting {
                    value: in_file(file)?,
                    source: Source::File(path.clone()),
                })
            })
            .unwrap_or_else(|| Setting::default(default))
    }

    pub fn duration(
        &self,
        flag: &'static str,
        given: Option<&String>,
        in_file: impl Fn(&File) -> Option<&String>,
        default: u64,
    ) -> Result<Setting<Duration>> {
        let Some((text, source)) = self.raw(flag, given, None, &in_file) else {
            return Ok(Setting::default(Duration::from_secs(default)));
        };
        let value = duration(&source, &text)?;
        Ok(Setting { value, source })
    }

    /// A number from 1 up.
    pub fn count(
        &self,
        flag: &'static str,
        given: Option<&String>,
        in_file: impl Fn(&File) -> Option<&String>,
        default: u32,
    ) -> Result<Setting<u32>> {
        let Some((text, source)) = self.raw(flag, given, None, &in_file) else {
            return Ok(Setting::default(default));
        };
        match text.parse() {
            Ok(value @ 1..) => Ok(Setting { value, source }),
            _ => Err(Error::usage(format!(
                "{source}: {text:?} is no number from 1 up"
            ))),
        }
    }

    /// The repository's variables win over the user's.
    pub fn merged_environment(&self) -> BTreeMap<String, String> {
        let mut merged = BTreeMap::new();
        for (_, file) in self.files.iter().rev() {
            merged.extend(file.backend.environment.clone());
        }
        merged
    }
}

/// Errors of other crates do not name the value.
fn bad_value(text: &str, source: &Source, why: &str) -> Error {
    let error = if why.contains(text) {
        Error::usage(format!("{source}: {why}"))
    } else {
        Error::usage(format!("{source}: {text:?}: {why}"))
    };
    // No command shows the settings while one of them is wrong.
    match source {
        Source::Environment(name) => error.hint(format!(
            "correct it, or take what else is configured: unset {name}"
        )),
        Source::File(path) => {
            error.hint(format!("correct it in {}, or leave it out", path.display()))
        }
        Source::EnvFile => error.hint("correct it in .env, or leave it out"),
        Source::Flag(_) | Source::Default => error,
    }
}

/// Paths in a configuration file are relative to that file; `~/` is the home folder, as in a shell.
pub(super) fn beside(file: &Path, path: &Path) -> PathBuf {
    if let Ok(rest) = path.strip_prefix("~")
        && let Some(home) = users::own_home()
    {
        return home.join(rest);
    }
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// The same for a program, of which a bare name stays one: it is looked up on `PATH`.
pub(super) fn program_beside(file: &Path, program: &Path) -> PathBuf {
    if program.components().count() == 1 {
        return program.to_owned();
    }
    beside(file, program)
}

/// A duration that `source` gives: a flag, or a place of the configuration.
pub fn duration(source: impl Display, text: &str) -> Result<Duration> {
    parse_duration(text).ok_or_else(|| {
        Error::usage(format!(
            "{source}: {text:?} is no duration: write 500ms, 30, 30s, 2m or 1h"
        ))
    })
}

/// Reads `30`, `30s`, `2m`, `1h`, `500ms`; at most a hundred years, so that a deadline can be added up.
pub fn parse_duration(text: &str) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let duration = match &text[digits.len()..] {
        "" | "s" => Duration::from_secs(number),
        "ms" => Duration::from_millis(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        "h" => Duration::from_secs(number.checked_mul(3600)?),
        _ => return None,
    };
    (duration <= LONGEST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("30"), Some(Duration::from_secs(30)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Some(Duration::from_mins(2)));
        for bad in [
            "",
            "s",
            "-1",
            "1y",
            "99999999999999999999",
            "18446744073709551615h",
            "18446744073709551615",
            "876001h",
        ] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
