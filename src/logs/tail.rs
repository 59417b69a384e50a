//! Where the last lines of a file begin, found from its end: a 1 GiB log costs what a small one does.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

const BLOCK: u64 = 64 * 1024;
/// A single line longer than this is cut at its beginning.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Offset at which the last `count` lines of this part of the file begin.
pub(super) fn start_of_last(
    file: &mut File,
    count: usize,
    part: Range<u64>,
) -> std::io::Result<u64> {
    let Range { start, end } = part;
    if count == 0 {
        return Ok(end);
    }
    let mut position = end;
    let mut seen = 0;
    // Where the line ends that is looked at now.
    let mut line_end = end;
    let mut block = Vec::new();
    while position > start && line_end - position < MOST_BYTES {
        let size = BLOCK.min(position - start);
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
                line_end = offset;
            }
        }
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn last(content: &[u8], count: usize) -> String {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(content).expect("written");
        let end = content.len() as u64;
        let start = start_of_last(&mut file, count, 0..end).expect("readable");
        let start = usize::try_from(start).expect("small");
        String::from_utf8(content[start..].to_vec()).expect("text")
    }

    #[test]
    fn the_last_lines_and_no_more() {
        assert_eq!(last(b"a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(last(b"a\nb\nc", 2), "b\nc");
        assert_eq!(last(b"a\nb\n", 9), "a\nb\n");
        assert_eq!(last(b"a\nb\n", 0), "");
        assert_eq!(last(b"", 3), "");
        assert_eq!(last(b"\n\n\n", 2), "\n\n");
    }

    #[test]
    fn lines_longer_than_a_block_are_found() {
        let long = "x".repeat(usize::try_from(BLOCK).expect("small") * 2 + 7);
        let content = format!("first\n{long}\nlast\n");
        assert_eq!(last(content.as_bytes(), 2), format!("{long}\nlast\n"));
    }

    /// Files with holes, which cost no disk.
    fn sparse(newlines: &[u64], end: u64) -> File {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.set_len(end).expect("extended");
        for offset in newlines {
            file.seek(SeekFrom::Start(*offset)).expect("there");
            file.write_all(b"\n").expect("written");
        }
        file
    }

    #[test]
    fn only_a_single_line_is_bounded_and_not_all_of_them() {
        let line = MOST_BYTES / 2;
        let mut file = sparse(&[line, 2 * line, 3 * line], 4 * line);
        let start =
            |file: &mut File, count| start_of_last(file, count, 0..4 * line).expect("readable");
        assert_eq!(start(&mut file, 3), line + 1);
        assert_eq!(start(&mut file, 9), 0);
        let mut file = sparse(&[3 * line], 4 * line);
        let cut = start(&mut file, 2);
        assert!(cut > 0 && cut <= line, "{cut}");
    }
}
