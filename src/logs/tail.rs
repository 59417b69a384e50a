//! The last lines of a file, read from its end: a 1 GiB log costs what a small one does.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::error::{Context, Result};

const BLOCK: u64 = 64 * 1024;
/// A single line longer than this is cut at its beginning.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The bytes of the last `count` lines (`None`: all), and the offset after them.
pub fn last_lines(file: &mut File, count: Option<usize>) -> Result<(Vec<u8>, u64)> {
    read(file, count).or_failed(|| "cannot read the log")
}

fn read(file: &mut File, count: Option<usize>) -> std::io::Result<(Vec<u8>, u64)> {
    let end = file.metadata()?.len();
    let start = match count {
        None => 0,
        Some(count) => start_of_last(file, count, end)?,
    };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok((bytes, end))
}

/// Offset at which the last `count` lines begin.
fn start_of_last(file: &mut File, count: usize, end: u64) -> std::io::Result<u64> {
    if count == 0 {
        return Ok(end);
    }
    let mut position = end;
    let mut seen = 0;
    let mut block = Vec::new();
    while position > 0 && end - position < MOST_BYTES {
        let size = BLOCK.min(position);
        position -= size;
        file.seek(SeekFrom::Start(position))?;
        block.clear();
        file.take(size).read_to_end(&mut block)?;
        for (index, byte) in block.iter().enumerate().rev() {
            let offset = position + index as u64;
            // The newline that ends the last line does not begin one.
            if *byte == b'\n' && offset + 1 != end {
                seen += 1;
                if seen == count {
                    return Ok(offset + 1);
                }
            }
        }
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn last(content: &[u8], count: Option<usize>) -> String {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(content).expect("written");
        let (bytes, end) = last_lines(&mut file, count).expect("readable");
        assert_eq!(end, content.len() as u64);
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_last_lines_and_no_more() {
        assert_eq!(last(b"a\nb\nc\n", Some(2)), "b\nc\n");
        assert_eq!(last(b"a\nb\nc", Some(2)), "b\nc");
        assert_eq!(last(b"a\nb\n", Some(9)), "a\nb\n");
        assert_eq!(last(b"a\nb\n", Some(0)), "");
        assert_eq!(last(b"a\nb\n", None), "a\nb\n");
        assert_eq!(last(b"", Some(3)), "");
        assert_eq!(last(b"\n\n\n", Some(2)), "\n\n");
    }

    #[test]
    fn lines_longer_than_a_block_are_found() {
        let long = "x".repeat(usize::try_from(BLOCK).expect("small") * 2 + 7);
        let content = format!("first\n{long}\nlast\n");
        assert_eq!(last(content.as_bytes(), Some(2)), format!("{long}\nlast\n"));
    }
}
