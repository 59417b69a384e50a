//! ollamactl brings up a repository's local LLM stack (model, backend, relay, gateway) and says
//! honestly whether it works.
//!
//! The modules are layers: each imports only what stands above it in this list
//! (`tests/architecture.rs` holds the order).

pub mod compose;
pub mod engine;
pub mod error;
pub mod event;
pub mod gateway;
