//! What a start says in the log, in Ollama's order. No line says that HTTP is answered: `Listening on`
//! comes before device discovery, and the last line a moment before the first answer.

use std::net::SocketAddr;
use std::sync::Arc;

use super::log::Log;
use super::settings::Settings;
use super::store::Store;
use super::{Options, Stub, Version};

/// The configuration: the first lines once the port is bound.
pub(super) fn config(log: &Log, options: &Options, address: SocketAddr) {
    let version = options.settings.version;
    let models = options.models.display();
    let prune = options.settings.prune;
    log.info(
        version.pick("routes.go:1802", "routes.go:1951"),
        "server config",
        &format!(
            "env=\"map[OLLAMA_HOST:http://{address} OLLAMA_MODELS:{models} OLLAMA_NOPRUNE:{}]\"",
            !prune
        ),
    );
    let off = options.settings.no_cloud;
    let source = version.pick("routes.go:1804", "routes.go:1953");
    log.info(source, &format!("Ollama cloud disabled: {off}"), "");
}

/// Old partial downloads go, unless a manifest is broken.
pub(super) fn store(log: &Log, settings: &Settings, store: &Store) {
    let version = settings.version;
    if !settings.prune {
        return;
    }
    if let Some(error) = store.corrupt() {
        let message = "corrupt manifests detected, skipping prune operation.  \
                       Re-pull or delete to clear";
        let source = version.pick("routes.go:1816", "routes.go:1965");
        log.warn(source, message, &format!("error=\"{error}\""));
        return;
    }
    store.prune();
    let source = version.pick("images.go:517", "images.go:919");
    log.info(source, &format!("total blobs: {}", store.count_blobs()), "");
    let source = version.pick("images.go:524", "images.go:926");
    log.info(source, "total unused blobs removed: 0", "");
}

/// The port is bound, and connects succeed.
pub(super) fn listening(log: &Log, version: Version, address: SocketAddr, store: &Store) {
    let message = format!("Listening on {address} (version {})", version.text());
    log.info(
        version.pick("routes.go:1864", "routes.go:2008"),
        &message,
        "",
    );
    if version == Version::V0_33 {
        let models = store.list(log).len();
        let fields = format!("models={models} failures=0 elapsed=0s");
        let message = "model list cache hydration complete";
        log.info("model_list_cache.go:112", message, &fields);
    }
    let source = version.pick("runner.go:67", "runner.go:60");
    log.info(source, "discovering available GPUs...", "");
}

/// Discovery, in a process of its own where it takes time, and the last lines of a start.
pub(super) async fn discovery(stub: Arc<Stub>) {
    let runner = match &stub.runners {
        Some(runners) if !stub.faults.discovery.is_zero() => runners.start(None, |_| {}).await.ok(),
        _ => None,
    };
    tokio::time::sleep_until(stub.ready).await;
    drop(runner);
    let version = stub.settings.version;
    let fields = "id=cpu library=cpu compute=\"\" name=cpu description=cpu libdirs=ollama driver=\"\" \
                  pci_id=\"\" type=\"\" total=\"0 B\" available=\"0 B\"";
    let source = version.pick("types.go:60", "types.go:50");
    stub.log.info(source, "inference compute", fields);
    let fields = "total_vram=\"0 B\" default_num_ctx=4096";
    let source = version.pick("routes.go:1914", "routes.go:2058");
    stub.log.info(source, "vram-based default context", fields);
}
