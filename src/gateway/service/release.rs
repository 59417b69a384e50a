//! The release of compose whose work ours is like. What compose writes into labels differs between its
//! releases, and one replaces what does not look like its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::compose::{Project, Release};

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

/// The release that is installed on this machine: it is what will see our containers next. Asked
/// only for a project that has no container yet, since it costs the start of a program.
pub(super) async fn installed(project: &Project) -> Option<Release> {
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
    let understood = !version.starts_with("1.");
    understood.then(|| version.parse().ok()).flatten()
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
