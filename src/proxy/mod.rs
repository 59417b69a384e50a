//! The one proxy of ollamactl: HTTP/1.1 in front of the backend, streaming both ways.
//!
//! Two policies use it: the *relay*, which lets containers reach the backend through the engine's
//! host-gateway address, and the *gateway*, which applications call where no compose file defines one.
//! The proxy knows nothing of Docker; who may connect is a list of subnets that others keep current.
//!
//! A request goes through [`forward`]: judged by the [`policy`], asked for its key ([`auth`]), let in
//! ([`admission`]), its model named ([`naming`]), rewritten ([`headers`]), sent ([`upstream`]) with its
//! body ([`upload`]), answered ([`answer`]) and noted ([`exchange`]).

mod admission;
mod answer;
mod auth;
mod cors;
mod exchange;
mod forward;
mod headers;
mod health;
mod limits;
mod naming;
mod noted;
mod policy;
mod server;
#[cfg(test)]
mod tests;
mod upload;
mod upstream;

pub use auth::{Keys, REALM};
pub use headers::STUB_HEADER;
pub use limits::Limits;
pub use noted::log::{LogFormat, RequestLog};
pub use policy::{Gateway, Peers, Policy, Surface};
pub use server::serve;
pub use upstream::Upstream;
