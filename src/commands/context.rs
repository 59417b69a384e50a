//! What every command has: who prints, where state lies, where the person stands.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{self, Bind, Config, Flags, Setting, Source};
use crate::error::{Context as _, Kind, Result};
use crate::event::Events;
use crate::gateway;
use crate::paths::Paths;
use crate::ui::Ui;

/// Shared by all commands.
pub(super) struct Context {
    /// Prints.
    pub ui: Ui,
    /// State and configuration folders.
    pub paths: Paths,
    /// Where the command was called.
    pub folder: PathBuf,
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    events: Events,
}

impl Context {
    pub fn new(ui: Ui) -> Result<Self> {
        Ok(Self {
            events: ui.events(),
            ui,
            paths: Paths::of_user()?,
            folder: std::env::current_dir().context(
                Kind::Usage,
                || "cannot tell the current folder; was it removed?",
            )?,
            // Variables that are not UTF-8 cannot be meant for us or for compose.
            environment: std::env::vars_os()
                .filter_map(|(key, value)| {
                    Some((key.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        })
    }

    /// The configuration under these flags. Where nothing else names the model, compose's `.env` does,
    /// so that the model that is pulled is the one that the gateway asks for.
    pub fn config(&self, flags: &Flags) -> Result<Config> {
        let mut config = config::load(flags, &self.folder, &self.paths, self.environment.clone())?;
        if config.model.source == Source::Default
            && let Some(model) = gateway::model_of_env_file(&config, &self.folder)
        {
            config.model = Setting {
                value: model.parse()?,
                source: Source::EnvFile,
            };
        }
        Ok(config)
    }

    /// Warns of what a configuration opens: off loopback, Ollama asks nobody who they are and lets them
    /// pull, push and delete.
    pub fn warn_if_exposed(&self, config: &Config) {
        let host = config.bind_host();
        if !host.is_exposed() || !host.is_local() {
            return;
        }
        let source = match config.backend.bind.value {
            Bind::All | Bind::Address(_) => &config.backend.bind.source,
            Bind::Relay | Bind::Loopback => &config.backend.host.source,
        };
        self.events().warn(format!(
            "the backend will listen on {host} ({source}): everybody who reaches this machine may use, \
             pull and delete models, without a password; --bind relay keeps it to this machine and its containers"
        ));
    }

    /// The sink for events.
    pub fn events(&self) -> Events {
        self.events.clone()
    }
}
