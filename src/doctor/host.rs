//! Has this machine the disk and the memory that the model needs?

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Check, Patient};
use crate::ollama::{Client, default_store, download_size};
use crate::units::bytes;

/// How long the registry may take to tell a model's size.
const REGISTRY: Duration = Duration::from_secs(3);
/// Memory that a model needs beyond its weights, in percent: context and runtime.
const OVERHEAD_PERCENT: u64 = 20;

pub(super) async fn checks(patient: &Patient<'_>) -> Vec<Check> {
    if !patient.backend.host.is_local() {
        return Vec::new();
    }
    let size = size(patient).await;
    vec![disk(patient, &size), memory(&size)]
}

/// What is known of the model's size.
enum Size {
    /// It is in the store.
    Stored(u64),
    /// The registry says so.
    Remote(u64),
    Unknown,
}

async fn size(patient: &Patient<'_>) -> Size {
    let model = &patient.config.model.value;
    if patient.backend.answers()
        && let Ok(client) = Client::new(&patient.backend.host)
        && let Ok(Some(found)) = client.model(model).await
    {
        return Size::Stored(found.size);
    }
    if patient.backend.is_stub() {
        return Size::Unknown;
    }
    download_size(model, REGISTRY)
        .await
        .map_or(Size::Unknown, Size::Remote)
}

fn disk(patient: &Patient<'_>, size: &Size) -> Check {
    const NAME: &str = "disk";
    let store = patient
        .config
        .backend
        .models
        .value
        .clone()
        .or_else(default_store);
    let Some((store, free)) = store.and_then(|store| Some((store.clone(), free_bytes(&store)?)))
    else {
        return Check::warn(
            NAME,
            "the model store's disk is not known",
            "ollamactl config show",
        );
    };
    let text = format!("{} free for {}", bytes(free), store.display());
    match size {
        Size::Remote(needed) if *needed > free => Check::fail(
            NAME,
            format!("{text}, but the model needs {}", bytes(*needed)),
            "free space, or name another folder: OLLAMA_MODELS=DIR",
        ),
        Size::Remote(needed) => {
            Check::ok(NAME, format!("{text}; the model needs {}", bytes(*needed)))
        }
        Size::Stored(_) => Check::ok(NAME, format!("{text}; the model is there")),
        Size::Unknown => Check::ok(NAME, format!("{text}; the model's size is not known")),
    }
}

fn memory(size: &Size) -> Check {
    const NAME: &str = "memory";
    let Ok(mut system) = sysinfo::System::new() else {
        return Check::warn(
            NAME,
            "this machine's memory is not known",
            "ollamactl config show",
        );
    };
    system.refresh_memory();
    let total = system.total_memory();
    let text = format!("{} in all", bytes(total));
    let (Size::Stored(weights) | Size::Remote(weights)) = size else {
        return Check::ok(NAME, format!("{text}; the model's size is not known"));
    };
    let needed = weights + weights / 100 * OVERHEAD_PERCENT;
    if needed > total {
        Check::warn(
            NAME,
            format!(
                "{text}, but the model needs about {}; without a GPU it will not load",
                bytes(needed)
            ),
            "choose a smaller model: OLLAMA_MODEL=…",
        )
    } else {
        Check::ok(
            NAME,
            format!("{text}; the model needs about {}", bytes(needed)),
        )
    }
}

/// Free bytes on the disk that would hold this folder.
fn free_bytes(folder: &Path) -> Option<u64> {
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
        let disks = sysinfo::Disks::new_with_refreshed_list();
        disks
            .iter()
            .filter(|disk| existing.starts_with(disk.mount_point()))
            .max_by_key(|disk| disk.mount_point().as_os_str().len())
            .map(sysinfo::Disk::available_space)
    }
}
