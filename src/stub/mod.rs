//! `ollamactl stub`: a deterministic stand-in for Ollama, for CI and tests.
//!
//! It speaks Ollama's HTTP API as recordings of v0.33.0-rc2 have it (a selection is in
//! `tests/recordings`), keeps its models in a real model store, and infers nothing: the same question
//! always gets the same answer, which says that it comes from a stub. So does the version string.
//! It is an independent program as far as the rest of ollamactl is concerned, and prints its log itself.

mod api;
mod catalogue;
pub mod cli;
mod faults;
mod guard;
mod loaded;
mod log;
mod name;
mod pull;
mod server;
mod store;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::time::Instant;

pub use faults::Faults;
pub use log::{Log, Stream};
pub use server::{Server, run};

/// The version of Ollama that is imitated, marked as not being it.
pub const VERSION: &str = "0.33.0-rc2-stub";

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
}

/// What the handlers share.
struct Stub {
    /// Where it listens.
    address: SocketAddr,
    /// When device discovery is over and HTTP is answered.
    ready: Instant,
    store: store::Store,
    loaded: loaded::Loaded,
    faults: Faults,
    /// Pulls begun so far, for faults that hit only the first few.
    pulls: std::sync::atomic::AtomicU64,
    log: Log,
}
