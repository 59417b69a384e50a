//! The release of compose whose work ours is like. What compose writes into labels differs between its
//! releases, and one replaces what does not look like its own.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::compose::Release;
use crate::engine::cli_config;
use crate::paths;

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

/// The file with the last answer, in the cache folder.
const REMEMBERED: &str = "compose-release.json";

/// The release that is installed on this machine: it is what will see our containers next. Asked
/// only for a project that has no container yet, and remembered in `cache`, since it costs the start of a
/// large program.
pub(super) async fn installed(cache: Option<&Path>) -> Option<Release> {
    let path = programs().find(|path| path.is_file())?;
    let program = Program::of(&path);
    if let (Some(program), Some(cache)) = (&program, cache)
        && let Some(version) = recall(program, cache)
    {
        return understood(&version);
    }
    let version = ask(&path).await?;
    if let (Some(program), Some(cache)) = (program, cache) {
        remember(program, &version, cache);
    }
    understood(&version)
}

/// What `docker-compose version --short` prints.
async fn ask(program: &Path) -> Option<String> {
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
    let succeeded = output.status.success();
    succeeded.then(|| String::from_utf8(output.stdout).ok())?
}

/// The release of what was printed, as the label has it: without what a distribution or Docker Desktop adds.
fn understood(version: &str) -> Option<Release> {
    let version = version.trim().trim_start_matches('v');
    let version = version.split(['-', '+']).next().unwrap_or_default();
    // Release 1 had labels and hashes of its own.
    let understood = !version.starts_with("1.");
    understood.then(|| version.parse().ok()).flatten()
}

/// A program whose answer stays the same as long as all of this does.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Program {
    /// Where it is, without symbolic links.
    path: PathBuf,
    /// Bytes.
    size: u64,
    /// When its content changed last.
    modified: SystemTime,
}

impl Program {
    /// `None` for a script: it may start another program each time.
    fn of(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        let mut start = [0; 2];
        File::open(&path).ok()?.read_exact(&mut start).ok()?;
        let metadata = fs::metadata(&path).ok()?;
        (start != *b"#!").then_some(Self {
            path,
            size: metadata.len(),
            modified: metadata.modified().ok()?,
        })
    }
}

/// An answer, and whose it was.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    program: Program,
    version: String,
}

/// What this program said before. A file that is damaged or somebody else's says nothing.
fn recall(program: &Program, cache: &Path) -> Option<String> {
    let text = paths::read_private(&cache.join(REMEMBERED)).ok()??;
    let answer: Answer = serde_json::from_str(&text).ok()?;
    (answer.program == *program).then_some(answer.version)
}

/// Where it cannot be written, the program is asked again next time.
fn remember(program: Program, version: &str, cache: &Path) {
    let version = version.trim().to_owned();
    let Ok(text) = serde_json::to_vec(&Answer { program, version }) else {
        return;
    };
    if paths::create_private_dir(cache).is_ok() {
        let _ = paths::replace_private(&cache.join(REMEMBERED), &text);
    }
}

/// Where compose may be, in the order in which docker's command line looks, then PATH. The environment of
/// this process alone says where: a project's `.env` could name a program of the project's own, and that
/// would run on this machine.
fn programs() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    cli_config::folder()
        .map(|folder| folder.join("cli-plugins"))
        .into_iter()
        .chain(PLUGIN_FOLDERS.map(PathBuf::from))
        .chain(path)
        .map(move |folder| folder.join(&name))
}
