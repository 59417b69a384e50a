//! Paths without `.` and `..`.

use std::path::{Component, Path, PathBuf};

/// Takes out `.` and `..` by text alone, as compose does: a link is not followed.
pub(in crate::compose) fn clean(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}
