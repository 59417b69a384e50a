//! The tail of a log as evidence in an error.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// More than this is not looked at for a tail.
const WINDOW: u64 = 64 * 1024;

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

fn read_window(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
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
}
