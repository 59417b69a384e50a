//! Weights that are none: garbage after the GGUF magic, and files that were cut short. Ollama looks at
//! them when a model is shown, loaded or, in v0.24.0, when the server starts.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A key's length in the recorded garbage, which no file can have.
const LENGTH: u64 = 10_569_247_609_750_070_486;
/// Magic, version, two counts, and the length of the first key.
const HEADER: usize = 32;
/// Where the last tensor of the smallest model ends.
const LAST_TENSOR: u64 = 208_192;

/// What is wrong with weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The first key is said to have this length.
    Garbage(u64),
    /// The file ends at this size, before its tensors do.
    Cut(u64),
}

/// The beginning of a file that is garbage after the magic.
pub(super) fn garbage() -> Vec<u8> {
    let mut head = b"GGUF\x03\0\0\0 noise, no counts".to_vec();
    head.resize(HEADER - 8, b'.');
    head.extend(LENGTH.to_le_bytes());
    head
}

/// What is wrong with the weights in this file, of this size in bytes, if anything.
pub(super) fn fault(path: &Path, size: u64) -> Option<Fault> {
    if size < LAST_TENSOR {
        return Some(Fault::Cut(size));
    }
    garbage_in(path).map(Fault::Garbage)
}

/// The impossible length of a file's first key.
fn garbage_in(path: &Path) -> Option<u64> {
    let mut head = [0; HEADER];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    let length = u64::from_le_bytes(head[HEADER - 8..].try_into().ok()?);
    (head.starts_with(b"GGUF") && i64::try_from(length).is_err()).then_some(length)
}

impl Fault {
    /// What Ollama says of it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Garbage(length) => {
                format!("GGUF string length {length} exceeds maximum {}", i64::MAX)
            }
            Self::Cut(size) => format!(
                "tensor \"blk.0.attn_v.weight\" offset+size ({LAST_TENSOR}) exceeds file size ({size})"
            ),
        }
    }
}
