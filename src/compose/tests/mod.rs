//! Whole projects, from files on disk.

mod completed;
mod composition;
mod damaged;
mod faults;
mod missing;
mod places;
mod recorded;
mod values;

use std::collections::BTreeMap;

use super::{LoadOptions, Project, load};
use crate::error::Kind;

/// A folder with files, and options that search it.
struct Folder {
    dir: tempfile::TempDir,
    options: LoadOptions,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("shop");
        std::fs::create_dir(&root).expect("created");
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        let options = LoadOptions {
            working_dir: root,
            environment: BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]),
            ..LoadOptions::default()
        };
        Self { dir, options }
    }

    fn path(&self, name: &str) -> String {
        self.dir
            .path()
            .join("shop")
            .join(name)
            .display()
            .to_string()
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.options
            .environment
            .insert(name.to_owned(), value.to_owned());
        self
    }

    fn project(&self) -> Project {
        load(&self.options).unwrap_or_else(|error| panic!("{error} {:?}", error.details))
    }

    fn refusal(&self) -> crate::error::Error {
        let error = load(&self.options).expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        error
    }
}

fn one(text: &str) -> Folder {
    Folder::new(&[("compose.yaml", text)])
}

/// The variables of service `a`.
fn variables(project: &Project) -> Vec<String> {
    let show = |(key, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    };
    project.services["a"].environment.iter().map(show).collect()
}
