//! What every command has: who prints, where state lies, where the person stands.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::Said;
use crate::config::{self, Config, Flags, Setting, Source};
use crate::error::{Context as _, Error, Kind, Result};
use crate::event::Events;
use crate::gateway::{self, Gateway};
use crate::paths::{self, Paths};
use crate::ui::Ui;

/// Shared by all commands.
pub(super) struct Context {
    /// Prints.
    pub ui: Ui,
    /// What was called.
    pub said: Said,
    /// State and configuration folders.
    pub paths: Paths,
    /// Where the command was called.
    pub folder: PathBuf,
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    events: Events,
}

impl Context {
    pub fn new(ui: Ui, said: Said) -> Result<Self> {
        Ok(Self {
            said,
            events: ui.events(),
            ui,
            paths: Paths::of_user()?,
            folder: paths::current_folder()
                .context(
                    Kind::Usage,
                    || "cannot tell the current folder; was it removed?",
                )
                .map_err(|error| error.hint("go to one that is there: cd ~"))?,
            environment: environment()?,
        })
    }

    /// The configuration under these flags. Where nothing else names the model, compose's `.env` does,
    /// so that the model that is pulled is the one that the gateway asks for.
    pub fn config(&self, flags: &Flags) -> Result<Config> {
        let mut config = config::load(flags, &self.folder, &self.paths, self.environment.clone())?;
        if config.model.source == Source::Default
            && let Some(model) = gateway::model_of_env_file(&config, &self.folder)
        {
            let source = Source::EnvFile;
            let value = model.parse().map_err(|mut error: Error| {
                error.message = format!("{source}: {}", error.message);
                error
            })?;
            config.model = Setting { value, source };
        }
        for warning in &config.warnings {
            self.ui.warn(warning);
        }
        for (name, value, source) in config.entries() {
            if *source != Source::Default {
                self.events
                    .detail(format!("config: {name} = {value} ({source})"));
            }
        }
        Ok(config)
    }

    /// Passes on what compose would warn of while it reads the project, and says where compose would read
    /// another model.
    pub fn warn_of_project(&self, config: &Config, gateway: &Gateway) {
        let Gateway::Compose(compose) = gateway else {
            return;
        };
        let warnings = compose.project.warnings.iter().cloned();
        let model = gateway::model_of_compose(config, &self.folder);
        for warning in warnings.chain(model) {
            self.events.warn(warning);
        }
    }

    /// Says it where a compose file lacks the gateway's service.
    pub fn tell_of_passed_over(&self, config: &Config, gateway: &Gateway) {
        if matches!(gateway, Gateway::Embedded(_))
            && let Some(text) = gateway::passed_over(config, &self.folder)
        {
            self.ui.say(&format!("note: {text}"));
        }
    }

    /// The sink for events.
    pub fn events(&self) -> Events {
        self.events.clone()
    }
}

/// The variables of the process. What is not UTF-8 is another program's; where it bears a name of ours, it
/// is a mistake that must not pass for a variable that is not set.
fn environment() -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (key, value) in std::env::vars_os() {
        let Ok(key) = key.into_string() else { continue };
        match value.into_string() {
            Ok(value) => {
                variables.insert(key, value);
            }
            Err(value) if key.starts_with("OLLAMA") => {
                let message = format!("{key} is not valid UTF-8: {}", value.display());
                return Err(Error::usage(message).hint(format!("correct it, or: unset {key}")));
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}
