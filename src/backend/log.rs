//! The backend's log: kept from growing without end, and its tail as evidence in an error.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, Kind};

/// More than this is not looked at for a tail.
const WINDOW: u64 = 64 * 1024;

/// Lines of the log that an error shows.
const EVIDENCE: usize = 20;

/// What Ollama writes, on every system but Windows, where its address is taken.
const TAKEN: &str = "address already in use";

/// A log larger than this is put aside as `….log.1`, in place of the one before it.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// Puts a log that has grown too large aside. It is copied and emptied, not renamed, since the backend
/// writes to its descriptor; what is written between the two is lost. Where the disk is full there is
/// no copy, and the log is emptied all the same.
pub(super) fn rotate(log: &File, path: &Path) {
    rotate_above(log, path, MOST_BYTES);
}

fn rotate_above(log: &File, path: &Path, most: u64) {
    // One that cannot be looked at is left as it is.
    if !log.metadata().is_ok_and(|meta| meta.len() > most) {
        return;
    }
    let aside = path.with_extension("log.1");
    if std::fs::copy(path, &aside).is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    // Nothing depends on it: a log that cannot be emptied grows on.
    let _ = log.set_len(0);
}

/// A log of a background process of ours, put aside when it has grown too large.
#[derive(Debug)]
pub struct RotatingLog {
    file: File,
    path: std::path::PathBuf,
    unlooked: u64,
}

impl RotatingLog {
    /// The open log at this path.
    pub fn new(file: File, path: std::path::PathBuf) -> Self {
        Self {
            file,
            path,
            unlooked: 0,
        }
    }
}

impl std::io::Write for RotatingLog {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.unlooked += data.len() as u64;
        if self.unlooked > MOST_BYTES / 32 {
            self.unlooked = 0;
            rotate(&self.file, &self.path);
        }
        self.file.write(data)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// The last `count` lines that were written after `offset`, without control characters.
pub fn tail(path: &Path, offset: u64, count: usize) -> Vec<String> {
    read_window(path, offset)
        .map(|text| {
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(count)..]
                .iter()
                .map(|line| line.chars().filter(|c| !c.is_control()).take(500).collect())
                .collect()
        })
        .unwrap_or_default()
}

/// The same error with what was written after `offset`, the end of it. That the backend's address was taken
/// tells only its log.
pub(super) fn with_evidence(error: Error, path: &Path, offset: u64) -> Error {
    let lines = tail(path, offset, EVIDENCE);
    let taken = lines.iter().any(|line| line.contains(TAKEN));
    let mut error = error.details(lines);
    if taken {
        error.kind = Kind::Conflict;
    }
    error
}

fn read_window(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(
        offset.max(end.saturating_sub(WINDOW)).min(end),
    ))?;
    let mut bytes = Vec::new();
    file.take(WINDOW).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_this_start_count() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("log");
        std::fs::write(&path, "old\nnew 1\nnew\u{1b}[31m 2\nnew 3\n").expect("written");
        assert_eq!(tail(&path, 4, 2), ["new[31m 2", "new 3"]);
        assert!(tail(&dir.path().join("none"), 0, 2).is_empty());
    }

    #[test]
    fn a_log_that_grew_too_large_is_put_aside_while_it_is_written() {
        use std::io::Write;
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("backend.log");
        let mut log = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .expect("opened");
        log.write_all(b"old line\n").expect("written");
        rotate_above(&log, &path, 100);
        assert!(!dir.path().join("backend.log.1").exists());
        rotate_above(&log, &path, 5);
        log.write_all(b"new line\n").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "new line\n");
        let aside = std::fs::read_to_string(dir.path().join("backend.log.1")).expect("there");
        assert_eq!(aside, "old line\n");
    }
}
