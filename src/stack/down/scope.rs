//! Which gateways and backends a `down` is about. An address that is named for one part says by that what is
//! meant of the other: the gateways that pass on to that backend, or the backend of that gateway alone.

use crate::backend::{self, recorded};
use crate::config::Config;
use crate::error::Result;
use crate::gateway::embedded::{self, Record};
use crate::ollama::OllamaHost;
use crate::paths::Paths;
use crate::proxy::Upstream;

/// What is meant, and what goes on. Either may be unknown without the other.
pub(super) struct Scope {
    pub gateways: Result<embedded::OfProject>,
    pub backends: Result<backend::OfProject>,
}

impl Scope {
    pub async fn of(config: &Config, paths: &Paths) -> Self {
        let (host, listen) = (&config.backend.host, &config.gateway.listen);
        let mut scope = Self {
            gateways: embedded::of_project(config, paths).await,
            backends: backend::of_project(config, paths).await,
        };
        if let (Ok(gateways), Ok(backends)) = (&mut scope.gateways, &mut scope.backends) {
            match (
                host.source.is_of_this_call(),
                listen.source.is_of_this_call(),
            ) {
                (true, false) => of_backend(&config.client_host(), gateways, paths),
                (false, true) => of_gateway(config, gateways, backends, paths),
                _ => {}
            }
        }
        scope
    }
}

/// The gateways that pass on to this backend.
fn of_backend(host: &OllamaHost, gateways: &mut embedded::OfProject, paths: &Paths) {
    for listen in std::mem::take(&mut gateways.meant) {
        match embedded::observe(paths, listen) {
            Ok(Some(record)) if !leads_to(&record, host) => gateways.others.push(record),
            _ => gateways.meant.push(listen),
        }
    }
}

/// The backend of the gateway that is meant, unless another gateway of the project passes on to it.
fn of_gateway(
    config: &Config,
    gateways: &embedded::OfProject,
    backends: &mut backend::OfProject,
    paths: &Paths,
) {
    let own = config.client_host();
    let meant = embedded::observe(paths, config.gateway.listen.value).unwrap_or_default();
    for host in std::mem::take(&mut backends.meant) {
        let its = match &meant {
            Some(record) => leads_to(record, &host),
            None => host.place() == own.place(),
        };
        let used = gateways.others.iter().any(|other| leads_to(other, &host));
        if its && !used {
            backends.meant.push(host);
        } else {
            backends.others.extend(recorded(paths, &host));
        }
    }
}

fn leads_to(gateway: &Record, host: &OllamaHost) -> bool {
    Upstream::of(host).is_some_and(|upstream| upstream.to_string() == gateway.launch.upstream)
}
