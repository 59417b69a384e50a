//! A log that is a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::Wanted;
use super::show::Shower;
use crate::commands::context::Context;
use crate::error::{Context as _, Result};
use crate::logs::Follower;

/// Bytes shown at once.
const PIECE: u64 = 256 * 1024;

/// Shows the lines that are wanted of the file, and with `follow` what is written later.
pub(super) async fn show(
    context: &Context,
    path: &Path,
    source: &'static str,
    wanted: &Wanted,
) -> Result<()> {
    let cannot_read = || format!("cannot read {}", path.display());
    let mut file = File::open(path).or_failed(cannot_read)?;
    let range = wanted.selection.range(&mut file)?;
    let mut shower = Shower::new(context, source);
    file.seek(SeekFrom::Start(range.start))
        .or_failed(cannot_read)?;
    let mut rest = BufReader::new(file).take(range.end - range.start);
    while rest.limit() > 0 && !context.ui.reader_left() {
        let mut piece = Vec::new();
        let read = (&mut rest).take(PIECE).read_to_end(&mut piece);
        if read.or_failed(cannot_read)? == 0 {
            break;
        }
        // No line is cleaned in two halves, unless it is endless.
        let end = (&mut rest).take(PIECE).read_until(b'\n', &mut piece);
        end.or_failed(cannot_read)?;
        shower.show(&piece)?;
        // Or Ctrl-C would be heard only at the end.
        tokio::task::yield_now().await;
    }
    if wanted.follow {
        let mut follower = Follower::new(path, range.end);
        while !context.ui.reader_left() {
            shower.show(&follower.next().await)?;
        }
    }
    shower.end()
}
