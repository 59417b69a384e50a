//! What a start does in the home folder: Ollama makes itself a key pair there.

use std::path::Path;

use super::log::{Log, Stream, go_error, go_make_folders};
use crate::error::{Error, Result};

/// The stub's file. Ollama, which may have the same home, must never take it for a key.
const STAND_IN: &str = "id_ed25519.ollamactl-stub";

/// Makes what stands for the key pair, with Ollama's words, unless there is one already.
pub(super) fn prepare(home: &Path, log: &Log) -> Result<()> {
    let folder = home.join(".ollama");
    let (key, stand_in) = (folder.join("id_ed25519"), folder.join(STAND_IN));
    if key.exists() || stand_in.exists() {
        return Ok(());
    }
    let say = |line: &str| log.plain(Stream::Stdout, line);
    let key = key.display();
    say(&format!(
        "Couldn't find '{key}'. Generating new private key."
    ));
    go_make_folders(&folder)
        .map_err(|error| Error::failed(format!("could not create directory {error}")))?;
    let note =
        "The stub of ollamactl was here. It has no key; this file says that it told of one.\n";
    std::fs::write(&stand_in, note).map_err(|error| {
        let stand_in = stand_in.display();
        Error::failed(format!("open {stand_in}: {}", go_error(&error)))
    })?;
    say("Your new public key is: \n\nssh-ed25519 none-this-is-the-stub-of-ollamactl\n");
    Ok(())
}
