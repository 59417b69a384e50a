//! `doctor`: every precondition of the stack, each with the one command that mends it.

mod address;
mod advisory;
mod alias;
mod backend;
mod detour;
mod firewall;
mod folder;
mod gateway;
mod gpu;
mod host;
mod plan;
pub mod probe;
mod question;
mod reach;
mod verdict;

use std::path::Path;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::backend::{Observed, observe_anyway};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::paths::Paths;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The stack can work, but look at it.
    Warn,
    /// The stack cannot work like this.
    Fail,
}

/// One precondition.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
    /// The one command that mends it.
    pub mend: Option<String>,
}

impl Check {
    fn ok(name: &'static str, why: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Ok,
            why: why.into(),
            mend: None,
        }
    }

    fn warn(name: &'static str, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Warn,
            why: why.into(),
            mend: Some(mend.into()),
        }
    }

    fn fail(name: &'static str, why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Fail,
            why: why.into(),
            mend: Some(mend.into()),
        }
    }

    /// A check that an error decided; its first hint mends it.
    fn failed(name: &'static str, error: &Error) -> Self {
        let mut why = error.message.clone();
        for cause in error.causes() {
            why.push_str(": ");
            why.push_str(&cause);
        }
        Self {
            name,
            verdict: Verdict::Fail,
            why,
            mend: error.hints.first().cloned(),
        }
    }
}

/// What the checks look at.
struct Patient<'a> {
    config: &'a Config,
    paths: &'a Paths,
    folder: &'a Path,
    backend: Observed,
    manner: &'a Manner,
}

/// How the checks are made.
#[derive(Debug, Clone)]
pub struct Manner {
    /// Whether the backend is asked from inside the gateway's network, by a short-lived container.
    pub probe: bool,
    /// Ends the checks early. A container that was made for them is still taken away.
    pub cancel: CancellationToken,
}

/// Checks everything, side by side.
pub async fn examine(
    config: &Config,
    paths: &Paths,
    folder: &Path,
    manner: &Manner,
) -> Result<Vec<Check>> {
    let (backend, fault) = observe_anyway(config, paths).await?;
    let mut own = vec![folder::check(&paths.state)];
    own.extend(fault.map(|fault| Check::failed("state file", &fault)));
    let patient = Patient {
        config,
        paths,
        folder,
        backend,
        manner,
    };
    let looks = async { tokio::join!(backend::checks(&patient), host::checks(&patient)) };
    // These leave nothing behind, wherever they are cut off.
    let looks = async {
        tokio::select! {
            looks = looks => Some(looks),
            () = manner.cancel.cancelled() => None,
        }
    };
    let (looks, gateway) = tokio::join!(looks, gateway::checks(&patient));
    match looks {
        Some((backend, host)) if !manner.cancel.is_cancelled() => {
            Ok([own, backend, host, gateway].concat())
        }
        _ => Err(Error::interrupted()),
    }
}
