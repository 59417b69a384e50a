//! The files of one background process: lock, pidfile, record, log.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::Restarts;
use crate::error::{Context, Error, Kind, Result};
use crate::paths::{self, Paths};
use crate::process::commands::word;

/// How long a lock may be held by somebody who only looks at it.
pub const LOCK_PATIENCE: Duration = Duration::from_millis(200);

/// The place of one background process, named after what it is and where it listens, so that there is
/// one per address.
#[derive(Debug, Clone)]
pub struct Slot {
    folder: PathBuf,
    name: String,
}

impl Slot {
    /// The slot `name` in the user's state folder. Nothing is created yet.
    pub fn new(paths: &Paths, name: &str) -> Self {
        let name = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        Self {
            folder: paths.state.clone(),
            name,
        }
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }

    /// The pidfile: the pid alone on its first line, so that `kill $(cat …)` works.
    pub fn pidfile(&self) -> PathBuf {
        self.file("pid")
    }

    /// The record: identity, address, how it was started.
    pub fn record_file(&self) -> PathBuf {
        self.file("json")
    }

    /// The log.
    pub fn log_file(&self) -> PathBuf {
        self.file("log")
    }

    /// The file in which a holder that is asked to end is told how long that may take.
    pub fn grace_file(&self) -> PathBuf {
        self.file("grace")
    }

    /// The file in which a holder that gave up says how what it kept had ended.
    fn given_up_file(&self) -> PathBuf {
        self.file("ended")
    }

    /// How what was kept here ended again and again, until its holder gave up; `None` once it was started or
    /// stopped since.
    pub fn given_up(&self) -> Option<Restarts> {
        let left = std::fs::read(self.given_up_file()).ok()?;
        serde_json::from_slice(&left).ok()
    }

    /// Creates the state folder and opens the log for appending.
    pub fn open_log(&self) -> Result<File> {
        paths::create_private_dir(&self.folder)?;
        paths::open_private_append(&self.log_file())
    }

    /// Takes the lock, or says that somebody holds it (`None`). The kernel frees it when its holder
    /// ends, however it ends.
    pub fn try_lock(&self) -> Result<Option<Lock>> {
        let Some(mut file) = self.acquire()? else {
            return Ok(None);
        };
        // For people who wait; the lock is good without it.
        let _ = file
            .set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Some(Lock {
            slot: self.clone(),
            _file: file,
        }))
    }

    fn acquire(&self) -> Result<Option<File>> {
        paths::create_private_dir(&self.folder)?;
        let path = self.file("lock");
        loop {
            let file = paths::open_private_lock(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => {
                    return Err(error).or_failed(|| format!("cannot lock {}", path.display()));
                }
            }
            // The last holder removes the file when it ends; a lock on a removed file locks nothing.
            if is_same_file(&file, &path) {
                return Ok(Some(file));
            }
        }
    }

    /// Who holds the lock, for people: `another ollamactl (pid 4711)`.
    pub fn holder(&self) -> String {
        let pid = std::fs::read_to_string(self.file("lock")).unwrap_or_default();
        match pid.trim() {
            "" => "another ollamactl".to_owned(),
            pid => format!("another ollamactl (pid {pid})"),
        }
    }

    /// Waits for the lock, at most this long.
    pub async fn lock_within(&self, at_most: Duration) -> Result<Lock> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(lock) = self.try_lock()? {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                return Err(Error::new(
                    Kind::Timeout,
                    format!("{} holds {}", self.holder(), self.file("lock").display()),
                )
                .hint("see what runs: ollamactl status"));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Removes the files that a killed holder left: whoever takes the lock and drops it clears them.
    pub fn clear_if_free(&self) -> Result<()> {
        let left = [
            self.pidfile(),
            self.record_file(),
            self.grace_file(),
            self.file("lock"),
        ];
        if left.iter().any(|path| path.exists()) || !self.half_written().is_empty() {
            drop(self.try_lock()?);
        }
        paths::remove_if_there(&self.given_up_file())
    }

    /// Temporary files of holders that were killed while they wrote.
    fn half_written(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let is_ours = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let rest = name.strip_prefix(self.name.as_str()).unwrap_or_default();
            path.extension() == Some(OsStr::new("tmp"))
                && [".json.", ".pid.", ".grace.", ".ended."]
                    .iter()
                    .any(|of| rest.starts_with(of))
        };
        entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_ours(path))
            .collect()
    }

    /// Whether a process holds the lock now. What a killed holder left stays: its record is how the
    /// next one finds what it started.
    pub fn is_locked(&self) -> Result<bool> {
        if !self.file("lock").exists() {
            return Ok(false);
        }
        Ok(self.acquire()?.is_none())
    }

    /// What was recorded; `None` when nothing is. A record that cannot be read is an error that names
    /// the file.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let path = self.record_file();
        let hint = || {
            // Only while the lock is held the pidfile is sure to be about a process of ours.
            let end = if self.is_locked().unwrap_or_default() {
                format!("kill $(cat {}); ", word(&self.file("pid")))
            } else {
                String::new()
            };
            format!(
                "end what it may be about, then remove it: {end}rm {}",
                word(&path)
            )
        };
        paths::read_json(&path, hint)
    }
}

/// Held for the life of the background process. Dropping it removes pidfile, record and lock file.
#[derive(Debug)]
pub struct Lock {
    slot: Slot,
    _file: File,
}

impl Lock {
    /// Writes the pidfile and the record, each as a whole, and onto the disk.
    pub fn record<T: Serialize>(&self, pid: u32, record: &T) -> Result<()> {
        // It is about one before this.
        let _ = paths::remove_if_there(&self.slot.given_up_file());
        paths::write_private(&self.slot.record_file(), &self.json(record)?)?;
        paths::write_private(&self.slot.pidfile(), format!("{pid}\n").as_bytes())
    }

    /// Replaces the record, without waiting for the disk. Every process sees it at once; only where the
    /// machine itself stops in the next moments the disk may not have it, and after a reboot no record
    /// means anything living.
    pub fn update<T: Serialize>(&self, record: &T) -> Result<()> {
        paths::replace_private(&self.slot.record_file(), &self.json(record)?)
    }

    /// Leaves word that what was kept ended too often: the record goes with the holder, and people come later.
    pub fn leave(&self, restarts: &Restarts) {
        // The log says it too.
        let left = self.json(restarts);
        let _ = left.and_then(|left| paths::write_private(&self.slot.given_up_file(), &left));
    }

    /// Waits until the disk has the record.
    pub fn sync(&self) {
        // Every process has it already, so a disk that fails takes nothing away.
        let _ = File::open(self.slot.record_file()).and_then(|file| file.sync_all());
    }

    fn json<T: Serialize>(&self, record: &T) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(record).or_failed(|| format!("cannot record {}", self.slot.name))
    }

    /// The slot that is locked.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut left = self.slot.half_written();
        left.extend([
            self.slot.pidfile(),
            self.slot.record_file(),
            self.slot.grace_file(),
        ]);
        // Last, and while it is still locked. Only Unix can tell a file from its successor of the same name.
        if cfg!(unix) {
            left.push(self.slot.file("lock"));
        }
        for path in left {
            let _ = paths::remove_if_there(&path);
        }
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => open.dev() == named.dev() && open.ino() == named.ino(),
        _ => false,
    }
}

/// Nobody removes a lock file on Windows, so the name still means the same one.
#[cfg(not(unix))]
fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> (tempfile::TempDir, Slot) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let paths = Paths {
            state: dir.path().join("state"),
            config: dir.path().join("config"),
            cache: dir.path().join("cache"),
        };
        (dir, Slot::new(&paths, "backend-[::1]:11434"))
    }

    #[test]
    fn one_holder_at_a_time_and_nothing_left_after() {
        let (dir, slot) = slot();
        let lock = slot.try_lock().expect("possible").expect("free");
        assert!(slot.try_lock().expect("possible").is_none());
        lock.record(42, &"record").expect("written");
        // What a holder leaves that is killed while it writes.
        std::fs::write(slot.file("json.7.tmp"), "").expect("written");
        assert_eq!(
            slot.read::<String>().expect("readable").as_deref(),
            Some("record")
        );
        assert_eq!(
            std::fs::read_to_string(slot.pidfile()).expect("there"),
            "42\n"
        );
        drop(lock);
        assert!(!slot.is_locked().expect("known"));
        let left: Vec<_> = std::fs::read_dir(dir.path().join("state"))
            .expect("there")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_lock_on_a_removed_file_is_not_taken_for_the_lock() {
        let (_dir, slot) = slot();
        let lock = slot.try_lock().expect("possible").expect("free");
        std::fs::remove_file(slot.file("lock")).expect("removed");
        let second = slot
            .try_lock()
            .expect("possible")
            .expect("a new file, a new lock");
        assert!(slot.try_lock().expect("possible").is_none());
        drop(second);
        drop(lock);
    }

    #[test]
    fn garbage_in_the_record_names_the_file() {
        let (_dir, slot) = slot();
        let _lock = slot.try_lock().expect("possible").expect("free");
        std::fs::write(slot.record_file(), "{").expect("written");
        let error = slot.read::<String>().expect_err("garbage");
        assert_eq!(error.kind, Kind::Unknown);
        assert!(error.message.contains("backend-"), "{}", error.message);
    }
}
