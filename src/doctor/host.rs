//! Has this machine the disk and the memory that the model needs?

use std::time::Duration;

use super::{Check, Patient};
use crate::backend::{Launch, free_bytes, needed_memory, store_of, total_memory};
use crate::ollama::{Client, home_store, manifest};
use crate::units::bytes;

/// How long the registry may take to tell a model's size.
const REGISTRY: Duration = Duration::from_secs(3);

pub(super) async fn checks(patient: &Patient<'_>) -> Vec<Check> {
    if !patient.backend.host.is_local() {
        return Vec::new();
    }
    let size = size(patient).await;
    vec![disk(patient, &size).await, memory(&size)]
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
    let found = manifest(model, REGISTRY).await;
    found.map_or(Size::Unknown, |manifest| Size::Remote(manifest.size()))
}

async fn disk(patient: &Patient<'_>, size: &Size) -> Check {
    const NAME: &str = "disk";
    // The one that runs counts before the one that would be started.
    let store = if patient.backend.answers() {
        store_of(&patient.backend).await
    } else {
        let launch = Launch::from_config(patient.config, patient.paths).ok();
        let store = launch.and_then(|launch| launch.models).or_else(home_store);
        store.ok_or_else(|| "no home folder is known".to_owned())
    };
    let known = store.and_then(|store| match free_bytes(&store) {
        Some(free) => Ok((store, free)),
        None => Err(format!("{} cannot be looked at", store.display())),
    });
    let (store, free) = match known {
        Ok(known) => known,
        Err(why) => return Check::ok(NAME, format!("the model store is not looked at: {why}")),
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
    let Some(total) = total_memory() else {
        return Check::warn(
            NAME,
            "this machine's memory is not known",
            "ollamactl config show",
        );
    };
    let text = format!("{} in all", bytes(total));
    let (Size::Stored(weights) | Size::Remote(weights)) = size else {
        return Check::ok(NAME, format!("{text}; the model's size is not known"));
    };
    let needed = needed_memory(*weights);
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
