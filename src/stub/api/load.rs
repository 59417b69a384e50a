//! Loading: one model at a time, while other requests wait in a queue of limited length.

use axum::http::StatusCode;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::reply::Refusal;
use crate::stub::catalogue::WEIGHTS;
use crate::stub::keep_alive::KeepAlive;
use crate::stub::runner::Runner;
use crate::stub::store::Installed;
use crate::stub::{Stub, Version};

/// Who may load, and who may wait for it.
pub(in super::super) struct Queue {
    turn: Mutex<()>,
    places: Semaphore,
}

impl Queue {
    /// A queue for so many requests besides the one that loads.
    pub(in super::super) fn new(length: usize) -> Self {
        let places = length.saturating_add(1).min(Semaphore::MAX_PERMITS);
        Self {
            turn: Mutex::new(()),
            places: Semaphore::new(places),
        }
    }
}

fn busy() -> Refusal {
    let text = "server busy, please try again.  maximum pending requests exceeded";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text)
}

impl Stub {
    /// Loads a model, which takes its time, or keeps it loaded. A client that leaves meanwhile drops
    /// this, and with it the load.
    pub(super) async fn load(&self, model: &Installed, time: KeepAlive) -> Result<(), Refusal> {
        if self.faults.busy {
            return Err(busy());
        }
        if !self.has(model) {
            let _place = self.queue.places.try_acquire().map_err(|_| busy())?;
            let _turn = self.queue.turn.lock().await;
            if !self.loaded.has(model).unwrap_or(false) {
                self.load_now(model, time).await?;
            }
        }
        self.loaded.keep(model, time);
        Ok(())
    }

    /// Whether a model is loaded. One whose runner was killed is listed, but is not.
    fn has(&self, model: &Installed) -> bool {
        self.loaded.has(model).unwrap_or_else(|ended| {
            let version = self.settings.version;
            let message = version.pick(
                "llama runner process no longer running",
                "llama-server process no longer running",
            );
            let source = version.pick("server.go:1305", "llama_server.go:1196");
            self.log.warn(source, message, &ended);
            false
        })
    }

    async fn load_now(&self, model: &Installed, time: KeepAlive) -> Result<(), Refusal> {
        let begun = Instant::now();
        let mut loading = Loading {
            stub: self,
            weights: self.weights(model),
            why: Some("timed out waiting for llama-server to start: context canceled"),
        };
        let limit = self.settings.load_timeout;
        let started = tokio::time::timeout(limit, self.start_runner(model)).await;
        let Ok(started) = started else {
            loading.why = Some("timed out waiting for llama-server to start - ");
            return Err(Refusal::internal(
                "timed out waiting for llama-server to start - ",
            ));
        };
        loading.why = None;
        let runner = started.map_err(Refusal::internal)?;
        let count = self.loaded.add(model, runner, time);
        let version = self.settings.version;
        let took = begun.elapsed().as_secs_f64();
        let name = version.pick("llama runner", "llama-server");
        let source = version.pick("server.go:1432", "llama_server.go:1362");
        let message = format!("{name} started in {took:.2} seconds");
        self.log.info(source, &message, "");
        let source = version.pick("sched.go:561", "sched.go:728");
        self.log
            .info(source, "loaded runners", &format!("count={count}"));
        Ok(())
    }

    async fn start_runner(&self, model: &Installed) -> Result<Option<Runner>, String> {
        let mut runner = None;
        if let Some(runners) = &self.runners {
            let told = |command: &str| {
                let version = self.settings.version;
                let message = version.pick("starting runner", "starting llama-server");
                let source = version.pick("server.go:433", "llama_server.go:433");
                self.log
                    .info(source, message, &format!("cmd=\"{command}\""));
            };
            runner = Some(runners.start(Some(&self.weights(model)), told).await?);
        }
        tokio::time::sleep(self.faults.load).await;
        Ok(runner)
    }

    fn weights(&self, model: &Installed) -> std::path::PathBuf {
        let layer = model.manifest.layer(WEIGHTS);
        layer.map_or_else(Default::default, |layer| self.store.blob(&layer.digest))
    }
}

/// A load under way; what is said when it comes to nothing.
struct Loading<'a> {
    stub: &'a Stub,
    weights: std::path::PathBuf,
    why: Option<&'static str>,
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let Some(why) = self.why else {
            return;
        };
        let (log, version) = (&self.stub.log, self.stub.settings.version);
        if version == Version::V0_33 && why.ends_with("canceled") {
            let message =
                "client connection closed before llama-server finished loading, aborting load";
            log.warn("llama_server.go:1301", message, "");
        }
        let fields = format!("model={} error={why:?}", self.weights.display());
        let source = version.pick("sched.go:508", "sched.go:641");
        log.info(source, "Load failed", &fields);
    }
}
