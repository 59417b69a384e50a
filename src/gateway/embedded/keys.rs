//! The embedded gateway's API keys: read from the environment or a file, never from a command line,
//! where every user of the machine could read them.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::{Config, Secret};
use crate::error::{Context, Error, Kind, Result};
use crate::units;

/// A key that is shorter could be guessed.
const SHORTEST: usize = 16;

/// How to make one.
const MAKE: &str = "make one: openssl rand -hex 32";

/// All keys that the configuration names; none where it names none.
pub fn read(config: &Config) -> Result<Vec<Secret>> {
    let settings = &config.gateway.embedded;
    let mut keys = Vec::new();
    if let Some(key) = &settings.key.value {
        keys.push(checked(key.reveal(), &settings.key.source.to_string())?);
    }
    if let Some(path) = &settings.key_file.value {
        keys.extend(from_file(path)?);
    }
    Ok(keys)
}

fn from_file(path: &Path) -> Result<Vec<Secret>> {
    let there = path.exists();
    let text = std::fs::read_to_string(path)
        .context(Kind::Usage, || {
            format!("cannot read the key file {}", path.display())
        })
        .map_err(|error| {
            let path = path.display();
            let mend = if there {
                format!("name a file that you can read: ls -ld {path}")
            } else {
                // Nobody else may read it.
                format!("make one: (umask 077; openssl rand -hex 32 > {path})")
            };
            error.hint(mend)
        })?;
    in_text(&text, path)
}

/// The keys in the text of this file: one a line; empty lines and those that begin with `#` do not count.
pub fn in_text(text: &str, path: &Path) -> Result<Vec<Secret>> {
    let lines = text.lines().enumerate();
    let keys = lines
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| checked(line, &format!("{}:{number}", path.display())))
        .collect::<Result<Vec<_>>>()?;
    if keys.is_empty() {
        return Err(
            Error::usage(format!("the key file {} holds no key", path.display()))
                .hint(format!("{MAKE}, and write it there")),
        );
    }
    Ok(keys)
}

/// What is wrong with a key is said without the key.
fn checked(key: &str, place: &str) -> Result<Secret> {
    let wrong = |why: String| Err(Error::usage(format!("the key in {place} {why}")).hint(MAKE));
    if key.len() < SHORTEST {
        return wrong(format!(
            "has less than {SHORTEST} characters, so it could be guessed"
        ));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong(
            "has characters that no HTTP header carries: use letters and digits".to_owned(),
        );
    }
    Ok(Secret::new(key))
}

/// Tells whether the keys changed, without telling them; empty where there are none.
pub(super) fn fingerprint(keys: &[Secret]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let mut digest = Sha256::new();
    for key in keys {
        digest.update(key.reveal());
        digest.update([0]);
    }
    units::hex(&digest.finalize()[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_a_key_a_line() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("keys");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("written");
            from_file(&path)
        };
        let keys = read("# ours\n\n 0123456789abcdef \nfedcba9876543210\n").expect("two keys");
        let keys: Vec<&str> = keys.iter().map(Secret::reveal).collect();
        assert_eq!(keys, ["0123456789abcdef", "fedcba9876543210"]);
        for (text, said) in [
            ("", "holds no key"),
            ("# none\n", "holds no key"),
            ("\nhush", "keys:2"),
            ("a key with spaces in it", "keys:1"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.kind, Kind::Usage);
            assert!(error.message.contains(said), "{}", error.message);
            assert!(text.is_empty() || !error.message.contains(text.trim()));
        }
    }
}
