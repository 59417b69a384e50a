use super::super::create::namespaces::resolved;
use super::super::observe::shared::{Network, Volume};
use super::super::observe::{Found, Observed};
use super::super::{Build, UpOptions};
use super::fixture::{changed, ended, first, plan, project, settled};
use crate::compose::{Dependency, Dialect, Mount};
use crate::error::Kind;
use crate::gateway::State;

#[test]
fn an_empty_engine_gets_everything_in_order() {
    let plan = plan(&project(), &Observed::default(), &UpOptions::default());
    assert_eq!(
        plan.expect("a plan"),
        "build image p-db: it is missing\n\
         build image p-job: it is missing\n\
         build image p-gateway: it is missing\n\
         create network p_default: it is missing\n\
         create container p-db-1: there is none\n\
         create container p-job-1: there is none\n\
         create container p-gateway-1: there is none\n\
         start container p-db-1: it is new\n\
         start container p-job-1: it is new\n\
         wait for db to be healthy: gateway needs it\n\
         wait for job to complete: gateway needs it\n\
         start container p-gateway-1: it is new\n"
    );
}

#[test]
fn nothing_is_done_where_all_is_as_wanted() {
    assert_eq!(changed(|_, _| {}), "");
}

#[test]
fn what_ended_well_is_started_again_and_the_gateway_waits_for_it() {
    let job = "start container p-job-1: it is exited\n\
               wait for job to complete: gateway needs it\n";
    assert_eq!(changed(|_, observed| ended(observed, "job")), job);
    let db = "start container p-db-1: it is exited\n\
              wait for db to be healthy: gateway needs it\n";
    assert_eq!(changed(|_, observed| ended(observed, "db")), db);
    let plan = changed(|_, observed| {
        for service in ["db", "job", "gateway"] {
            ended(observed, service);
        }
    });
    assert_eq!(
        plan,
        "start container p-db-1: it is exited\n\
         start container p-job-1: it is exited\n\
         wait for db to be healthy: gateway needs it\n\
         wait for job to complete: gateway needs it\n\
         start container p-gateway-1: it is exited\n"
    );
}

#[test]
fn a_change_replaces_the_container_and_runs_the_job_again_for_it() {
    let plan = changed(|project, observed| {
        let gateway = project.services.get_mut("gateway").expect("there");
        gateway.environment.insert("A".into(), Some("1".into()));
        ended(observed, "job");
    });
    assert_eq!(
        plan,
        "recreate container p-gateway-1: its configuration changed\n\
         start container p-job-1: it is exited\n\
         wait for db to be healthy: gateway needs it\n\
         wait for job to complete: gateway needs it\n\
         start container p-gateway-1: it is new\n"
    );
}

#[test]
fn a_container_that_shares_a_namespace_follows_its_parent() {
    let plan = changed(|project, observed| {
        let gateway = project.services.get_mut("gateway").expect("there");
        gateway.depends_on.clear();
        gateway
            .depends_on
            .insert("db".into(), Dependency::default());
        gateway.network_mode = "service:db".into();
        let resolved = resolved(gateway, &observed.firsts()).expect("resolved");
        let found = first(observed, "gateway");
        found.config_hash = resolved.config_hash(Dialect::B);
        first(observed, "db").image_id = "older".into();
    });
    assert_eq!(
        plan,
        "recreate container p-db-1: its image changed\n\
         recreate container p-gateway-1: it shares a namespace with db, which is replaced\n\
         start container p-db-1: it is new\n\
         start container p-gateway-1: it is new\n"
    );
}

#[test]
fn an_interrupted_replacement_is_finished() {
    let plan = changed(|_, observed| {
        let found = first(observed, "gateway");
        found.name = "0123456789ab_p-gateway-1".into();
        found.state = State::Created;
    });
    assert!(plan.starts_with(
        "rename container 0123456789ab_p-gateway-1 to p-gateway-1: its replacement was interrupted\n"
    ), "{plan}");
    assert!(
        plan.ends_with("start container p-gateway-1: it is created\n"),
        "{plan}"
    );
}

#[test]
fn a_paused_container_is_replaced_where_it_is_out_of_date_and_else_in_the_way() {
    let project = project();
    let mut observed = settled(&project);
    first(&mut observed, "gateway").state = State::Paused;
    let error = plan(&project, &observed, &UpOptions::default()).expect_err("it is paused");
    assert!(error.message.contains("is paused"), "{error:?}");
    first(&mut observed, "gateway").image_id = "older".into();
    let lines = plan(&project, &observed, &UpOptions::default()).expect("a plan");
    assert!(lines.starts_with("recreate container"), "{lines}");
}

#[test]
fn restart_builds_the_target_alone_and_restarts_what_did_not_change() {
    let project = project();
    let options = UpOptions {
        build: Build::Target,
        restart: true,
        ..UpOptions::default()
    };
    let mut observed = settled(&project);
    ended(&mut observed, "job");
    assert_eq!(
        plan(&project, &observed, &options).expect("a plan"),
        "build image p-gateway: asked to\nrestart container p-gateway-1: asked to\n"
    );
}

#[test]
fn a_target_that_keeps_ending_is_not_taken_for_one_that_runs() {
    let project = project();
    let mut observed = settled(&project);
    for service in ["gateway", "db"] {
        let found = first(&mut observed, service);
        found.state = State::Restarting;
    }
    let lines = plan(&project, &observed, &UpOptions::default()).expect("a plan");
    assert!(
        lines.ends_with("restart container p-gateway-1: it is restarting\n"),
        "{lines}"
    );
    assert!(!lines.contains("start container p-db-1"), "{lines}");
    let options = UpOptions {
        restart: true,
        ..UpOptions::default()
    };
    assert_eq!(
        plan(&project, &observed, &options).expect("a plan"),
        "restart container p-gateway-1: asked to\n"
    );
}

#[test]
fn what_is_not_ours_is_not_used_in_silence() {
    let project = project();
    let mut observed = settled(&project);
    let foreign = Network::Present {
        id: "network-id".into(),
        project: String::new(),
        key: String::new(),
        outdated: None,
    };
    observed.networks.insert("default".into(), foreign);
    let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
    assert_eq!((error.kind, error.hints.len()), (Kind::Conflict, 1));
    let ids = vec!["a".to_owned(), "b".to_owned()];
    observed
        .networks
        .insert("default".into(), Network::Ambiguous { ids });
    let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
    assert_eq!(error.details, ["a", "b"]);
    let mut observed = settled(&project);
    first(&mut observed, "db").state = State::Paused;
    let error = plan(&project, &observed, &UpOptions::default()).expect_err("refused");
    assert_eq!(error.hints, ["docker unpause p-db-1"]);
}

#[test]
fn orphans_and_surplus_are_removed_as_compose_does() {
    let project = project();
    let mut observed = settled(&project);
    let found = |service: &str, number: u32, state: State| Found {
        name: format!("p-{service}-{number}"),
        service: service.to_owned(),
        number,
        state,
        ..Found::default()
    };
    observed.orphans = vec![found("old", 1, State::Running)];
    let surplus = found("gateway", 2, State::Exited);
    observed
        .containers
        .get_mut("gateway")
        .expect("there")
        .push(surplus);
    let surplus = "remove container p-gateway-2: one of its service is enough\n";
    let lines = plan(&project, &observed, &UpOptions::default());
    assert_eq!(lines.expect("a plan"), surplus);
    let options = UpOptions {
        remove_orphans: true,
        ..UpOptions::default()
    };
    assert_eq!(
        plan(&project, &observed, &options).expect("a plan"),
        format!(
            "stop container p-old-1: its service is not defined any more\n\
             remove container p-old-1: its service is not defined any more\n{surplus}"
        )
    );
}

#[test]
fn a_replaced_dependency_restarts_who_asks_for_it() {
    let with = |restart: bool| {
        changed(|project, observed| {
            let gateway = project.services.get_mut("gateway").expect("there");
            gateway.depends_on.get_mut("db").expect("there").restart = restart;
            first(observed, "db").image_id = "older".into();
        })
    };
    let replaced = "recreate container p-db-1: its image changed\n\
                    start container p-db-1: it is new\n\
                    wait for db to be healthy: gateway needs it\n";
    assert_eq!(with(false), replaced);
    assert_eq!(
        with(true),
        format!(
            "{replaced}\
             wait for job to complete: gateway needs it\n\
             restart container p-gateway-1: db is replaced\n"
        )
    );
}

#[test]
fn waiting_leaves_out_what_has_to_complete() {
    let project = project();
    let options = UpOptions {
        wait: true,
        ..UpOptions::default()
    };
    assert_eq!(
        plan(&project, &settled(&project), &options).expect("a plan"),
        "wait for db to run and be healthy: asked to wait\n\
         wait for gateway to run and be healthy: asked to wait\n"
    );
}

#[test]
fn a_service_is_scaled_up_after_its_last_number_and_down_from_it() {
    let scaled = |to: i64, present: u32| {
        changed(|project, observed| {
            project.services.get_mut("db").expect("there").scale = Some(to);
            let one = first(observed, "db").clone();
            let all = (1..=present).map(|number| Found {
                number,
                id: format!("db-{number}"),
                name: format!("p-db-{number}"),
                ..one.clone()
            });
            observed.containers.insert("db".into(), all.collect());
        })
    };
    assert_eq!(scaled(2, 2), "");
    assert_eq!(
        scaled(3, 1),
        "create container p-db-2: there is none\n\
         create container p-db-3: there is none\n\
         start container p-db-2: it is new\n\
         start container p-db-3: it is new\n\
         wait for db to be healthy: gateway needs it\n"
    );
    assert_eq!(
        scaled(2, 3),
        "stop container p-db-3: 2 of its service are enough\n\
         remove container p-db-3: 2 of its service are enough\n"
    );
    assert_eq!(
        scaled(0, 1),
        "stop container p-db-1: its service is scaled to none\n\
         remove container p-db-1: its service is scaled to none\n"
    );
}

#[test]
fn what_is_not_in_its_network_is_replaced() {
    let moved = |id: Option<&str>| {
        changed(|_, observed| {
            let found = first(observed, "db");
            found.networks = id
                .map(|id| ("p_default".into(), id.into()))
                .into_iter()
                .collect();
        })
    };
    let lines = moved(None);
    let cause = "recreate container p-db-1: it is not in network p_default\n";
    assert!(lines.starts_with(cause), "{lines}");
    assert_eq!(moved(Some("removed since")), lines);
    assert_eq!(moved(Some("")), "", "it was never started");
    let gone = changed(|_, observed| {
        observed.networks.insert("default".into(), Network::Absent);
    });
    assert!(
        gone.starts_with(
            "create network p_default: it is missing\n\
             recreate container p-db-1: its network p_default is gone\n"
        ),
        "{gone}"
    );
}

#[test]
fn what_does_not_mount_its_volume_is_replaced() {
    let with = |mounted: &[&str]| {
        changed(|project, observed| {
            let mount = Mount {
                kind: "volume".into(),
                source: "data".into(),
                target: "/data".into(),
                ..Mount::default()
            };
            let service = project.services.get_mut("gateway").expect("there");
            service.volumes.push(mount);
            let hash = service.config_hash(Dialect::B);
            let found = first(observed, "gateway");
            found.config_hash = hash;
            found.volumes = mounted.iter().map(|&name| name.into()).collect();
            let volume = Volume::Present {
                project: "p".into(),
                outdated: false,
            };
            observed.volumes.insert("data".into(), volume);
        })
    };
    assert_eq!(with(&["p_data"]), "");
    let lines = with(&["p_old"]);
    let cause = "recreate container p-gateway-1: it does not mount volume p_data\n";
    assert!(lines.starts_with(cause), "{lines}");
    assert_eq!(with(&[]), "", "the engine does not say");
}

#[test]
fn an_outdated_network_is_made_anew_unless_something_else_uses_it() {
    let used_by = |users: &[&str]| {
        changed(|_, observed| {
            let network = Network::Present {
                id: "network-id".into(),
                project: "p".into(),
                key: "default".into(),
                outdated: Some(users.iter().map(|&id| id.into()).collect()),
            };
            observed.networks.insert("default".into(), network);
        })
    };
    let lines = used_by(&["db-id", "gateway-id"]);
    let expected = "stop container p-db-1: network p_default is made anew\n\
         stop container p-gateway-1: network p_default is made anew\n\
         remove network p_default: its configuration changed\n\
         create network p_default: its configuration changed\n\
         recreate container p-db-1: network p_default is made anew\n";
    assert!(lines.starts_with(expected), "{lines}");
    assert_eq!(used_by(&["db-id", "a stranger"]), "");
}
