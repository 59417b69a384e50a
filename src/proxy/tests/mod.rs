//! The proxy between real sockets: a scripted upstream behind it, raw clients before it.

mod framing;
mod gateway;
mod limits;
mod relay;
mod shutdown;
mod streaming;
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Gateway, Policy, Surface};
use support::{Peer, Setup, get, ok, post, until};
