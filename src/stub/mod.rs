//! `ollamactl stub`: a deterministic stand-in for Ollama, for CI and tests.
//!
//! It behaves as recordings of v0.33.0-rc2 and v0.24.0 have it (a selection is in `tests/recordings`):
//! HTTP API, log, signals, the processes that hold loaded models, pulls with their failures. It keeps
//! its models in a real model store, and infers nothing: the same question always gets the same answer,
//! which says that it comes from a stub. So does the version string. It is an independent program as
//! far as the rest of ollamactl is concerned, and prints its log itself.

mod announce;
mod api;
mod catalogue;
pub mod cli;
mod download;
mod environment;
mod faults;
mod gguf;
mod go_json;
mod guard;
mod home;
mod keep_alive;
mod loaded;
mod log;
mod name;
mod partial;
mod pull;
mod runner;
mod sample;
mod server;
mod settings;
mod signals;
mod store;
mod tools;
mod version;
mod weights;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::time::Instant;

pub use faults::{Faults, PartAfterTerm, PullFaults};
pub use keep_alive::KeepAlive;
pub use log::{Log, Stream};
pub use runner::run_if_asked as run_runner_if_asked;
pub use server::{Crashed, Server, run};
pub use settings::Settings;
pub use version::Version;

/// What a stub serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. An unspecified address binds one dual-stack socket; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The model store, made when it does not exist; laid out as Ollama lays out `OLLAMA_MODELS`.
    pub models: PathBuf,
    /// Models that are there from the start, without a pull.
    pub preset: Vec<String>,
    /// How fast it is, and what goes wrong.
    pub faults: Faults,
    /// Which Ollama it is, and how that one was set.
    pub settings: Settings,
}

/// What the handlers share.
struct Stub {
    /// Where it listens.
    address: SocketAddr,
    /// When device discovery is over and HTTP is answered.
    ready: Instant,
    store: store::Store,
    loaded: loaded::Loaded,
    /// Requests that wait for a model to be loaded.
    queue: api::Queue,
    /// Starts the processes that hold models; none in a stub that is no process of its own.
    runners: Option<runner::Runners>,
    downloads: download::Downloads,
    faults: Faults,
    settings: Settings,
    /// Pulls begun so far, for faults that hit only the first few.
    pulls: std::sync::atomic::AtomicU64,
    log: Log,
}
