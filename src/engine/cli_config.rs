//! `config.json` of docker's command line: what people set there counts for every tool that asks an engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Endpoint;
use super::proxies::Proxies;
use crate::error::{Context as _, Kind, Result};
use crate::process::users;

/// Its name in [`folder`].
pub(super) const NAME: &str = "config.json";

/// What of the file is used here. Logins are read elsewhere: [`super::credentials`].
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CliConfig {
    pub current_context: Option<String>,
    /// By the engine's address, or `default` for those that have none of their own.
    proxies: BTreeMap<String, Proxies>,
}

impl CliConfig {
    /// The file in this folder. One that is not there, or is kept from this user, says nothing.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let Ok(text) = std::fs::read(&path) else {
            return Ok(Self::default());
        };
        serde_json::from_slice(&text)
            .context(Kind::Usage, || format!("{} is not valid", path.display()))
    }

    /// The proxies of what runs on this engine.
    pub fn proxies(mut self, endpoint: &Endpoint) -> Proxies {
        let own = self.proxies.remove(&endpoint.address);
        own.or_else(|| self.proxies.remove("default"))
            .unwrap_or_default()
    }
}

/// The file.
pub fn path() -> Option<PathBuf> {
    folder().map(|folder| folder.join(NAME))
}

/// Where docker's command line has its settings, contexts and plugins.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| users::own_home().map(|home| home.join(".docker")))
}
