//! Files as text, with bounds.

use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Context, Error, Kind, Result};

/// Larger files are refused: no compose or environment file is.
const MAX_BYTES: u64 = 4 << 20;

/// The path that stands for the standard input.
const STDIN: &str = "-";

/// Whether the path stands for the standard input.
pub(in crate::compose) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Why a path that a person wrote leads to no file; `None` where it leads to one.
pub(in crate::compose) fn lacking(path: &Path) -> Option<String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        _ if is_stdin(path) => None,
        Ok(found) if found.is_dir() => Some(format!("{shown} is a folder, not a file")),
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Some(format!("{shown} does not exist"))
        }
        Err(error) => Some(format!("cannot read {shown}: {error}")),
    }
}

/// The text of a file.
pub(in crate::compose) fn text(path: &Path) -> Result<String> {
    let unreadable = || format!("cannot read {}", path.display());
    let bytes = if is_stdin(path) {
        stdin()
    } else {
        std::fs::File::open(path).and_then(bounded)
    };
    let bytes = bytes.context(Kind::Usage, unreadable)?;
    let fault = |what: &str| Error::usage(format!("{} {what}", path.display()));
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fault(
            "is larger than 4 MiB, too large for a compose or environment file",
        ));
    }
    if bytes.contains(&0) {
        return Err(fault("contains a NUL byte: it is not a text file"));
    }
    // The mark at the start of a file is no part of its first line.
    let bytes = match bytes.strip_prefix("\u{feff}".as_bytes()) {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        fault(&format!("is not UTF-8 (line {line})")).hint("save it as UTF-8")
    })
}

/// What came on the standard input, which is there once and may be asked for again.
fn stdin() -> io::Result<Vec<u8>> {
    static READ: OnceLock<Result<Vec<u8>, ErrorKind>> = OnceLock::new();
    let read = READ.get_or_init(|| bounded(io::stdin().lock()).map_err(|error| error.kind()));
    read.clone().map_err(io::Error::from)
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        for (bytes, says) in [
            (&b"a\nb\xff"[..], "is not UTF-8 (line 2)"),
            (b"a\0", "NUL"),
            (&vec![b'a'; (4 << 20) + 1], "larger than 4 MiB"),
        ] {
            std::fs::write(&path, bytes).expect("written");
            let error = text(&path).expect_err("refused");
            assert!(error.message.contains(says), "{error}");
            assert!(
                error.message.contains(path.to_str().expect("UTF-8")),
                "{error}"
            );
        }
        assert!(text(&folder.path().join("none")).is_err());
    }
}
