//! Which of the places that name a setting counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::file::{self, File, USER_FILE};
use super::{
    Backend, Bind, Config, DEFAULT_GATEWAY, DEFAULT_MODEL, DEFAULT_SERVICE, Gateway, GatewayMode,
    Setting, Source,
};
use crate::compose::Release;
use crate::error::{Error, Result};
use crate::ollama::host;
use crate::paths::Paths;

/// What the command line said; `None` where it said nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--model`, or a model given as argument.
    pub model: Option<String>,
    /// `--backend`.
    pub backend: Option<String>,
    /// `--host`.
    pub host: Option<String>,
    /// `--bind`.
    pub bind: Option<String>,
    /// `--ollama-bin`.
    pub program: Option<PathBuf>,
    /// `--models-dir`.
    pub models: Option<PathBuf>,
    /// `--ready-timeout`.
    pub ready_timeout: Option<String>,
    /// `--stop-timeout`.
    pub stop_timeout: Option<String>,
    /// `--gateway`.
    pub gateway: Option<String>,
    /// `--service`.
    pub service: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `-f/--file`.
    pub files: Vec<PathBuf>,
    /// `-p/--project-name`.
    pub project_name: Option<String>,
    /// `--project-directory`.
    pub project_directory: Option<PathBuf>,
    /// `--env-file`.
    pub env_files: Vec<PathBuf>,
    /// `--profile`.
    pub profiles: Vec<String>,
}

/// Where values are looked for, strongest first.
struct Places<'a> {
    environment: &'a BTreeMap<String, String>,
    files: Vec<(PathBuf, File)>,
}

/// Resolves the configuration as seen from `folder`.
pub fn load(
    flags: &Flags,
    folder: &Path,
    paths: &Paths,
    environment: BTreeMap<String, String>,
) -> Result<Config> {
    let project_file = file::find(flags.project_directory.as_deref().unwrap_or(folder));
    let user_file = Some(paths.config.join(USER_FILE)).filter(|path| path.is_file());
    let files = [project_file.clone(), user_file]
        .into_iter()
        .flatten()
        .map(|path| Ok((path.clone(), file::read(&path)?)))
        .collect::<Result<Vec<_>>>()?;
    let places = Places {
        environment: &environment,
        files,
    };
    let config = Config {
        model: places.text(
            "--model",
            flags.model.as_ref(),
            Some("OLLAMA_MODEL"),
            |f| f.model.as_ref(),
            DEFAULT_MODEL,
        )?,
        backend: backend(flags, &places)?,
        relay_admin: places.in_files(|f| f.relay.admin, false),
        gateway: gateway(flags, &places)?,
        project_file,
        environment: BTreeMap::new(),
    };
    Ok(Config {
        environment,
        ..config
    })
}

fn backend(flags: &Flags, places: &Places) -> Result<Backend> {
    let host = places.raw("--host", flags.host.as_ref(), Some("OLLAMA_HOST"), |f| {
        f.backend.host.as_ref()
    });
    Ok(Backend {
        mode: places.text(
            "--backend",
            flags.backend.as_ref(),
            Some("OLLAMACTL_BACKEND"),
            |f| f.backend.mode.as_ref(),
            "ollama",
        )?,
        host: match host {
            Some((text, source)) => Setting {
                value: host::parse(&text),
                source,
            },
            None => Setting::default(host::parse("")),
        },
        bind: places.text::<Bind>(
            "--bind",
            flags.bind.as_ref(),
            Some("OLLAMACTL_BIND"),
            |f| f.backend.bind.as_ref(),
            "relay",
        )?,
        program: places
            .path(
                "--ollama-bin",
                flags.program.as_ref(),
                "OLLAMACTL_OLLAMA_BIN",
                |f| f.backend.program.as_ref(),
            )
            .unwrap_or_else(|| Setting::default(PathBuf::from("ollama"))),
        models: places
            .path(
                "--models-dir",
                flags.models.as_ref(),
                "OLLAMA_MODELS",
                |f| f.backend.models.as_ref(),
            )
            .map_or_else(
                || Setting::default(None),
                |found| Setting {
                    value: Some(found.value),
                    source: found.source,
                },
            ),
        environment: places.merged_environment(),
        ready_timeout: places.duration(
            "--ready-timeout",
            flags.ready_timeout.as_ref(),
            |f| f.backend.ready_timeout.as_ref(),
            60,
        )?,
        stop_timeout: places.duration(
            "--stop-timeout",
            flags.stop_timeout.as_ref(),
            |f| f.backend.stop_timeout.as_ref(),
            10,
        )?,
    })
}

fn gateway(flags: &Flags, places: &Places) -> Result<Gateway> {
    let files = if flags.files.is_empty() {
        places
            .files
            .iter()
            .find_map(|(path, file)| Some((path, file.gateway.files.as_ref()?)))
            .map_or_else(
                || Setting::default(Vec::new()),
                |(path, files)| Setting {
                    value: files.iter().map(|file| beside(path, file)).collect(),
                    source: Source::File(path.clone()),
                },
            )
    } else {
        Setting {
            value: flags.files.clone(),
            source: Source::Flag("--file"),
        }
    };
    let project_name = places
        .raw("--project-name", flags.project_name.as_ref(), None, |f| {
            f.gateway.project_name.as_ref()
        })
        .map_or_else(
            || Setting::default(None),
            |(name, source)| Setting {
                value: Some(name),
                source,
            },
        );
    Ok(Gateway {
        mode: places.text::<GatewayMode>(
            "--gateway",
            flags.gateway.as_ref(),
            Some("OLLAMACTL_GATEWAY"),
            |f| f.gateway.mode.as_ref(),
            "auto",
        )?,
        service: places.text(
            "--service",
            flags.service.as_ref(),
            Some("OLLAMACTL_SERVICE"),
            |f| f.gateway.service.as_ref(),
            DEFAULT_SERVICE,
        )?,
        listen: places.text(
            "--listen",
            flags.listen.as_ref(),
            Some("OLLAMACTL_GATEWAY_LISTEN"),
            |f| f.gateway.listen.as_ref(),
            DEFAULT_GATEWAY,
        )?,
        health_path: places.text(
            "",
            None,
            None,
            |f| f.gateway.health_path.as_ref(),
            "/healthz",
        )?,
        host_gateway: places.in_files(|f| f.gateway.host_gateway, true),
        files,
        project_name,
        compose_version: compose_version(places)?,
        project_directory: flags.project_directory.clone(),
        env_files: flags.env_files.clone(),
        profiles: flags.profiles.clone(),
    })
}

fn compose_version(places: &Places) -> Result<Setting<Option<Release>>> {
    let named = places.raw("", None, Some("OLLAMACTL_COMPOSE_VERSION"), |f| {
        f.gateway.compose_version.as_ref()
    });
    let Some((text, source)) = named else {
        return Ok(Setting::default(None));
    };
    match text.parse() {
        Ok(release) => Ok(Setting {
            value: Some(release),
            source,
        }),
        Err(error) => Err(bad_value(&text, &source, &format!("{error}"))),
    }
}

impl Places<'_> {
    /// The strongest place that has this value. An empty variable counts as not set, as in Ollama.
    fn raw(
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

    fn text<T: FromStr<Err: std::fmt::Display>>(
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
            Err(error) => Err(bad_value(&text, &source, &error.to_string())
                .hint("see every setting and its source: ollamactl config show")),
        }
    }

    fn path(
        &self,
        flag: &'static str,
        given: Option<&PathBuf>,
        variable: &'static str,
        in_file: impl Fn(&File) -> Option<&PathBuf>,
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
                value: beside(path, in_file(file)?),
                source: Source::File(path.clone()),
            })
        })
    }

    fn in_files<T>(&self, in_file: impl Fn(&File) -> Option<T>, default: T) -> Setting<T> {
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

    fn duration(
        &self,
        flag: &'static str,
        given: Option<&String>,
        in_file: impl Fn(&File) -> Option<&String>,
        default: u64,
    ) -> Result<Setting<Duration>> {
        let Some((text, source)) = self.raw(flag, given, None, &in_file) else {
            return Ok(Setting::default(Duration::from_secs(default)));
        };
        let value = parse_duration(&text).ok_or_else(|| {
            Error::usage(format!(
                "{source}: {text:?} is no duration: write 30, 30s, 2m or 500ms"
            ))
        })?;
        Ok(Setting { value, source })
    }

    /// The repository's variables win over the user's.
    fn merged_environment(&self) -> BTreeMap<String, String> {
        let mut merged = BTreeMap::new();
        for (_, file) in self.files.iter().rev() {
            merged.extend(file.backend.environment.clone());
        }
        merged
    }
}

/// Errors of other crates do not name the value.
fn bad_value(text: &str, source: &Source, why: &str) -> Error {
    if why.contains(text) {
        Error::usage(format!("{source}: {why}"))
    } else {
        Error::usage(format!("{source}: {text:?}: {why}"))
    }
}

/// Paths in a configuration file are relative to that file. A bare program name stays a name.
fn beside(file: &Path, path: &Path) -> PathBuf {
    if path.is_absolute() || path == Path::new("ollama") {
        return path.to_owned();
    }
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// Reads `30`, `30s`, `2m`, `1h`, `500ms`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "" | "s" => Some(Duration::from_secs(number)),
        "ms" => Some(Duration::from_millis(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    struct Fixture {
        dir: tempfile::TempDir,
        paths: Paths,
    }

    fn fixture(project: &str, user: &str) -> Fixture {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let paths = Paths {
            state: dir.path().join("state"),
            config: dir.path().join("config"),
        };
        std::fs::create_dir_all(&paths.config).expect("created");
        std::fs::write(paths.config.join(USER_FILE), user).expect("written");
        std::fs::write(dir.path().join(file::PROJECT_FILE), project).expect("written");
        Fixture { dir, paths }
    }

    impl Fixture {
        fn load(&self, flags: &Flags, environment: &[(&str, &str)]) -> Result<Config> {
            let environment = environment
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            load(flags, self.dir.path(), &self.paths, environment)
        }
    }

    #[test]
    fn flags_beat_environment_beats_project_beats_user_beats_default() {
        let all = fixture("model: project", "model: user");
        let flags = Flags {
            model: Some("flag".to_owned()),
            ..Flags::default()
        };
        let model = |config: Config| config.model.value.to_string();
        assert_eq!(
            model(all.load(&flags, &[("OLLAMA_MODEL", "env")]).expect("loads")),
            "flag"
        );
        let none = Flags::default();
        assert_eq!(
            model(all.load(&none, &[("OLLAMA_MODEL", "env")]).expect("loads")),
            "env"
        );
        assert_eq!(
            model(all.load(&none, &[("OLLAMA_MODEL", "")]).expect("loads")),
            "project"
        );
        assert_eq!(
            model(fixture("", "model: user").load(&none, &[]).expect("loads")),
            "user"
        );
        assert_eq!(
            model(fixture("", "").load(&none, &[]).expect("loads")),
            DEFAULT_MODEL
        );
    }

    #[test]
    fn a_bad_value_names_its_source() {
        let bad = fixture("backend: {bind: everywhere}", "");
        let error = bad.load(&Flags::default(), &[]).expect_err("bad bind");
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error.message.contains("ollamactl.yaml") && error.message.contains("everywhere"),
            "{}",
            error.message
        );
    }

    #[test]
    fn bind_decides_the_host_that_is_bound() {
        for (bind, bound) in [
            ("relay", "127.0.0.1:5"),
            ("loopback", "127.0.0.1:5"),
            ("all", "0.0.0.0:5"),
            ("10.0.0.1", "10.0.0.1:5"),
        ] {
            let flags = Flags {
                bind: Some(bind.to_owned()),
                host: Some("127.0.0.1:5".to_owned()),
                ..Flags::default()
            };
            let config = fixture("", "").load(&flags, &[]).expect("loads");
            assert_eq!(config.bind_host().authority(), bound, "{bind}");
        }
    }

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
        ] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
