//! Compose files as they are after a slip of the editor, or made to hurt: a fault with its place, never a
//! panic, an overflow of the stack or an endless wait.

use std::path::{Path, PathBuf};

use crate::compose::{LoadOptions, load};
use crate::error::Error;

/// Each damaged document of `tests/compose` is read so often.
const ROUNDS: usize = 100;

/// What a slip puts into a file.
const PIECES: [&str; 32] = [
    "&",
    "*a",
    "<<: ",
    "!reset ",
    "!override ",
    "- ",
    ": ",
    "\n",
    "  ",
    "${",
    "}",
    "$",
    "'",
    "\"",
    "[",
    "{",
    "017",
    "\u{feff}",
    "é",
    "|",
    "---\n",
    "extends: api",
    "include: x",
    "\t",
    "\r\n",
    "#",
    "~",
    "-1",
    "999999999999999999999",
    "\u{2028}",
    "? ",
    ">-\n",
];

/// A generator of numbers, the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound.max(1)
    }

    /// The text with a few slips in it.
    fn damage(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(characters.len());
            let until = (at + self.below(12)).min(characters.len());
            match self.below(4) {
                0 => drop(characters.drain(at..until)),
                1 => {
                    let copy = characters[at..until].to_vec();
                    let to = self.below(characters.len());
                    characters.splice(to..to, copy);
                }
                2 => characters.truncate(until.max(1)),
                _ => {
                    let piece = PIECES[self.below(PIECES.len())].chars();
                    characters.splice(at..until, piece);
                }
            }
        }
        characters.into_iter().collect()
    }
}

fn options(folder: &Path) -> LoadOptions {
    LoadOptions {
        working_dir: folder.to_owned(),
        ..LoadOptions::default()
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("listed").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What real compose says of a project, which nobody loads.
fn is_expectation(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("config.") || name == "expected.json"
}

#[test]
fn slips_are_faults_that_name_the_file() {
    let projects = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose");
    let mut numbers = Numbers(1);
    let (mut read, mut refused) = (0, 0);
    for project in std::fs::read_dir(projects).expect("a folder") {
        let project = project.expect("listed").path();
        let folder = tempfile::tempdir().expect("a folder");
        let mut originals = Vec::new();
        files(&project, &mut originals);
        let texts = originals.iter().map(|path| {
            let to = folder
                .path()
                .join(path.strip_prefix(&project).expect("inside"));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("created");
            std::fs::copy(path, &to).expect("copied");
            (to, std::fs::read_to_string(path).expect("text"))
        });
        let texts: Vec<(PathBuf, String)> =
            texts.filter(|(path, _)| !is_expectation(path)).collect();
        for _ in 0..ROUNDS {
            let (path, text) = &texts[numbers.below(texts.len())];
            std::fs::write(path, numbers.damage(text)).expect("written");
            match load(&options(folder.path())) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(!error.message.is_empty());
                    refused += 1;
                }
            }
            std::fs::write(path, text).expect("written");
        }
    }
    // Both happen, else this would test nothing.
    assert!(
        read > 100 && refused > 300,
        "{read} read, {refused} refused"
    );
}

fn refusal(text: &str) -> Error {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("compose.yaml"), text).expect("written");
    load(&options(folder.path())).expect_err("refused")
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let deep = 5_000;
    for text in [
        "[".repeat(deep),
        "{a: ".repeat(deep),
        (0..deep).fold(String::new(), |text, n| {
            text + &" ".repeat(n % 2_000) + "a:\n"
        }),
        format!("services: {{a: {{image: \"{}\"}}}}", "${A:-".repeat(deep)),
        format!(
            "services: {{a: {{image: \"{}x{}\"}}}}",
            "${A:-".repeat(deep),
            "}".repeat(deep)
        ),
    ] {
        refusal(&text);
    }
}

#[test]
fn long_chains_are_followed_or_refused() {
    let long = 3_000;
    let chain = |link: &dyn Fn(usize) -> String| {
        let services = (0..long).map(|n| format!("  s{n}: {{{}}}\n", link(n)));
        format!(
            "services:\n{}  s{long}: {{image: x}}\n",
            services.collect::<String>()
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    for text in [
        chain(&|n| format!("extends: {{service: s{}}}", n + 1)),
        chain(&|n| format!("image: x, depends_on: [s{}]", n + 1)),
    ] {
        std::fs::write(folder.path().join("compose.yaml"), text).expect("written");
        if let Ok(project) = load(&options(folder.path())) {
            let closure = project.closure("s0").map(|services| services.len());
            assert!(closure.is_err() || closure.is_ok_and(|count| count == 1));
        }
    }
}

#[test]
fn the_caret_stands_under_the_fault() {
    for (text, place, line, caret) in [
        // Characters are counted, not bytes.
        (
            "services:\n  a: {image: 'größe ✓', ports: x}\n",
            "2:25",
            "2 |   a: {image: 'größe ✓', ports: x}",
            "  |                         ^",
        ),
        (
            "services:\r\n  a:\r\n    image: x: y\r\n",
            "3:13",
            "3 |     image: x: y",
            "  |             ^",
        ),
        (
            "services:\n  a:\n\timage: x\n",
            "3:1",
            "3 | \timage: x",
            "  | ^",
        ),
        (
            "\u{feff}services:\n  a: {image: [}\n",
            "2:15",
            "2 |   a: {image: [}",
            "  |               ^",
        ),
        (
            "\u{feff}services: [}\n",
            "1:12",
            "1 | services: [}",
            "  |            ^",
        ),
    ] {
        let error = refusal(text);
        let at = format!("compose.yaml:{place}: ");
        assert!(error.message.contains(&at), "{text:?}: {error}");
        assert_eq!(error.details[..2], [line, caret], "{text:?}: {error}");
    }
}
