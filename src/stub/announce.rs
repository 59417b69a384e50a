//! What a start says in the log, in Ollama's order. No line says that HTTP is answered: `Listening on`
//! comes before device discovery, and the last line a moment before the first answer.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::Utc;
use sysinfo::System;

use super::log::Log;
use super::runner::Runner;
use super::settings::Settings;
use super::store::Store;
use super::{Options, Stub, Version, environment};

/// What an offline machine says of every look-up.
const OFFLINE: &str = "dial tcp: lookup ollama.com: no such host";
/// When ollama.com is asked again; Ollama picks a time of its own.
const NEXT_TRY: &str = "5m0s";
const NEXT_LOOK: &str = "4h0m0s";

/// The configuration: the first lines once the port is bound.
pub(super) fn config(log: &Log, options: &Options) {
    let version = options.settings.version;
    log.info(
        version.pick("routes.go:1802", "routes.go:1951"),
        "server config",
        &format!("env={:?}", environment::line(options)),
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
pub(super) fn listening(log: &Log, settings: &Settings, address: SocketAddr, store: &Store) {
    let version = settings.version;
    let message = format!("Listening on {address} (version {})", version.text());
    let source = version.pick("routes.go:1864", "routes.go:2008");
    log.info(source, &message, "");
    if version == Version::V0_33 {
        if settings.no_cloud {
            no_recommendations(log);
        }
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
    let runner = discoverer(&stub).await;
    cloud(&stub);
    tokio::time::sleep_until(stub.ready).await;
    drop(runner);
    let version = stub.settings.version;
    let (total, available) = memory();
    let fields = format!(
        "id=cpu library=cpu compute=\"\" name=cpu description=cpu libdirs=ollama driver=\"\" \
         pci_id=\"\" type=\"\" total={:?} available={:?}",
        gibibytes(total),
        gibibytes(available)
    );
    let source = version.pick("types.go:60", "types.go:50");
    stub.log.info(source, "inference compute", &fields);
    let fields = "total_vram=\"0 B\" default_num_ctx=4096";
    let source = version.pick("routes.go:1914", "routes.go:2058");
    stub.log.info(source, "vram-based default context", fields);
}

/// The process that looks for devices. Where that takes no time, v0.24.0 still says that it started one.
async fn discoverer(stub: &Stub) -> Option<Runner> {
    let runners = stub.runners.as_ref()?;
    let told = |command: &str| {
        if stub.settings.version == Version::V0_24 {
            let fields = format!("cmd={command:?}");
            stub.log.info("server.go:433", "starting runner", &fields);
        }
    };
    if stub.faults.discovery.is_zero() {
        told(&runners.command(None).await?);
        return None;
    }
    runners.start(None, told).await.ok()
}

/// ollama.com is asked in the background, and cannot be reached.
fn cloud(stub: &Stub) {
    let (log, version) = (&stub.log, stub.settings.version);
    if stub.settings.no_cloud {
        if version == Version::V0_24 {
            no_recommendations(log);
        }
        return;
    }
    let now = Utc::now().timestamp();
    let failed = |url: &str| format!("error={:?}", format!("Get \"{url}\": {OFFLINE}"));
    let tags = || {
        let source = version.pick("model_show_cache.go:152", "model_show_cache.go:142");
        let url = format!("https://ollama.com:443/api/tags?ts={now}");
        log.warn(
            source,
            "model show cloud cache hydration failed",
            &failed(&url),
        );
    };
    if version == Version::V0_24 {
        tags();
    }
    let url = "https://ollama.com/api/experimental/model-recommendations";
    let url = version.pick(url.to_owned(), format!("{url}?ts={now}"));
    let message = "model recommendations refresh failed";
    log.warn("model_recommendations.go:168", message, &failed(&url));
    next_look(log, NEXT_TRY, 1);
    if version == Version::V0_33 {
        tags();
    }
}

fn no_recommendations(log: &Log) {
    next_look(log, NEXT_LOOK, 0);
}

fn next_look(log: &Log, wait: &str, failures: u32) {
    let fields = format!("wait={wait} consecutive_failures={failures}");
    let message = "model recommendations cache sleep scheduled";
    log.info("model_recommendations.go:177", message, &fields);
}

/// This machine's memory: all of it, and what is free, in bytes.
fn memory() -> (u64, u64) {
    let Ok(mut system) = System::new() else {
        return (0, 0);
    };
    system.refresh_memory();
    (system.total_memory(), system.available_memory())
}

/// Bytes as Ollama tells memory.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}
