//! What is known of a request when it is over: what the log and the metrics are made of.

pub(super) mod log;
pub(super) mod metrics;
pub(super) mod usage;

use std::net::SocketAddr;
use std::time::Duration;
use usage::Usage;

/// What is known of an exchange at its end.
#[derive(Debug)]
pub(super) struct Noted<'a> {
    pub id: &'a str,
    pub peer: SocketAddr,
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub took: Duration,
    pub first: Option<Duration>,
    pub received: u64,
    pub sent: u64,
    pub model: Option<&'a str>,
    pub usage: Option<Usage>,
    pub end: End,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The whole answer went to the client.
    Whole,
    /// The client left.
    ClientLeft,
    /// The backend broke off.
    BackendLeft,
    /// A time limit passed.
    TimedOut,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::ClientLeft => "client-left",
            Self::BackendLeft => "backend-left",
            Self::TimedOut => "timed-out",
        }
    }
}
