//! The gateway.

pub mod embedded;
