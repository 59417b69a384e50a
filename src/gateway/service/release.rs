//! The release of compose whose work ours is like. What compose writes into labels differs between its
//! releases, and one replaces what does not look like its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::compose::{Dialect, Project};

/// Where nothing says which release is used: one that is widely spread.
const DEFAULT: &str = "2.40.3";

/// Compose's program, as a plugin of docker's command line and standing alone.
const PROGRAM: &str = "docker-compose";

/// Where docker's command line looks for plugins, besides its configuration folder.
const PLUGIN_FOLDERS: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// A program that says nothing for so long is not asked any more.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// A release of compose: it decides what `config-hash`, `version` and `replace` hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release(String);

impl Default for Release {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl Release {
    /// The release that made what the project has, by the `version` labels of that.
    pub(super) fn of<'a>(mut labels: impl Iterator<Item = &'a str>) -> Option<Self> {
        let known = labels.find(|version| Dialect::of_version(version).is_some());
        known.map(|version| Self(version.to_owned()))
    }

    /// The release that is installed on this machine: it is what will see our containers next. Asked
    /// only for a project that has no container yet, since it costs the start of a program.
    pub(super) async fn installed(project: &Project) -> Option<Self> {
        let program = programs(project).find(|path| path.is_file())?;
        let output = tokio::process::Command::new(program)
            .args(["version", "--short"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(ANSWER_LIMIT, output)
            .await
            .ok()?
            .ok()?;
        let version = String::from_utf8(output.stdout).ok()?;
        // As the label has it: without what a distribution or Docker Desktop adds.
        let version = version.trim().trim_start_matches('v');
        let version = version.split(['-', '+']).next().unwrap_or_default();
        // Release 1 had labels and hashes of its own.
        let understood = Dialect::of_version(version).is_some() && !version.starts_with("1.");
        understood.then(|| Self(version.to_owned()))
    }

    /// As the `version` label has it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What it hashes.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect::of_version(&self.0).unwrap_or(Dialect::B)
    }

    /// Whether it mounts volumes and plain folders as `Binds`, and only what has options as `Mounts`. Earlier
    /// releases did so only for folders that the engine makes where they are missing.
    pub(super) fn prefers_binds(&self) -> bool {
        self.is_at_least(2, 35)
    }

    /// Whether its client writes capabilities in upper case, with their prefix, and sorted.
    pub(super) fn writes_capabilities_in_full(&self) -> bool {
        self.is_at_least(2, 34)
    }

    /// Whether it hands the options of a reserved device over.
    pub(super) fn passes_device_options(&self) -> bool {
        self.is_at_least(2, 30)
    }

    /// Whether it is this one or newer.
    pub(super) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self
            .0
            .trim_start_matches('v')
            .split('.')
            .map_while(|part| part.parse().ok());
        (numbers.next(), numbers.next()) >= (Some(major), Some(minor))
    }
}

/// Where compose may be, in the order in which docker's command line looks, then PATH.
fn programs(project: &Project) -> impl Iterator<Item = PathBuf> {
    let variable = |name: &str| {
        project
            .environment
            .get(name)
            .filter(|value| !value.is_empty())
    };
    let configuration = variable("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".docker")));
    let path = variable("PATH").cloned().unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    configuration
        .map(|folder| folder.join("cli-plugins"))
        .into_iter()
        .chain(PLUGIN_FOLDERS.map(PathBuf::from))
        .chain(path)
        .map(move |folder| folder.join(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_that_can_be_read_decides() {
        let release = Release::of(["dev", "2.26.1-4", "2.40.3"].into_iter()).expect("known");
        assert_eq!(release.as_str(), "2.26.1-4");
        assert_eq!(release.dialect(), Dialect::A);
        assert!(release.is_at_least(2, 26) && !release.is_at_least(2, 31));
        assert_eq!(Release::of(["dev"].into_iter()), None);
    }
}
