//! The one proxy of ollamactl: HTTP/1.1 in front of the loopback backend, streaming both ways.
//!
//! Two policies use it: the *relay*, which lets containers reach the backend through the engine's
//! host-gateway address, and the *gateway*, which applications call where no compose file defines one.
//! The proxy knows nothing of Docker; who may connect is a list of subnets that others keep current.

mod forward;
mod headers;
mod policy;
mod server;
#[cfg(test)]
mod tests;

pub use headers::STUB_HEADER;
pub use policy::{Peers, Policy, Surface};
pub use server::serve;
