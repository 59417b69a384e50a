//! Ollama, as a program to talk to and to recognise: its addresses, model names, HTTP API, processes
//! and model store. Facts come from ollama/ollama at v0.24.0 and v0.33.0-rc2 and from recordings of
//! both.

mod body;
mod client;
pub mod host;
mod name;
mod process;
mod pull;
mod registry;
mod resolve;
mod store;
mod token;

pub use client::{
    ASKS_FOR_CREDENTIALS, Client, LoadedModel, Model, NoAnswer, Probe, fetch, listed, tls,
};
pub use host::OllamaHost;
pub use name::ModelName;
pub use process::{find_program, is_backend, is_runner};
pub use pull::{PullFailure, PullUpdate};
pub use registry::{Blob, Manifest, manifest};
pub use resolve::Unresolved;
pub use store::{STORE_IN_HOME, empty_part_files, home_store, settle};
pub use token::{Refusal, Token};
