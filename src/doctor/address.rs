//! Does the service ask for the backend where it is configured to listen? Told without any engine.

use std::net::IpAddr;

use reqwest::Url;

use super::question::{ALIAS, asked};
use super::{Check, Patient, probe};
use crate::gateway::ComposeGateway;

const NAME: &str = "backend address";

/// Fails where the service asks this machine at another port than the backend's, naming both places.
/// Nothing where it asks elsewhere, or names no address.
pub(super) fn check(patient: &Patient<'_>, compose: &ComposeGateway) -> Option<Check> {
    let service = compose.project.service(&compose.service).ok()?;
    let (variable, value) = asked(service)?;
    let url = probe::address(value).ok()?;
    // As it was read, without what may be secret in it.
    let shown = url.as_str().trim_end_matches('/');
    let host = &patient.backend.host;
    if is_loopback(&url) && service.network_mode.is_empty() {
        return Some(Check::fail(
            NAME,
            format!(
                "services.{}.environment.{variable} is {shown}: in a container that is the container itself",
                service.name
            ),
            correct(variable, host.port),
        ));
    }
    if url.host_str() != Some(ALIAS) || !host.is_local() {
        return None;
    }
    if url.port_or_known_default() == Some(host.port) {
        return Some(Check::ok(NAME, format!("{variable}={shown}")));
    }
    let files = &compose.project.config_files;
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Some(Check::fail(
        NAME,
        format!(
            "services.{}.environment.{variable} is {shown} ({}), but the backend is configured on {host} ({})",
            service.name,
            files.join(", "),
            patient.config.backend.host.source,
        ),
        correct(variable, host.port),
    ))
}

fn correct(variable: &str, port: u16) -> String {
    format!("write {variable}: http://{ALIAS}:{port} in the service")
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let ip: Result<IpAddr, _> = host.parse();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}
