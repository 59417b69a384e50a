//! What is read: the compose files, the environment files, and the variables in both.

pub(super) mod clean;
pub(super) mod discover;
pub(super) mod environment;
pub(super) mod interpolate;
pub(super) mod read;

mod dotenv;

pub(super) use dotenv::Variables;
