//! What a project has on the engine, as the engine itself shows it, without what differs from one creation to
//! the next: IDs, times, and addresses that the engine chose.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::api::Api;

const PROJECT: &str = "com.docker.compose.project";

/// Keys whose values are of one creation alone.
const FLEETING: [&str; 19] = [
    "Id",
    "Created",
    "CreatedAt",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "GraphDriver",
    "Storage",
    "ExecIDs",
    "RestartCount",
    "SandboxID",
    "SandboxKey",
    "EndpointID",
    "NetworkID",
    "Containers",
    "ContainerIDFile",
    "UsageData",
    // In the containerd image store only, and of the image, which is compared for itself: the engine's build call
    // makes a manifest of Docker's type, and buildx one of OCI's.
    "ImageManifestDescriptor",
];

/// Keys of addresses and ports: the engine chooses those that the project does not.
const CHOSEN: [&str; 10] = [
    "IPAddress",
    "IPPrefixLen",
    "Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "IPv6Gateway",
    "MacAddress",
    "Subnet",
    "HostPort",
    "Hostname",
];

/// A project on the engine.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Normalised, by kind and name.
    pub things: BTreeMap<String, Value>,
    /// Which containers these are and when they were started, by name.
    pub runs: BTreeMap<String, String>,
}

impl Snapshot {
    /// Reads what the project has. `text` is all that its files say.
    pub fn take(api: &Api, project: &str, text: &str) -> Self {
        let label = format!("{PROJECT}={project}");
        let mut snapshot = Self::default();
        let mut names = BTreeMap::new();
        let mut containers = Vec::new();
        for one in list(&api.labelled("/containers/json?all=1&", &label)) {
            let id = string(&one["Id"]);
            let container = api.get(&format!("/containers/{id}/json"));
            let name = string(&container["Name"]);
            // What has ended well may be run again: compose does so with a finished job at every `up`.
            let state = &container["State"];
            let ended = state["Status"] == "exited" && state["ExitCode"] == 0;
            let started = if ended {
                "ended".to_owned()
            } else {
                string(&state["StartedAt"])
            };
            let run = format!("{id} {started}");
            snapshot.runs.insert(name.clone(), run);
            names.insert(id, name);
            containers.push(container);
        }
        // What RUN writes has a time of its own in each build.
        for image in list(&api.images_of(project)) {
            names.insert(string(&image["Id"]), image["RepoTags"].to_string());
        }
        let clean = Cleaner { names, text };
        for container in containers {
            let name = format!("container {}", string(&container["Name"]));
            snapshot.things.insert(name, clean.container(container));
        }
        for one in list(&api.labelled("/networks?", &label)) {
            let network = api.get(&format!("/networks/{}", string(&one["Id"])));
            let name = format!("network {}", string(&one["Name"]));
            snapshot.things.insert(name, clean.value("", network));
        }
        for volume in list(&api.labelled("/volumes?", &label)["Volumes"]) {
            let name = format!("volume {}", string(&volume["Name"]));
            snapshot.things.insert(name, clean.value("", volume));
        }
        snapshot
    }

    /// Adds the images that the project's builds made.
    pub fn add_images(&mut self, api: &Api, project: &str) {
        for image in list(&api.images_of(project)) {
            let image = api.get(&format!("/images/{}/json", string(&image["Id"])));
            let name = format!("image {}", image["RepoTags"]);
            let same = ["Config", "Architecture", "Variant", "Os"];
            let same = same.map(|key| (key.to_owned(), image[key].clone()));
            self.things.insert(name, Map::from_iter(same).into());
        }
    }

    /// Where the two are not the same.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let (one, two) = (json!(self.things), json!(other.things));
        compare("", &one, &two, &mut found);
        found
    }
}

/// Takes away what is of one creation alone.
struct Cleaner<'a> {
    names: BTreeMap<String, String>,
    text: &'a str,
}

impl Cleaner<'_> {
    fn container(&self, mut container: Value) -> Value {
        let state = container["State"].take();
        container["State"] = json!({ "Status": state["Status"], "ExitCode": state["ExitCode"] });
        unordered(&mut container);
        chosen_ports(&mut container);
        let modes = ["NetworkMode", "IpcMode", "PidMode"];
        let shares = modes
            .iter()
            .any(|mode| string(&container["HostConfig"][mode]).starts_with("container:"));
        if shares || !container["HostConfig"]["VolumesFrom"].is_null() {
            // The hash is over the ID of the container that it shares with.
            container["Config"]["Labels"]["com.docker.compose.config-hash"] = "over an ID".into();
        }
        self.value("", container)
    }

    fn value(&self, key: &str, value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let kept = map
                    .into_iter()
                    .filter(|(key, _)| !FLEETING.contains(&key.as_str()));
                let kept = kept.map(|(key, value)| (key.clone(), self.value(&key, value)));
                Value::Object(kept.collect::<Map<_, _>>())
            }
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.value(key, item))
                .collect(),
            Value::String(text) => self.string(key, text).into(),
            Value::Number(_) if CHOSEN.contains(&key) => Value::Null,
            other => other,
        }
    }

    fn string(&self, key: &str, text: String) -> String {
        if CHOSEN.contains(&key) && !text.is_empty() && !self.text.contains(&text) {
            return "chosen".to_owned();
        }
        let mut text = text;
        for (id, name) in &self.names {
            text = text.replace(id, name);
            text = text.replace(&id[..12], name);
        }
        if is_digest(&text) && (key == "Name" || key == "Source") {
            return "anonymous".to_owned();
        }
        // /var/lib/docker/volumes/<name>/_data
        match text.rsplit('/').nth(1) {
            Some(part) if is_digest(part) => text.replace(part, "anonymous"),
            _ => text,
        }
    }
}

/// Of a range, or of all, the engine chooses one.
fn chosen_ports(container: &mut Value) {
    let bindings = container["HostConfig"]["PortBindings"].clone();
    let Some(ports) = container["NetworkSettings"]["Ports"].as_object_mut() else {
        return;
    };
    for (port, published) in ports {
        let wanted = list(&bindings[port]);
        let fixed = wanted
            .iter()
            .all(|one| string(&one["HostPort"]).parse::<u16>().is_ok());
        for one in published.as_array_mut().into_iter().flatten() {
            if !fixed {
                one["HostPort"] = "chosen".into();
            }
        }
    }
}

/// Sorts what compose takes from Go's maps, whose order is another one every time, and what the engine lists so.
fn unordered(container: &mut Value) {
    let lists = [
        "/Mounts",
        "/Config/Env",
        "/HostConfig/Binds",
        "/HostConfig/Mounts",
        "/HostConfig/Ulimits",
        "/HostConfig/ExtraHosts",
    ];
    for list in lists {
        if let Some(items) = container.pointer_mut(list).and_then(Value::as_array_mut) {
            items.sort_by_key(|item| match (&item["Destination"], &item["Target"]) {
                (Value::String(target), _) | (_, Value::String(target)) => target.clone(),
                _ => item.to_string(),
            });
        }
    }
    let depends_on = &mut container["Config"]["Labels"]["com.docker.compose.depends_on"];
    let mut each: Vec<String> = string(depends_on).split(',').map(str::to_owned).collect();
    each.sort();
    *depends_on = each.join(",").into();
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn compare(path: &str, one: &Value, two: &Value, found: &mut Vec<String>) {
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at =
                    |map: &Map<String, Value>| map.get(key).cloned().unwrap_or("absent".into());
                compare(&format!("{path} › {key}"), &at(a), &at(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path} › {index}"), a, b, found);
            }
        }
        _ if one == two => {}
        _ => found.push(format!("{path}: compose {one}, ollamactl {two}")),
    }
}

pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

pub fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
