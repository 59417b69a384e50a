//! Does a proxy stand between the service and the backend? Clients that heed `HTTP_PROXY`, as those of Python do,
//! ask it for every name that `NO_PROXY` leaves out, and it does not know the names of containers.

use std::collections::BTreeMap;

use super::question::{ALIAS, asked};
use super::{Check, probe};
use crate::compose::Service;
use crate::engine::{Engine, cli_config};
use crate::gateway;
use crate::gateway::service::own;

const NAME: &str = "gateway proxy";
/// Those that are asked over plain HTTP.
const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const EXEMPT: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Warns where the service's variables lead its questions to a proxy. Our own gateway heeds none.
pub(super) fn check(service: &Service, engine: &Engine) -> Option<Check> {
    if own::program(service).is_some() {
        return None;
    }
    let host = asked(service).and_then(|(_, value)| probe::address(value).ok());
    let host = host
        .as_ref()
        .and_then(|url| url.host_str())
        .unwrap_or(ALIAS);
    let proxies = match engine.proxies() {
        Ok(proxies) => proxies,
        Err(error) => return Some(Check::failed(NAME, &error)),
    };
    let variables = gateway::variables(service, &proxies);
    let variable = detour(&variables, host)?;
    let place = if service.environment.contains_key(variable) {
        "the NO_PROXY of its environment".to_owned()
    } else {
        let path = cli_config::path().unwrap_or_default();
        format!("the noProxy of {}", path.display())
    };
    Some(Check::warn(
        NAME,
        format!(
            "service {} has {variable}, and no NO_PROXY that covers {host}: a client that heeds them asks the \
             proxy for the backend",
            service.name
        ),
        format!("add {host} to {place}, then ollamactl gateway up --force-recreate"),
    ))
}

/// The variable by which a client gets to a proxy when it asks this host.
fn detour<'a>(variables: &BTreeMap<&'a str, Option<&str>>, host: &str) -> Option<&'a str> {
    let value = |name: &str| variables.get(name).copied().flatten().unwrap_or_default();
    let mut exempt = EXEMPT.iter().flat_map(|name| value(name).split(','));
    if exempt.any(|entry| covers(entry.trim(), host)) {
        return None;
    }
    let is_set = |name: &&str| PROXIES.contains(name) && !value(name).is_empty();
    variables.keys().copied().find(is_set)
}

/// Whether an entry of `NO_PROXY` is about this host: its name, or the end of it.
fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.split(':').next().unwrap_or_default();
    let end = entry.trim_start_matches('*').trim_start_matches('.');
    match host.strip_suffix(end) {
        _ if entry == "*" => true,
        _ if end.is_empty() => false,
        Some(rest) => rest.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ends_of_names_are_exempt() {
        let host = "host.docker.internal";
        for entry in [
            "*",
            host,
            ".docker.internal",
            "docker.internal",
            "*.internal",
            "host.docker.internal:11434",
        ] {
            assert!(covers(entry, host), "{entry}");
        }
        for entry in [
            "",
            ".",
            "localhost",
            "ocker.internal",
            "a.host.docker.internal",
        ] {
            assert!(!covers(entry, host), "{entry}");
        }
    }

    #[test]
    fn a_proxy_is_a_detour_unless_it_is_empty_or_exempt() {
        let on = |variables: &[(&'static str, &'static str)]| {
            let each = variables.iter().map(|(name, value)| (*name, Some(*value)));
            detour(&each.collect(), "backend.test")
        };
        assert_eq!(on(&[("HTTP_PROXY", "http://p:1")]), Some("HTTP_PROXY"));
        assert_eq!(on(&[("HTTP_PROXY", "")]), None);
        assert_eq!(on(&[("HTTPS_PROXY", "http://p:1")]), None);
        let exempt = ("no_proxy", "localhost, .test");
        assert_eq!(on(&[("all_proxy", "socks5://p:1"), exempt]), None);
    }
}
