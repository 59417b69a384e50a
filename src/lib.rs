//! ollamactl brings up a repository's local LLM stack (model, backend, relay, gateway) and says
//! honestly whether it works.
//!
//! The modules are layers: each imports only what stands above it in this list
//! (`tests/architecture.rs` holds the order).

pub mod error;
pub mod event;
pub mod process;
pub mod units;
pub mod wire;

pub mod paths;

pub mod daemon;
pub mod ollama;

pub mod compose;
pub mod config;
pub mod engine;

pub mod proxy;
pub mod stub;

pub mod backend;

pub mod gateway;
pub mod health;
pub mod logs;

pub mod doctor;
pub mod stack;

pub mod ui;

pub mod cli;
pub mod commands;

pub use commands::run;
