//! New bytes of a growing file, through rotation, truncation and deletion.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes handed out at once.
const MOST: u64 = 256 * 1024;

/// Reads what is appended to a file.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    position: u64,
}

impl Follower {
    /// Follows from this offset on. The file need not exist yet.
    pub fn new(path: &Path, position: u64) -> Self {
        Self {
            path: path.to_owned(),
            file: File::open(path).ok(),
            position,
        }
    }

    /// Waits for the next bytes.
    pub async fn next(&mut self) -> Vec<u8> {
        loop {
            let bytes = self.read_new();
            if !bytes.is_empty() {
                return bytes;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What was appended since the last call; empty when nothing was.
    pub fn read_new(&mut self) -> Vec<u8> {
        let bytes = self.read_open();
        if bytes.is_empty() && self.was_replaced() {
            self.file = File::open(&self.path).ok();
            self.position = 0;
            return self.read_open();
        }
        bytes
    }

    fn read_open(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Some(file) = &mut self.file else {
            return bytes;
        };
        if file.metadata().is_ok_and(|meta| meta.len() < self.position) {
            self.position = 0;
        }
        if file.seek(SeekFrom::Start(self.position)).is_ok() {
            // What could not be read now is read the next time.
            let _ = file.take(MOST).read_to_end(&mut bytes);
        }
        self.position += bytes.len() as u64;
        bytes
    }

    /// Whether the path means another file now.
    fn was_replaced(&self) -> bool {
        match (&self.file, std::fs::metadata(&self.path)) {
            (Some(file), Ok(named)) => file.metadata().is_ok_and(|open| !same(&open, &named)),
            (None, Ok(_)) => true,
            (_, Err(_)) => false,
        }
    }
}

#[cfg(unix)]
fn same(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    a.created().ok() == b.created().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn rotation_truncation_and_deletion_lose_nothing_new() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("log");
        let mut follower = Follower::new(&path, 0);
        assert_eq!(follower.read_new(), b"");
        fs::write(&path, "one\n").expect("written");
        assert_eq!(follower.read_new(), b"one\n");
        fs::rename(&path, dir.path().join("log.1")).expect("rotated");
        fs::write(&path, "two\n").expect("written");
        assert_eq!(follower.read_new(), b"two\n");
        fs::write(&path, "3\n").expect("truncated and written");
        assert_eq!(follower.read_new(), b"3\n");
        fs::remove_file(&path).expect("removed");
        assert_eq!(follower.read_new(), b"");
        fs::write(&path, "four\n").expect("written");
        assert_eq!(follower.read_new(), b"four\n");
    }
}
