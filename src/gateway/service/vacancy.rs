//! Whether the ports of this machine are free that containers are to be published at: asked before the old
//! container is taken away, since without them the new one would not start.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use super::labels::{folder_of, project_of};
use super::observe::{Found, Observed};
use super::plan::action::{Action, Plan};
use crate::compose::Service;
use crate::engine::models::ContainerInspectResponse;
use crate::engine::{Engine, Holder, HostPort, Vantage};
use crate::error::{Error, Kind, Result};
use crate::gateway::another_port;

/// Fails where the plan starts a container at a port that somebody else has.
pub(super) async fn check(
    engine: &Engine,
    services: &[&Service],
    observed: &Observed,
    plan: &Plan,
) -> Result<()> {
    let starting = starting(services, plan);
    let leaving = leaving(&starting, observed, plan);
    let each = |service: &&'_ Service| {
        let name = service.name.clone();
        ports(service)
            .map(move |port| (port, name.clone()))
            .collect::<Vec<_>>()
    };
    let wanted: BTreeMap<HostPort, String> = starting.iter().flat_map(each).collect();
    for (wanted, service) in &wanted {
        if let Some(holder) = engine.holder(wanted, &leaving).await? {
            let error = conflict(engine, &holder, observed, wanted.port).await;
            return Err(error.hint(format!("or {}", another_port(service))));
        }
    }
    Ok(())
}

/// The error for a port that somebody has, in the words that fit who it is.
async fn conflict(engine: &Engine, holder: &Holder, observed: &Observed, port: u16) -> Error {
    let Holder::Container { id, name } = holder else {
        return holder.conflict(port);
    };
    if let Some(orphan) = observed.orphans.iter().find(|found| found.id == *id) {
        return held_by_orphan(port, orphan);
    }
    let container = engine.container(id).await.ok().flatten();
    // From elsewhere the folders of the engine's machine cannot be looked at.
    let is_here = matches!(engine.vantage().await, Vantage::Here);
    match container.and_then(|container| left_behind(&container)) {
        Some((project, folder)) if is_here => held_from(port, name, &project, &folder),
        _ => holder.conflict(port),
    }
}

fn held_by_orphan(port: u16, orphan: &Found) -> Error {
    let (name, service) = (&orphan.name, &orphan.service);
    let text = format!(
        "port {port} is taken by container {name} of service {service}, \
         which the compose file no longer defines"
    );
    Error::new(Kind::Conflict, text)
        .hint("if it was removed or renamed: ollamactl gateway up --remove-orphans")
}

/// The project and the folder of a container whose folder is not there any more: it was moved, and has
/// another project's name since.
fn left_behind(container: &ContainerInspectResponse) -> Option<(String, PathBuf)> {
    let (project, folder) = (project_of(container)?, folder_of(container)?);
    (folder.is_absolute() && !folder.exists()).then_some((project, folder))
}

fn held_from(port: u16, name: &str, project: &str, folder: &Path) -> Error {
    let text = format!(
        "port {port} is taken by container {name} of compose project {project}, whose folder {} is not \
         there any more",
        folder.display()
    );
    Error::new(Kind::Conflict, text).hint(format!(
        "if that was moved here: ollamactl down -p {project} (docker compose -p {project} down, where \
         that made it)"
    ))
}

/// The services of which the plan starts a container.
fn starting<'a>(services: &[&'a Service], plan: &Plan) -> Vec<&'a Service> {
    let starts = |service: &Service| {
        let mut steps = plan.steps.iter();
        steps.any(|planned| matches!(&planned.action, Action::Start { service: of, .. } if *of == service.name))
    };
    let services = services.iter().copied();
    services.filter(|service| starts(service)).collect()
}

/// The IDs of the containers that give their ports back, or have them already for the same service.
fn leaving<'a>(starting: &[&Service], observed: &'a Observed, plan: &'a Plan) -> BTreeSet<&'a str> {
    let own = starting
        .iter()
        .flat_map(|service| observed.all(&service.name));
    let gone = plan
        .steps
        .iter()
        .filter_map(|planned| match &planned.action {
            Action::Recreate { old, .. } => Some(old),
            Action::Stop { container } | Action::Remove { container, .. } => Some(container),
            _ => None,
        });
    own.chain(gone).map(|found| found.id.as_str()).collect()
}

/// The ports that the service asks for by number. Of a range the engine takes one that is free.
fn ports(service: &Service) -> impl Iterator<Item = HostPort> {
    service.ports.iter().filter_map(|port| {
        let number = port.published.as_deref()?.parse().ok()?;
        let address = port.host_ip.as_deref().and_then(|ip| ip.parse().ok());
        (number != 0).then_some(HostPort {
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            port: number,
            udp: port.protocol == "udp",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::observe::Found;
    use super::*;
    use crate::compose::Port;

    #[test]
    fn ports_by_number_are_asked_for_and_ranges_are_not() {
        let port = |host_ip: &str, published: Option<&str>, protocol: &str| Port {
            host_ip: (!host_ip.is_empty()).then(|| host_ip.into()),
            published: published.map(Into::into),
            protocol: protocol.into(),
            ..Port::default()
        };
        let service = Service {
            ports: vec![
                port("127.0.0.1", Some("9104"), "tcp"),
                port("", Some("53"), "udp"),
                port("", Some("9000-9005"), "tcp"),
                port("", None, "tcp"),
            ],
            ..Service::default()
        };
        let asked: Vec<String> = ports(&service)
            .map(|one| format!("{}:{} {}", one.address, one.port, one.udp))
            .collect();
        assert_eq!(asked, ["127.0.0.1:9104 false", "0.0.0.0:53 true"]);
    }

    #[test]
    fn what_is_replaced_gives_its_ports_back() {
        let found = |id: &str| Found {
            id: id.into(),
            ..Found::default()
        };
        let mut observed = Observed::default();
        for (service, id) in [("gateway", "1"), ("db", "2"), ("other", "3")] {
            observed.containers.insert(service.into(), vec![found(id)]);
        }
        let gateway = Service {
            name: "gateway".into(),
            ..Service::default()
        };
        let mut plan = Plan::default();
        let (service, name) = ("db".to_owned(), "p-db-1".to_owned());
        let old = found("2");
        plan.push(Action::Recreate { service, name, old }, "asked to");
        let (service, name) = ("gateway".to_owned(), "p-gateway-1".to_owned());
        let number = 1;
        plan.push(
            Action::Start {
                service,
                number,
                name,
            },
            "it is new",
        );
        let starting = starting(&[&gateway], &plan);
        let leaving = leaving(&starting, &observed, &plan);
        assert_eq!(leaving.into_iter().collect::<Vec<_>>(), ["1", "2"]);
    }
}
