//! The image that all images of a suite are made from, and the removal of what a project leaves behind.
//!
//! The base is imported, not built, and holds the one big file. So a build sends a few bytes, and the
//! engine's build cache does not grow by that file with each of them.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::api;

/// How many projects of this process use the base.
static USERS: Mutex<usize> = Mutex::new(0);

/// A share in the base image. It is there from the first share to the last.
pub struct Base;

impl Base {
    /// The image with this program, which is static, at this path; its entrypoint are these words.
    pub fn share(program: &Path, at: &str, entrypoint: &[&str]) -> Self {
        let mut users = USERS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if *users == 0 {
            let (status, answer) =
                import(program, at, entrypoint).expect("the engine takes an image");
            assert_eq!(status, 200, "{answer}");
        }
        *users += 1;
        Self
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let mut users = USERS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *users -= 1;
        if *users == 0
            && let Err(error) = remove_with_descendants(&name())
        {
            let _ = writeln!(io::stderr(), "image {} is not quite gone: {error}", name());
        }
    }
}

/// The base's name, for a Dockerfile's FROM.
pub fn name() -> String {
    format!("octl-base-{}", std::process::id())
}

fn import(program: &Path, at: &str, entrypoint: &[&str]) -> io::Result<(u16, Value)> {
    let mut layer = tar::Builder::new(Vec::new());
    layer.append_path_with_name(stripped(program)?.path(), at)?;
    let words = entrypoint.iter().map(|word| format!("{word:?}"));
    let words = words.collect::<Vec<_>>().join(",");
    let change = api::encoded(&format!("ENTRYPOINT [{words}]"));
    let path = format!(
        "/images/create?fromSrc=-&repo={}&tag=latest&changes={change}",
        name()
    );
    api::call("POST", &path, &layer.into_inner()?)
}

/// The program without its symbols, which make up most of it.
fn stripped(program: &Path) -> io::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    let done = Command::new("strip")
        .arg("-o")
        .arg(file.path())
        .arg(program)
        .status();
    if !done.is_ok_and(|status| status.success()) {
        std::fs::copy(program, file.path())?;
    }
    let mode = std::fs::metadata(program)?.permissions();
    std::fs::set_permissions(file.path(), mode)?;
    Ok(file)
}

/// Takes everything away that carries the project's label, and what was made for it without one:
/// anonymous volumes, and the contexts of its builds.
pub fn clear(project: &str) -> io::Result<()> {
    let label = format!("com.docker.compose.project={project}");
    let of_project = api::filters(&json!({ "label": [label] }));
    let list = |path: &str| api::call("GET", path, b"").map(|(_, answer)| answer);

    let mut volumes = Vec::new();
    let containers = list(&format!("/containers/json?all=1&filters={of_project}"))?;
    for id in texts(&containers, "Id") {
        let details = list(&format!("/containers/{id}/json"))?;
        volumes.extend(
            texts(&details["Mounts"], "Name")
                .into_iter()
                .filter(|name| name.len() == 64),
        );
        api::call("DELETE", &format!("/containers/{id}?force=1&v=1"), b"")?;
    }
    for id in texts(&list(&format!("/networks?filters={of_project}"))?, "Id") {
        api::call("DELETE", &format!("/networks/{id}"), b"")?;
    }
    volumes.extend(texts(
        &list(&format!("/volumes?filters={of_project}"))?["Volumes"],
        "Name",
    ));
    for name in volumes {
        api::call("DELETE", &format!("/volumes/{name}"), b"")?;
    }
    // The classic builder's images carry no label.
    let named = api::filters(&json!({ "reference": [format!("{project}-*")] }));
    for filters in [of_project, named] {
        for id in texts(&list(&format!("/images/json?filters={filters}"))?, "Id") {
            remove_image(&id)?;
        }
    }
    sweep_build_cache()
}

/// Removes an image, and what the classic builder made from it and left when a step failed.
fn remove_with_descendants(name: &str) -> io::Result<()> {
    let (_, image) = api::call("GET", &format!("/images/{name}/json"), b"")?;
    let (_, all) = api::call("GET", "/images/json?all=1", b"")?;
    let mut line = texts(&json!([image]), "Id");
    let mut next = 0;
    while let Some(parent) = line.get(next).cloned() {
        let all = all.as_array().into_iter().flatten();
        let children = all.filter(|image| image["ParentId"] == parent);
        line.extend(children.filter_map(|child| child["Id"].as_str().map(str::to_owned)));
        next += 1;
    }
    line.iter().rev().try_for_each(|id| remove_image(id))
}

/// Removes an image, whatever names it has.
pub fn remove_image(name: &str) -> io::Result<()> {
    api::call("DELETE", &format!("/images/{name}?force=1"), b"").map(drop)
}

/// Removes the contexts of builds that are over. Nobody could use them again: each build sends its own.
fn sweep_build_cache() -> io::Result<()> {
    let (_, usage) = api::call("GET", "/system/df", b"")?;
    for record in usage["BuildCache"].as_array().into_iter().flatten() {
        let description = record["Description"].as_str().unwrap_or_default();
        if description.contains("http://build-context-") && record["InUse"] == false {
            let one = api::filters(&json!({ "id": [record["ID"]] }));
            api::call("POST", &format!("/build/prune?all=1&filters={one}"), b"")?;
        }
    }
    Ok(())
}

/// The text of this key in each of the objects.
fn texts(objects: &Value, key: &str) -> Vec<String> {
    let each = objects.as_array().into_iter().flatten();
    each.filter_map(|object| object[key].as_str().map(str::to_owned))
        .collect()
}
