//! Which of the places that name a setting counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file::{self, USER_FILE};
use super::flags::Flags;
use super::places::{Places, beside, program_beside};
use super::{
    Backend, Bind, Config, DEFAULT_GATEWAY, DEFAULT_MODEL, DEFAULT_SERVICE, Gateway, GatewayMode,
    PullSettings, Setting, Source, resolve_embedded,
};
use crate::compose::{Release, explicit};
use crate::error::{Error, Result};
use crate::ollama::host;
use crate::paths::Paths;

/// Resolves the configuration as seen from `folder`.
pub fn load(
    flags: &Flags,
    folder: &Path,
    paths: &Paths,
    environment: BTreeMap<String, String>,
) -> Result<Config> {
    let project_file = project_file(flags, folder);
    let user_file = Some(paths.config.join(USER_FILE)).filter(|path| path.is_file());
    let files = [project_file, user_file];
    resolve(flags, folder, files, environment)
}

/// The configuration that everybody has who works at the repository: without variables, and without the
/// user's own file.
pub fn load_shared(flags: &Flags, folder: &Path) -> Result<Config> {
    let files = [project_file(flags, folder), None];
    resolve(flags, folder, files, BTreeMap::new())
}

/// The repository's file as seen from `folder`.
fn project_file(flags: &Flags, folder: &Path) -> Option<PathBuf> {
    file::find(&start(flags, folder))
}

/// Where the repository is looked for.
fn start(flags: &Flags, folder: &Path) -> PathBuf {
    let named = flags.project_directory.as_ref();
    named.map_or_else(|| folder.to_owned(), |path| folder.join(path))
}

/// The same folder by its one name.
fn real(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

fn resolve(
    flags: &Flags,
    folder: &Path,
    [project_file, user_file]: [Option<PathBuf>; 2],
    environment: BTreeMap<String, String>,
) -> Result<Config> {
    let files = [project_file.clone(), user_file]
        .into_iter()
        .flatten()
        .map(|path| Ok((path.clone(), file::read(&path)?)))
        .collect::<Result<Vec<_>>>()?;
    let places = Places {
        environment: &environment,
        files,
    };
    let (backend, mut warnings) = backend(flags, &places)?;
    warnings.extend(file::planted(&start(flags, folder)));
    let config = Config {
        model: places.text(
            "--model",
            flags.model.as_ref(),
            Some("OLLAMA_MODEL"),
            |f| f.model.as_ref(),
            DEFAULT_MODEL,
        )?,
        backend,
        pull: PullSettings {
            // Longer than the 30 s after which Ollama itself fetches a silent part anew.
            stall_timeout: places.duration(
                "--stall-timeout",
                flags.stall_timeout.as_ref(),
                |f| f.pull.stall_timeout.as_ref(),
                75,
            )?,
            tries: places.count(
                "--tries",
                flags.tries.as_ref(),
                |f| f.pull.tries.as_ref(),
                5,
            )?,
        },
        relay_admin: places.in_files(|f| f.relay.admin, false),
        relay_allow: places.in_files(|f| f.relay.allow.clone(), Vec::new()),
        gateway: gateway(flags, &places)?,
        folder: match project_file.as_deref().and_then(Path::parent) {
            Some(folder) => real(folder),
            None => real(&start(flags, folder)),
        },
        project_file,
        warnings,
        environment: BTreeMap::new(),
    };
    Ok(Config {
        environment,
        ..config
    })
}

/// The backend, and what is worth a warning.
fn backend(flags: &Flags, places: &Places) -> Result<(Backend, Vec<String>)> {
    let host = places.raw("--host", flags.host.as_ref(), Some("OLLAMA_HOST"), |f| {
        f.backend.host.as_ref()
    });
    if let Some((text, source)) = &host
        && text.contains('@')
    {
        // The text is not repeated: it may hold a password.
        return Err(Error::usage(format!(
            "{source}: a user name or a password (`@`) is no part of Ollama's address"
        ))
        .hint("leave out what stands before the @"));
    }
    let warnings = host.iter().filter_map(passed_over_port).collect();
    let backend = Backend {
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
            .path_with(
                "--ollama-bin",
                flags.program.as_ref(),
                "OLLAMACTL_OLLAMA_BIN",
                |f| f.backend.program.as_ref(),
                program_beside,
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
    };
    Ok((backend, warnings))
}

fn passed_over_port((text, source): &(String, Source)) -> Option<String> {
    let port = host::bad_port(text)?;
    let taken = host::parse(text);
    Some(format!(
        "{source}: {port:?} is not a port from 0 to 65535; as Ollama does, the default is taken: {taken}"
    ))
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
    if let Some(name) = &flags.project_name {
        explicit(name, "given with -p")?;
    }
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
        embedded: resolve_embedded::resolve(flags, places)?,
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
        Err(error) => Err(Error::usage(format!("{source}: {error}"))),
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
            cache: dir.path().join("cache"),
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
    fn a_program_may_be_a_bare_name_and_a_folder_is_beside_the_file() {
        let backend = |section: &str| {
            let fixture = fixture(&format!("backend: {{{section}}}"), "");
            let backend = fixture.load(&Flags::default(), &[]).expect("loads").backend;
            let folder = fixture.dir.path().to_owned();
            (backend.program.value, backend.models.value, folder)
        };
        for name in ["ollama", "ollama-next"] {
            let (program, ..) = backend(&format!("program: {name}"));
            assert_eq!(program, Path::new(name));
        }
        let (program, models, folder) = backend("program: ./ollama, models: ollama");
        assert_eq!(program, folder.join("ollama"));
        assert_eq!(models, Some(folder.join("ollama")));
        let (.., models, _) = backend("models: ~/ollama");
        let home = crate::process::users::own_home().expect("a home");
        assert_eq!(models, Some(home.join("ollama")));
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
}
