//! `ollamactl.yaml`: what it may hold, how it is found and read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Bind, GatewayMode, Mode, check, fault};
use crate::compose::Release;
use crate::error::{Context, Kind, Result};
use crate::ollama::ModelName;
#[cfg(unix)]
use crate::process::users;

/// The repository's file, looked for upwards like a compose file.
pub const PROJECT_FILE: &str = "ollamactl.yaml";
/// The user's own file in the configuration folder.
pub const USER_FILE: &str = "config.yaml";

/// The content of a configuration file. Unknown keys are errors, so that a typo is not a silent default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "keys with their values")]
pub(super) struct File {
    #[serde(default, deserialize_with = "check::parsed::<_, ModelName>")]
    pub model: Option<String>,
    #[serde(default, deserialize_with = "check::section")]
    pub backend: BackendSection,
    #[serde(default, deserialize_with = "check::section")]
    pub pull: PullSection,
    #[serde(default, deserialize_with = "check::section")]
    pub relay: RelaySection,
    #[serde(default, deserialize_with = "check::section")]
    pub gateway: GatewaySection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a section: its keys, indented, below it"
)]
pub(super) struct BackendSection {
    #[serde(default, deserialize_with = "check::parsed::<_, Mode>")]
    pub mode: Option<String>,
    pub host: Option<String>,
    #[serde(default, deserialize_with = "check::parsed::<_, Bind>")]
    pub bind: Option<String>,
    pub program: Option<PathBuf>,
    pub models: Option<PathBuf>,
    #[serde(default, deserialize_with = "check::environment")]
    pub environment: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "check::time")]
    pub ready_timeout: Option<String>,
    #[serde(default, deserialize_with = "check::time")]
    pub stop_timeout: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a section: its keys, indented, below it"
)]
pub(super) struct PullSection {
    #[serde(default, deserialize_with = "check::time")]
    pub stall_timeout: Option<String>,
    #[serde(default, deserialize_with = "check::positive")]
    pub tries: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a section: its keys, indented, below it"
)]
pub(super) struct RelaySection {
    #[serde(default, deserialize_with = "check::flag")]
    pub admin: Option<bool>,
    #[serde(default, deserialize_with = "check::networks")]
    pub allow: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a section: its keys, indented, below it"
)]
pub(super) struct GatewaySection {
    #[serde(default, deserialize_with = "check::parsed::<_, GatewayMode>")]
    pub mode: Option<String>,
    pub service: Option<String>,
    #[serde(default, deserialize_with = "check::address")]
    pub listen: Option<String>,
    #[serde(default, deserialize_with = "check::url_path")]
    pub health_path: Option<String>,
    #[serde(default, deserialize_with = "check::flag")]
    pub host_gateway: Option<bool>,
    pub files: Option<Vec<PathBuf>>,
    #[serde(default, deserialize_with = "check::project_name")]
    pub project_name: Option<String>,
    #[serde(default, deserialize_with = "check::parsed::<_, Release>")]
    pub compose_version: Option<String>,
    pub key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "check::origins")]
    pub cors_origins: Option<Vec<String>>,
    #[serde(default, deserialize_with = "check::access_log")]
    pub access_log: Option<String>,
    #[serde(default, deserialize_with = "check::positive")]
    pub max_connections: Option<String>,
    #[serde(default, deserialize_with = "check::positive")]
    pub max_requests: Option<String>,
    #[serde(default, deserialize_with = "check::number")]
    pub max_queue: Option<String>,
    #[serde(default, deserialize_with = "check::size")]
    pub max_body: Option<String>,
    #[serde(default, deserialize_with = "check::time")]
    pub queue_timeout: Option<String>,
    #[serde(default, deserialize_with = "check::time")]
    pub idle_timeout: Option<String>,
    #[serde(default, deserialize_with = "check::time")]
    pub drain_timeout: Option<String>,
}

/// Finds the repository's file in `folder` or the nearest parent that has one. What anybody may have put there
/// is passed over: it names programs that are run.
pub fn find(folder: &Path) -> Option<PathBuf> {
    candidates(folder).find(|path| !is_planted(path))
}

/// The file that [`find`] passes over, for people.
pub fn planted(folder: &Path) -> Option<String> {
    let path = candidates(folder).next().filter(|path| is_planted(path))?;
    Some(format!(
        "{} is another user's, in a folder where everybody may write, so it is not read",
        path.display()
    ))
}

fn candidates(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let all = folder.ancestors().map(|folder| folder.join(PROJECT_FILE));
    all.filter(|path| path.is_file())
}

/// It belongs neither to this user nor to root, and everybody may write into its folder, as into `/tmp`.
#[cfg(unix)]
fn is_planted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const EVERYBODY: u32 = 0o002;
    let owner = path.metadata().map(|file| file.uid());
    let is_foreign = owner.is_ok_and(|uid| uid != 0 && Some(uid) != users::own());
    let folder = path.parent().and_then(|folder| folder.metadata().ok());
    is_foreign && folder.is_some_and(|folder| folder.mode() & EVERYBODY != 0)
}

/// Who owns a file is not asked on this platform.
#[cfg(not(unix))]
fn is_planted(_path: &Path) -> bool {
    false
}

/// Reads a configuration file; one that is empty sets nothing.
pub(super) fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path)
        .context(Kind::Usage, || format!("cannot read {}", path.display()))?;
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(File::default());
    }
    serde_yaml::from_str(&text).map_err(|error| fault::retold(path, &text, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_anybody_may_have_put_there_is_passed_over() {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (open, deep) = (dir.path().join("open"), dir.path().join("open/own"));
        std::fs::create_dir_all(&deep).expect("made");
        let everybody = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(&open, everybody).expect("set");
        let file = open.join(PROJECT_FILE);
        std::fs::write(&file, "").expect("written");
        assert_eq!((find(&deep), planted(&deep)), (Some(file.clone()), None));
        // Only root may give a file away.
        if chown(&file, Some(65_534), None).is_ok() {
            assert_eq!(find(&deep), None);
            let told = planted(&deep).expect("told of");
            assert!(told.contains("another user's"), "{told}");
        }
    }

    /// The error of this file's text, and its hints.
    fn fault(text: &str) -> (String, String) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join(PROJECT_FILE);
        std::fs::write(&path, text).expect("written");
        let error = read(&path).expect_err(text);
        assert_eq!(error.kind, Kind::Usage);
        let message = error.message.strip_prefix(&format!("{}:", path.display()));
        let message = message.expect("it begins with the file");
        (message.to_owned(), error.hints.join(" "))
    }

    #[test]
    fn what_may_be_secret_is_not_repeated() {
        for text in [
            "-----BEGIN KEY-----\nSECRET\n-----END KEY-----\n",
            "backend: {environment: TOKEN=SECRET}\n",
        ] {
            let (message, _) = fault(text);
            assert!(message.contains("a text"), "{message}");
            assert!(!message.contains("SECRET"), "{message}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_a_close_one() {
        for (text, message, hint) in [
            (
                "model: a\nbackend:\n  hots: 127.0.0.1\n",
                "3:3: there is no key backend.hots",
                "did you mean backend.host?",
            ),
            (
                "modle: a\n",
                "1:1: there is no key modle",
                "did you mean model?",
            ),
            (
                "pull: {xyz: 1}\n",
                "1:8: there is no key pull.xyz",
                "keys of pull: stall_timeout, tries",
            ),
        ] {
            assert_eq!(fault(text), (message.to_owned(), hint.to_owned()));
        }
    }

    #[test]
    fn a_bad_value_is_told_with_its_place_its_key_and_what_to_write() {
        for (text, message) in [
            (
                "backend:\n  bind: everywhere\n",
                "2:9: backend.bind: \"everywhere\" is no bind: use relay, loopback, all or an IP address",
            ),
            (
                "backend:\n  ready_timeout: 5y\n",
                "2:18: backend.ready_timeout: \"5y\" is no duration: write 500ms, 30, 30s, 2m or 1h",
            ),
            (
                "gateway:\n  listen: 9104\n",
                "2:11: gateway.listen: \"9104\" is no address with a port: write 127.0.0.1:9104",
            ),
            (
                "gateway: {host_gateway: yes}\n",
                "1:25: gateway.host_gateway: \"yes\": write true or false",
            ),
            (
                "gateway: {cors_origins: https://a.test}\n",
                "1:25: gateway.cors_origins: invalid type: string \"https://a.test\", expected a list: [one, two]",
            ),
            (
                "model: [a]\n",
                "1:8: model: invalid type: sequence, expected one plain value",
            ),
            (
                "backend: ollama\n",
                "1:10: backend: invalid type: string \"ollama\", expected a section: its keys, indented, below it",
            ),
            ("model: a\nmodel: b\n", "1:1: the key model is there twice"),
            (
                "pull:\n  tries: 0\n",
                "2:10: pull.tries: \"0\" is no number from 1 up",
            ),
            (
                "backend: {environment: {OLLAMA_HOST: x}}\n",
                "1:24: backend.environment: OLLAMA_HOST has a key of its own: write it as backend.host",
            ),
            (
                "gateway: {health_path: healthz}\n",
                "1:24: gateway.health_path: \"healthz\" does not begin with /: write /healthz",
            ),
            (
                "relay: {allow: [a, '10.0.0.0/99']}\n",
                "1:16: relay.allow: \"10.0.0.0/99\" is neither a network's name nor a subnet: write names of the engine's networks, subnets (172.18.0.0/16) or addresses",
            ),
        ] {
            assert_eq!(fault(text).0, message);
        }
    }

    #[test]
    fn a_section_of_comments_and_a_number_as_a_time_are_fine() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join(PROJECT_FILE);
        let text = "backend:\n  # host: x\npull: {stall_timeout: 30, tries: 3}\nmodel:\n";
        std::fs::write(&path, text).expect("written");
        let file = read(&path).expect("fine");
        assert_eq!(file.pull.stall_timeout.as_deref(), Some("30"));
        assert_eq!(file.model, None);
    }

    #[test]
    fn the_nearest_file_upwards_counts() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).expect("created");
        std::fs::write(dir.path().join("a").join(PROJECT_FILE), "# nothing\n").expect("written");
        assert_eq!(find(&deep), Some(dir.path().join("a").join(PROJECT_FILE)));
    }
}
