//! Disk and memory for a model, before it is pulled: Ollama itself finds out when the disk is full.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::event::Events;
use crate::ollama::{Manifest, ModelName};
use crate::units::bytes;

/// Memory that a model needs beyond its weights, in percent: context and runtime.
const OVERHEAD_PERCENT: u64 = 20;

/// Fails where the store's disk cannot take what a pull would load, beside the models that are pulled at
/// the same time. The model that it replaces stays until the new one is complete, so its space does not
/// count as free. Where we may not look into the store, parts of it may be there already: a warning.
pub(super) fn disk(
    manifest: &Manifest,
    others: &[Manifest],
    model: &ModelName,
    store: &Path,
    events: &Events,
) -> Result<()> {
    let Some(free) = free_bytes(store) else {
        return Ok(());
    };
    let all = Manifest::together(others.iter().chain([manifest]));
    let needed = all.missing_from(store);
    if needed <= free {
        return Ok(());
    }
    let beside = match others.len() {
        0 => String::new(),
        count => format!(" (with the {count} that are pulled beside it)"),
    };
    let message = format!(
        "{model}{beside} needs {needed} bytes ({}) more in {}, where {free} bytes ({}) are free",
        bytes(needed),
        store.display(),
        bytes(free)
    );
    if !may_look_into(store) {
        events.warn(format!("{message}, unless parts of it are there already"));
        return Ok(());
    }
    Err(Error::failed(message)
        .hint("free space there, or name another folder: --models-dir DIR")
        .hint("pull all the same: --skip-checks"))
}

/// A store that is not there yet has nothing to hide.
fn may_look_into(store: &Path) -> bool {
    match std::fs::read_dir(store.join("blobs")) {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::PermissionDenied,
    }
}

/// Warns where the model is larger than this machine's memory.
pub(super) fn memory(manifest: &Manifest, model: &ModelName, events: &Events) {
    let needed = needed_memory(manifest.size());
    if let Some(total) = total_memory().filter(|total| needed > *total) {
        events.warn(format!(
            "{model} needs about {} of memory, and this machine has {}: without a GPU it will not load",
            bytes(needed),
            bytes(total)
        ));
    }
}

/// About how much memory a model of this size needs.
pub fn needed_memory(size: u64) -> u64 {
    size.saturating_add(size / 100 * OVERHEAD_PERCENT)
}

/// This machine's memory in bytes.
pub fn total_memory() -> Option<u64> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory();
    Some(system.total_memory())
}

/// Free bytes on the disk that holds, or would hold, this folder.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let existing: PathBuf = folder
        .ancestors()
        .find(|path| path.exists())?
        .canonicalize()
        .ok()?;
    #[cfg(unix)]
    {
        let stats = rustix::fs::statvfs(&existing).ok()?;
        Some(stats.f_bavail.saturating_mul(stats.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
        disks
            .iter()
            .filter(|disk| existing.starts_with(disk.mount_point()))
            .max_by_key(|disk| disk.mount_point().as_os_str().len())
            .map(sysinfo::Disk::available_space)
    }
}
