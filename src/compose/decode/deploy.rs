//! `deploy` and `gpus`: limits, reservations, devices, and what only a swarm uses.

use crate::compose::decode::parts::refuse_unknown;
use crate::compose::decode::{Decoded, Field};
use crate::compose::model::service::{
    Deploy, DeviceRequest, Placement, Preference, Resource, Resources, RestartPolicy, UpdateConfig,
};
use crate::compose::yaml::node::Node;

/// `deploy`. What only a swarm uses is kept, since it is hashed, and warned of.
pub(in crate::compose) fn deploy(
    field: &Field,
    unsupported: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Decoded<Deploy> {
    let o = field.object()?;
    let swarm = [
        "mode",
        "labels",
        "placement",
        "endpoint_mode",
        "update_config",
        "rollback_config",
    ];
    let set = swarm.into_iter().filter(|key| o.get(key).is_some());
    warnings.extend(set.map(|key| format!("{}.{key} has effect only in a swarm", field.path)));
    let deploy = Deploy {
        mode: o.text("mode")?,
        replicas: o.option("replicas", Field::natural)?,
        labels: o.labels("labels")?,
        update_config: o.option("update_config", update_config)?,
        rollback_config: o.option("rollback_config", update_config)?,
        resources: o.or_default("resources", |field| resources(field, unsupported))?,
        restart_policy: o.option("restart_policy", restart_policy)?,
        placement: o.or_default("placement", placement)?,
        endpoint_mode: o.text("endpoint_mode")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(deploy)
}

fn update_config(field: &Field) -> Decoded<UpdateConfig> {
    let o = field.object()?;
    let config = UpdateConfig {
        parallelism: o.option("parallelism", Field::natural)?,
        delay: o.or_default("delay", Field::interval)?,
        failure_action: o.text("failure_action")?,
        monitor: o.or_default("monitor", Field::interval)?,
        max_failure_ratio: o.float("max_failure_ratio")?,
        order: o.text("order")?,
    };
    refuse_unknown(&o)?;
    Ok(config)
}

fn placement(field: &Field) -> Decoded<Placement> {
    let o = field.object()?;
    let placement = Placement {
        constraints: o.texts("constraints")?,
        preferences: o.list("preferences", |field| {
            let spread = field.object()?.text("spread")?;
            Ok(Preference { spread })
        })?,
        max_replicas_per_node: o.or_default("max_replicas_per_node", Field::natural)?,
    };
    refuse_unknown(&o)?;
    Ok(placement)
}

fn resources(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Resources> {
    let o = field.object()?;
    let resources = Resources {
        limits: o.option("limits", |field| resource(field, unsupported))?,
        reservations: o.option("reservations", |field| resource(field, unsupported))?,
    };
    unsupported.extend(o.unknown()?);
    Ok(resources)
}

fn resource(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Resource> {
    let o = field.object()?;
    let resource = Resource {
        cpus: o.float("cpus")?,
        memory: o.or_default("memory", |field| {
            field.text()?; // no number, unlike mem_limit
            field.bytes()
        })?,
        pids: o.int("pids")?,
        devices: o.list("devices", |field| {
            field.object()?.needed("capabilities")?;
            device_request(field)
        })?,
    };
    unsupported.extend(o.unknown()?);
    Ok(resource)
}

fn restart_policy(field: &Field) -> Decoded<RestartPolicy> {
    let o = field.object()?;
    let policy = RestartPolicy {
        condition: o.text("condition")?,
        delay: o.option("delay", Field::interval)?,
        max_attempts: o.option("max_attempts", Field::natural)?,
        window: o.option("window", Field::interval)?,
    };
    refuse_unknown(&o)?;
    Ok(policy)
}

pub(in crate::compose) fn gpus(field: &Field) -> Decoded<Vec<DeviceRequest>> {
    match field.node {
        Node::Text(text) if text == "all" => Ok(vec![DeviceRequest {
            count: -1,
            ..DeviceRequest::default()
        }]),
        Node::Text(_) => Err(field.invalid("must be `all` or a list of device requests")),
        _ => field.list(device_request),
    }
}

fn device_request(field: &Field) -> Decoded<DeviceRequest> {
    let o = field.object()?;
    let mut request = DeviceRequest {
        capabilities: o.texts("capabilities")?,
        driver: o.text("driver")?,
        count: o.or_default("count", device_count)?,
        device_ids: o.texts("device_ids")?,
        options: o.labels("options")?,
    };
    refuse_unknown(&o)?;
    match (o.get("count").is_some(), request.device_ids.is_empty()) {
        (true, false) => Err(field.invalid("count and device_ids exclude each other")),
        (false, true) => {
            request.count = -1;
            Ok(request)
        }
        _ => Ok(request),
    }
}

fn device_count(field: &Field) -> Decoded<i64> {
    match field.node {
        Node::Text(text) if text.eq_ignore_ascii_case("all") => Ok(-1),
        _ => field.integer(),
    }
}
