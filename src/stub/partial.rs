//! A blob's download on disk: `sha256-…-partial` of full size from the first moment, and one
//! `sha256-…-partial-N` of JSON for each part.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::catalogue::Blob;
use super::log::go_path_error;

/// A part is a 16th of its blob, within these bytes.
const PARTS: u64 = 16;
const SMALLEST_PART: u64 = 100_000_000;
const LARGEST_PART: u64 = 1_000_000_000;

/// The JSON of a part file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    n: u64,
    offset: u64,
    size: u64,
    completed: u64,
}

/// A download in progress. What is on disk changes only by what is called here: a process that is
/// killed leaves the counts with which the download began.
pub(super) struct Partial {
    target: PathBuf,
    data: PathBuf,
    parts: Vec<Part>,
    size: u64,
    /// Bytes here so far.
    pub(super) completed: u64,
}

impl Partial {
    /// Begins the download of a blob to `target`, or goes on with one that was cancelled. Without
    /// `sound`, other bytes arrive than the blob's. The errors are Ollama's.
    pub(super) fn begin(target: PathBuf, blob: &Blob, sound: bool) -> Result<Self, String> {
        let data = with_suffix(&target, "-partial");
        let size = blob.layer.size;
        let mut parts = read_parts(&data)?;
        if parts.is_empty() {
            parts = split(size);
            for part in &parts {
                write_part(&data, part)?;
            }
        }
        let completed = parts.iter().map(|part| part.completed).sum();
        let broken = |error| go_path_error("open", &data, &error);
        let mut file = File::options();
        let file = file.write(true).create(true).truncate(false).open(&data);
        let mut file = file.map_err(broken)?;
        file.set_len(size).map_err(broken)?;
        // Bytes that a part file counts are not asked for again, whether they are there or not.
        if completed == 0 && sound {
            file.write_all(&blob.head).map_err(broken)?;
        }
        Ok(Self {
            target,
            data,
            parts,
            size,
            completed,
        })
    }

    /// The file that grows.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// "1 67 MB", for the log.
    pub(super) fn parts(&self) -> String {
        let size = self.parts.first().map_or(0, |part| part.size);
        format!("{} {}", self.parts.len(), human(size))
    }

    /// Writes down how far it came, as Ollama does when a part ends or is cancelled.
    pub(super) fn save(&self) -> Result<(), String> {
        self.parts.iter().try_for_each(|part| {
            let share = u128::from(part.size) * u128::from(self.completed);
            let mut part = part.clone();
            part.completed = u64::try_from(share / u128::from(self.size.max(1)))
                .unwrap_or(part.size)
                .min(part.size);
            write_part(&self.data, &part)
        })
    }

    /// Leaves the part files empty, as a server that ends in the midst of writing one does.
    pub(super) fn spoil(&self) {
        for part in &self.parts {
            let _ = fs::write(part_file(&self.data, part.n), "");
        }
    }

    /// The blob is complete.
    pub(super) fn finish(self) -> Result<(), String> {
        for part in &self.parts {
            let _ = fs::remove_file(part_file(&self.data, part.n));
        }
        let moved = fs::rename(&self.data, &self.target);
        moved.map_err(|error| go_path_error("rename", &self.data, &error))
    }
}

/// Where part file `n` of a blob is.
pub(super) fn part_file(data: &Path, n: u64) -> PathBuf {
    with_suffix(data, &format!("-{n}"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(suffix);
    text.into()
}

fn split(size: u64) -> Vec<Part> {
    let step = (size / PARTS).clamp(SMALLEST_PART, LARGEST_PART);
    let offsets = (0..size.div_ceil(step)).map(|n| (n, n * step));
    offsets
        .map(|(n, offset)| Part {
            n,
            offset,
            size: step.min(size - offset),
            completed: 0,
        })
        .collect()
}

/// The parts of an earlier download, none if there was none. An empty part file is never mended.
fn read_parts(data: &Path) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for n in 0.. {
        let path = part_file(data, n);
        match fs::read(&path) {
            Ok(bytes) if bytes.is_empty() => return Err("EOF".to_owned()),
            Ok(bytes) => {
                let part = serde_json::from_slice(&bytes);
                parts.push(part.map_err(|error| error.to_string())?);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            Err(error) => return Err(go_path_error("open", &path, &error)),
        }
    }
    Ok(parts)
}

fn write_part(data: &Path, part: &Part) -> Result<(), String> {
    let path = part_file(data, part.n);
    let mut json = serde_json::to_vec(part).expect("plain data");
    json.push(b'\n');
    fs::write(&path, json).map_err(|error| go_path_error("open", &path, &error))
}

/// Bytes for people, in Ollama's way: `67 MB`, `8.4 MB`, `55 B`.
#[allow(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn human(bytes: u64) -> String {
    let (value, unit) = match bytes {
        0..1_000 => (bytes as f64, "B"),
        1_000..1_000_000 => (bytes as f64 / 1e3, "KB"),
        1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
        _ => (bytes as f64 / 1e9, "GB"),
    };
    if value >= 10.0 || value.fract() == 0.0 {
        format!("{} {unit}", value.trunc())
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_recordings() {
        assert_eq!(split(67_108_864).len(), 1);
        let three = split(272_629_760);
        let last = Part {
            n: 2,
            offset: 200_000_000,
            size: 72_629_760,
            completed: 0,
        };
        assert_eq!((three.len(), &three[2]), (3, &last));
        assert_eq!(split(8_000_000_000).len(), 16);
        assert_eq!(split(20_000_000_000).len(), 20);
    }

    #[test]
    fn sizes_read_as_in_the_log() {
        for (bytes, text) in [
            (67_108_864, "67 MB"),
            (8_388_608, "8.4 MB"),
            (100_000_000, "100 MB"),
            (55, "55 B"),
            (1_000, "1 KB"),
        ] {
            assert_eq!(human(bytes), text);
        }
    }
}
