//! Where ollamactl keeps what it must remember, and how private files are written.
//!
//! State lives in the user's state folder (`$XDG_STATE_HOME/ollamactl`, usually
//! `~/.local/state/ollamactl`), never under `/tmp`: folders 0700, files 0600, symbolic links refused.
//! The runtime folder is not used, because it goes away at logout while a background backend stays.

mod mend;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::{Context, Error, Kind, Result};
use crate::process::commands;
#[cfg(target_os = "linux")]
use crate::process::users;
pub use mend::mend;

/// The folders of one user.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Pidfiles, locks, identities and logs.
    pub state: PathBuf,
    /// The user's own `config.yaml`.
    pub config: PathBuf,
    /// What can be found out again, if it is gone.
    pub cache: PathBuf,
}

impl Paths {
    /// The folders of the user who runs this process, by the platform's conventions.
    pub fn of_user() -> Result<Self> {
        Self::by_convention().ok_or_else(|| {
            Error::usage("no home folder is known: HOME is not set, and /etc/passwd names none for this user")
                .hint("set HOME, or XDG_STATE_HOME and XDG_CONFIG_HOME")
        })
    }

    /// The XDG base folders. `directories` has the same rules, but asks `getpwuid` where `HOME` is not set,
    /// see [`users::own_home`].
    #[cfg(target_os = "linux")]
    fn by_convention() -> Option<Self> {
        let home = users::own_home();
        // A relative path in such a variable is to be ignored.
        let named = |variable: &str| {
            let folder = PathBuf::from(std::env::var_os(variable)?);
            folder.is_absolute().then_some(folder)
        };
        let folder = |variable: &str, in_home: &str| {
            let folder = named(variable).or_else(|| Some(home.as_ref()?.join(in_home)))?;
            Some(folder.join("ollamactl"))
        };
        let state = folder("XDG_STATE_HOME", ".local/state")?;
        Some(Self {
            config: folder("XDG_CONFIG_HOME", ".config")?,
            cache: folder("XDG_CACHE_HOME", ".cache").unwrap_or_else(|| state.join("cache")),
            state,
        })
    }

    /// The folders that the platform has for such things.
    #[cfg(not(target_os = "linux"))]
    fn by_convention() -> Option<Self> {
        let project = directories::ProjectDirs::from("", "", "ollamactl")?;
        Some(Self {
            state: project
                .state_dir()
                .unwrap_or_else(|| project.data_local_dir())
                .to_owned(),
            config: project.config_dir().to_owned(),
            cache: project.cache_dir().to_owned(),
        })
    }
}

impl Paths {
    /// The stub's model store.
    pub fn stub_models(&self) -> PathBuf {
        self.state.join("stub-models")
    }
}

/// Creates a folder that only its owner can enter, with its parents.
pub fn create_private_dir(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        unusable(
            format!("cannot create the state folder {}", path.display()),
            path,
            error,
        )
    })?;
    refuse_foreign(path)?;
    close_to_others(path)
}

/// Something in this folder, or the folder itself, cannot be read or written.
fn unusable(doing: String, folder: &Path, error: io::Error) -> Error {
    let hint = mend(folder, &error);
    Error::failed(doing).caused_by(error).hint(hint)
}

/// The same of a file.
fn unusable_file(doing: &str, path: &Path, error: io::Error) -> Error {
    let folder = path.parent().unwrap_or(path);
    unusable(format!("cannot {doing} {}", path.display()), folder, error)
}

/// A folder of ours that others may enter (made by hand, or by an umask of old) is closed to them.
#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .or_failed(|| format!("cannot look at {}", path.display()))?
        .permissions()
        .mode();
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .or_failed(|| {
            format!(
                "{} is open to other users, and cannot be closed to them",
                path.display()
            )
        })
        .map_err(|error| error.hint(format!("close it: chmod 700 {}", commands::word(path))))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn close_to_others(_path: &Path) -> Result<()> {
    Ok(())
}

/// Opens a private file of ours for appending, creating it when absent.
pub fn open_private_append(path: &Path) -> Result<File> {
    refuse_foreign(path)?;
    private_options()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| unusable_file("open", path, error))
}

/// Opens a private file of ours for locking: created when absent, content untouched.
pub fn open_private_lock(path: &Path) -> Result<File> {
    refuse_foreign(path)?;
    private_options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| unusable_file("open", path, error))
}

/// Replaces a private file as a whole: temporary file, fsync, rename. A reader sees the old content or
/// the new, never a part; on failure nothing is left behind.
pub fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    put_private(path, content, File::sync_all)
}

/// The same, without waiting until the disk has it.
pub fn replace_private(path: &Path, content: &[u8]) -> Result<()> {
    put_private(path, content, |_| Ok(()))
}

fn put_private(
    path: &Path,
    content: &[u8],
    sync: impl FnOnce(&File) -> io::Result<()>,
) -> Result<()> {
    let mut name = path.file_name().unwrap_or(OsStr::new("state")).to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = private_options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        file.write_all(content)?;
        sync(&file)?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(|error| unusable_file("write", path, error))
}

/// Reads a private file of ours; `None` when it does not exist.
pub fn read_private(path: &Path) -> Result<Option<String>> {
    refuse_foreign(path)?;
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // The folder is none.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(unusable_file("read", path, error))
        }
        Err(error) => Err(error)
            .context(Kind::Unknown, || format!("cannot read {}", path.display()))
            .map_err(|error| {
                error.hint(format!(
                    "make it yours and readable: ls -l {}",
                    path.display()
                ))
            }),
    }
}

/// Reads what we wrote into a private file; `None` when it does not exist. One that is not understood is
/// an error with this hint.
pub fn read_json<T: DeserializeOwned>(
    path: &Path,
    hint: impl FnOnce() -> String,
) -> Result<Option<T>> {
    let Some(text) = read_private(path)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .context(Kind::Unknown, || {
            format!("{} cannot be understood", path.display())
        })
        .map_err(|error| error.hint(hint()))
}

/// The folder in which this process was called, by the name that the shell has for it: `PWD`, where that is a name
/// of the same folder. Go's `os.Getwd` has it so, and compose calls projects after it.
pub fn current_folder() -> io::Result<PathBuf> {
    let real = std::env::current_dir()?;
    let named = std::env::var_os("PWD").map(PathBuf::from);
    let is_it = |named: &PathBuf| {
        named.is_absolute() && fs::canonicalize(named).is_ok_and(|named| named == real)
    };
    Ok(named.filter(is_it).unwrap_or(real))
}

/// Removes a file; one that is not there is no error.
pub fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).or_failed(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options
}

/// A state path that is a symbolic link, or that another user owns, could make us write or trust
/// somebody else's file.
fn refuse_foreign(path: &Path) -> Result<()> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if meta.file_type().is_symlink() {
        return Err(Error::new(
            Kind::Unknown,
            format!("{} is a symbolic link; refusing to use it", path.display()),
        )
        .hint(format!(
            "look at it, then remove it: rm {}",
            commands::word(path)
        )));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let me = rustix::process::geteuid().as_raw();
        if meta.uid() != me {
            return Err(Error::new(
                Kind::Unknown,
                format!(
                    "{} belongs to user id {}, not to you ({me}); refusing to use it",
                    path.display(),
                    meta.uid()
                ),
            )
            .hint(format!(
                "if it is yours by right: {}chown {me} {}; or name another place: XDG_STATE_HOME=DIR",
                commands::sudo(),
                commands::word(path)
            )));
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn state_is_private() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let state = dir.path().join("state/ollamactl");
        create_private_dir(&state).expect("created");
        write_private(&state.join("pid"), b"1\n").expect("written");
        let mode = |p: &Path| fs::metadata(p).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        assert_eq!(mode(&state.join("pid")), 0o600);
        fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).expect("set");
        create_private_dir(&state).expect("closed");
        assert_eq!(mode(&state), 0o700);
    }

    #[test]
    fn symbolic_links_are_refused() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let target = dir.path().join("victim");
        fs::write(&target, "precious").expect("written");
        let link = dir.path().join("pid");
        symlink(&target, &link).expect("linked");
        assert_eq!(
            open_private_append(&link).expect_err("refused").kind,
            Kind::Unknown
        );
        assert_eq!(
            read_private(&link).expect_err("refused").kind,
            Kind::Unknown
        );
        write_private(&link, b"x").expect("replaces the link itself");
        assert_eq!(fs::read_to_string(&target).expect("there"), "precious");
    }
}
