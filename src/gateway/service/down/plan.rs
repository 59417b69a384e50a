//! What is to be taken away: a pure function of what is there and what was made.

use std::collections::{BTreeMap, BTreeSet};

use super::super::observe::Found;
use super::super::plan::action::{Action, Plan};
use super::super::plan::removal::take_away;
use super::super::{Created, Target, observe, volume_keys};
use super::{DownOptions, Needed, Present};

/// What to take away of the gateway, and the orphans that stay.
pub(super) fn of_gateway(
    target: &Target<'_>,
    present: &Present,
    options: &DownOptions,
) -> (Plan, Vec<String>) {
    let project = target.project;
    let mut plan = Plan::default();
    let (orphans, known) = observe::sorted_out(project, present.containers.clone());
    let mine = known.iter().filter(|found| found.service == target.service);
    take_away(mine, options.volumes, "asked to", &mut plan);
    let removed = orphans.iter().filter(|_| options.remove_orphans);
    let cause = "its service is not defined any more";
    take_away(removed, options.volumes, cause, &mut plan);
    plan_networks(present, |_| true, "it is the project's", &mut plan);
    if options.volumes {
        plan_volumes(target, present, &mut plan);
    }
    let staying = orphans.iter().filter(|_| !options.remove_orphans);
    (plan, staying.map(|found| found.name.clone()).collect())
}

/// What is to become of what `up` made.
#[derive(Debug, Default)]
pub(super) struct OfCreated {
    pub plan: Plan,
    /// What stays, since containers that somebody else made need it.
    pub needed: Vec<Needed>,
    /// Containers of dependencies that somebody else made anew under the name of one that was made.
    pub anew: Vec<String>,
}

/// What to take away of what `up` made, dependents before what they depend on.
pub(super) fn of_created(
    target: &Target<'_>,
    present: &Present,
    created: &Created,
    options: &DownOptions,
) -> OfCreated {
    let project = target.project;
    let mut plan = Plan::default();
    let at = |name: &String| present.containers.iter().find(|found| found.name == *name);
    let named = |name: &String| at(name).filter(|found| created.is_same(name, &found.id));
    let users = users(target, present, |found| named(&found.name).is_none());
    let (needed, made): (Vec<&Found>, Vec<&Found>) = created
        .containers
        .iter()
        .rev()
        .filter_map(named)
        .partition(|found| users.contains_key(&found.service));
    take_away(made, options.volumes, "ollamactl made it", &mut plan);
    let only_started = created
        .started
        .iter()
        .rev()
        .filter(|name| !created.containers.contains(name))
        .filter_map(named)
        .filter(|found| found.state.is_active() && !users.contains_key(&found.service));
    for container in only_started.cloned() {
        plan.push(Action::Stop { container }, "ollamactl started it");
    }
    if options.remove_orphans {
        let (orphans, _) = observe::sorted_out(project, present.containers.clone());
        let cause = "its service is not defined any more";
        take_away(&orphans, options.volumes, cause, &mut plan);
    }
    let ours = |name: &str| created.networks.iter().any(|ours| ours == name);
    plan_networks(present, ours, "ollamactl made it", &mut plan);
    if options.volumes {
        let made = created.volumes.iter();
        for name in made.filter(|name| present.volumes.contains(name)).cloned() {
            plan.push(Action::RemoveVolume { name }, "ollamactl made it");
        }
    }
    let needed = needed.into_iter().map(|found| Needed {
        container: found.name.clone(),
        by: users[&found.service].clone(),
    });
    let anew = created.containers.iter().filter(|name| {
        let is_another =
            |found: &Found| found.service != target.service && !created.is_same(name, &found.id);
        at(name).is_some_and(is_another)
    });
    OfCreated {
        needed: needed.collect(),
        anew: anew.cloned().collect(),
        plan,
    }
}

/// Services on which containers depend that run and stay, each with the name of one of those. The gateway
/// itself goes, whoever depends on it.
fn users(
    target: &Target<'_>,
    present: &Present,
    stays: impl Fn(&Found) -> bool,
) -> BTreeMap<String, String> {
    let (_, known) = observe::sorted_out(target.project, present.containers.clone());
    let staying = known
        .iter()
        .filter(|found| found.state.is_active() && stays(found));
    let mut users = BTreeMap::new();
    for found in staying {
        let needed = target.project.needed_by(&found.service).unwrap_or_default();
        for service in needed {
            if service.name != found.service && service.name != target.service {
                users.insert(service.name.clone(), found.name.clone());
            }
        }
    }
    users
}

/// Networks that no container of the project stays attached to. Whether others use them is seen when
/// they are to be removed.
fn plan_networks(present: &Present, wanted: impl Fn(&str) -> bool, cause: &str, plan: &mut Plan) {
    let gone: BTreeSet<String> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Remove { container, .. } => Some(container.id.clone()),
            _ => None,
        })
        .collect();
    let is_used = |name: &String| {
        let mut staying = present
            .containers
            .iter()
            .filter(|found| found.state.is_active() && !gone.contains(&found.id));
        staying.any(|found| found.networks.contains_key(name))
    };
    for (name, id) in &present.networks {
        let cause = if is_used(name) {
            format!("{cause}, unless containers use it")
        } else {
            cause.to_owned()
        };
        if wanted(name) {
            let (name, id) = (name.clone(), id.clone());
            plan.push(Action::RemoveNetwork { name, id }, cause);
        }
    }
}

/// The named volumes of the target that the file defines. One of that name that does not bear the
/// project's label is somebody else's, and stays.
fn plan_volumes(target: &Target<'_>, present: &Present, plan: &mut Plan) {
    let project = target.project;
    let Ok(service) = project.service(target.service) else {
        return;
    };
    for key in volume_keys(&[service]) {
        let own = project
            .volumes
            .get(key)
            .is_some_and(|volume| !volume.external);
        let name = project.volume_name(key);
        if own && present.volumes.contains(&name) {
            plan.push(Action::RemoveVolume { name }, "asked to");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Dependency, Mount, Project, Service, Volume};
    use crate::gateway::State;

    fn found(service: &str, state: State, networks: &[&str]) -> Found {
        Found {
            id: format!("{service}-id"),
            name: format!("p-{service}-1"),
            service: service.to_owned(),
            number: 1,
            state,
            networks: networks
                .iter()
                .map(|&name| (name.to_owned(), "network-id".to_owned()))
                .collect(),
            ..Found::default()
        }
    }

    fn project() -> Project {
        let mut project = Project {
            name: "p".into(),
            ..Project::default()
        };
        for name in ["db", "gateway"] {
            let data = Mount {
                kind: "volume".into(),
                source: "data".into(),
                ..Mount::default()
            };
            let service = Service {
                name: name.into(),
                volumes: vec![data],
                ..Service::default()
            };
            project.services.insert(name.into(), service);
        }
        let data = Volume {
            name: "p_data".into(),
            ..Volume::default()
        };
        project.volumes.insert("data".into(), data);
        project
    }

    fn present() -> Present {
        Present {
            containers: vec![
                found("gateway", State::Running, &["p_default", "p_lan"]),
                found("db", State::Running, &["p_default"]),
                found("old", State::Exited, &["p_lan"]),
            ],
            networks: vec![
                ("p_default".into(), "1".into()),
                ("p_lan".into(), "2".into()),
            ],
            volumes: vec!["p_data".into()],
        }
    }

    fn target(project: &Project) -> Target<'_> {
        Target {
            project,
            service: "gateway",
            host_gateway: true,
            health_path: "/healthz",
        }
    }

    fn gateway_down(options: &DownOptions) -> (String, Vec<String>) {
        let project = project();
        let (plan, orphans) = of_gateway(&target(&project), &present(), options);
        (plan.to_string(), orphans)
    }

    #[test]
    fn the_gateway_goes_and_what_is_not_its_own_stays() {
        let (plan, orphans) = gateway_down(&DownOptions::default());
        assert_eq!(
            plan,
            "stop container p-gateway-1: asked to\n\
             remove container p-gateway-1: asked to\n\
             remove network p_default: it is the project's, unless containers use it\n\
             remove network p_lan: it is the project's\n"
        );
        assert_eq!(orphans, ["p-old-1"]);
    }

    #[test]
    fn orphans_and_volumes_go_when_asked_for() {
        let (plan, orphans) = gateway_down(&DownOptions {
            volumes: true,
            remove_orphans: true,
            ..DownOptions::default()
        });
        assert_eq!(
            plan,
            "stop container p-gateway-1: asked to\n\
             remove container p-gateway-1 with its anonymous volumes: asked to\n\
             remove container p-old-1 with its anonymous volumes: its service is not defined any more\n\
             remove network p_default: it is the project's, unless containers use it\n\
             remove network p_lan: it is the project's\n\
             remove volume p_data: asked to\n"
        );
        assert_eq!(orphans, [""; 0]);
    }

    #[test]
    fn only_what_was_made_is_removed_and_what_was_started_is_stopped() {
        let created = Created {
            containers: vec!["p-gateway-1".into()],
            started: vec!["p-db-1".into(), "p-gateway-1".into()],
            networks: vec!["p_lan".into()],
            volumes: vec!["p_data".into()],
            ..Created::default()
        };
        let plan = of_created(
            &target(&project()),
            &present(),
            &created,
            &DownOptions::default(),
        )
        .plan;
        assert_eq!(
            plan.to_string(),
            "stop container p-gateway-1: ollamactl made it\n\
             remove container p-gateway-1: ollamactl made it\n\
             stop container p-db-1: ollamactl started it\n\
             remove network p_lan: ollamactl made it\n"
        );
    }

    #[test]
    fn a_volume_without_the_project_s_label_stays() {
        let there = Present {
            volumes: Vec::new(),
            ..present()
        };
        let created = Created {
            volumes: vec!["p_data".into()],
            ..Created::default()
        };
        let options = DownOptions {
            volumes: true,
            ..DownOptions::default()
        };
        let plan = of_created(&target(&project()), &there, &created, &options).plan;
        assert_eq!(plan.to_string(), "");
    }

    /// What `up` made of the gateway and its database.
    fn both() -> Created {
        let names = ["p-db-1".to_owned(), "p-gateway-1".to_owned()];
        let ids = ["db-id", "gateway-id"].map(str::to_owned);
        Created {
            containers: names.to_vec(),
            started: names.to_vec(),
            ids: names.into_iter().zip(ids).collect(),
            ..Created::default()
        }
    }

    #[test]
    fn a_container_that_somebody_else_made_anew_is_not_ours() {
        let (project, mut created) = (project(), both());
        let of_created = |created: &Created| {
            of_created(
                &target(&project),
                &present(),
                created,
                &DownOptions::default(),
            )
        };
        let ours = of_created(&created);
        assert_eq!(ours.plan.steps.len(), 4, "{}", ours.plan);
        assert_eq!(ours.anew, [""; 0]);
        created.ids.insert("p-db-1".into(), "earlier".into());
        let theirs = of_created(&created);
        assert_eq!(
            theirs.plan.to_string(),
            "stop container p-gateway-1: ollamactl made it\n\
             remove container p-gateway-1: ollamactl made it\n"
        );
        assert_eq!(theirs.anew, ["p-db-1"]);
    }

    #[test]
    fn what_a_container_needs_that_stays_is_left_to_it() {
        let (mut project, mut created) = (project(), both());
        let gateway = project.services.get_mut("gateway").expect("there");
        gateway
            .depends_on
            .insert("db".into(), Dependency::default());
        created.ids.insert("p-gateway-1".into(), "earlier".into());
        let options = DownOptions::default();
        let down = of_created(&target(&project), &present(), &created, &options);
        assert_eq!(down.plan.to_string(), "");
        let needed = Needed {
            container: "p-db-1".into(),
            by: "p-gateway-1".into(),
        };
        assert_eq!(down.needed, [needed]);
    }
}
