//! Ports that are open to more than this machine.

use crate::compose::Service;

/// Warnings for ports that are published on all addresses: Docker lets them past the firewall.
pub fn exposure(service: &Service) -> Vec<String> {
    let open = service
        .ports
        .iter()
        .filter(|port| matches!(port.host_ip.as_deref(), None | Some("" | "0.0.0.0" | "::")));
    let warnings = open.map(|port| {
        let published = port.published.as_deref().unwrap_or("a free port");
        format!(
            "service {} publishes {published} on all addresses of this machine, past its firewall; \
             write 127.0.0.1:{}:{} to keep it local",
            service.name,
            port.published.as_deref().unwrap_or_default(),
            port.target
        )
    });
    warnings.collect()
}
