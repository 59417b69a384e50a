//! The `config-hash` label: how compose tells whether a container, network or volume is still what
//! the file says. It is the SHA-256 of the JSON that Go makes of the value.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest, Sha256};

use super::model::{Network, Volume};
use super::omit::Omit;
use super::service::{Service, ServiceNetwork};
use crate::units;

/// What a release of compose hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Up to 2.29.2: all but what says how to build and how many to run.
    A,
    /// 2.30 to 2.40: also without dependencies and profiles.
    B,
    /// From 5.0: also without `create_host_path: true`, which is the default there. Known from compose's
    /// source alone: no release of it has been run beside this one, as those of the others are.
    C,
}

impl Dialect {
    /// All of them. A container whose label equals any is current.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// The dialect of a compose release, by the `version` label of what it made (`2.26.1`,
    /// `v2.40.3`, `2.26.1-4`).
    pub fn of_version(version: &str) -> Option<Self> {
        let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']);
        let mut number = || numbers.next()?.parse::<u32>().ok();
        match (number()?, number()?) {
            (..2, _) | (2, ..30) => Some(Self::A),
            (2..5, _) => Some(Self::B),
            _ => Some(Self::C),
        }
    }
}

impl Service {
    /// The value of the `config-hash` label in a dialect.
    pub fn config_hash(&self, dialect: Dialect) -> String {
        sha256(&self.hashed_json(dialect))
    }

    /// Whether a container with this `config-hash` label is what the file says.
    pub fn is_current(&self, label: &str) -> bool {
        let equals = |dialect| self.config_hash(dialect) == label;
        // Up to 2.29, `up --no-deps` forgot the dependencies before it hashed.
        let alone = || Self {
            depends_on: BTreeMap::new(),
            ..self.clone()
        };
        Dialect::ALL.into_iter().any(equals) || alone().config_hash(Dialect::A) == label
    }

    /// The JSON that is hashed.
    pub(super) fn hashed_json(&self, dialect: Dialect) -> String {
        let mut service = self.clone();
        service.build = None;
        service.pull_policy.clear();
        service.scale = None;
        if let Some(deploy) = &mut service.deploy {
            deploy.replicas = None;
        }
        if dialect == Dialect::A {
            service.label_file.clear();
        } else {
            service.depends_on.clear();
            service.profiles.clear();
        }
        service_json(&service, dialect)
    }
}

/// The whole service, as a release of the dialect prints it.
pub(super) fn service_json(service: &Service, dialect: Dialect) -> String {
    let text = json(service);
    match dialect {
        Dialect::A => as_in_dialect_a(service, text),
        Dialect::B => text,
        Dialect::C => text
            .replace(r#""create_host_path":true"#, "")
            .replace("{,", "{"),
    }
}

/// Up to 2.29, the fields of a network stood in another order, and a file mode was a number. JSON of
/// a part stands as it is in JSON of the whole, and cannot stand inside a string, which would escape
/// its quotes: so the parts are replaced.
fn as_in_dialect_a(service: &Service, mut text: String) -> String {
    if !service.networks.is_empty() {
        let old: BTreeMap<_, _> = service
            .networks
            .iter()
            .map(|(key, n)| (key, n.as_ref().map(OldNetwork::from)))
            .collect();
        text = text.replace(&json(&service.networks), &json(&old));
    }
    for reference in service.configs.iter().chain(&service.secrets) {
        if let Some(mode) = &reference.mode {
            let number = u32::from_str_radix(mode, 8).unwrap_or_default();
            text = text.replace(
                &format!(r#""mode":"{mode}""#),
                &format!(r#""mode":{number}"#),
            );
        }
    }
    text
}

/// A network of a service, in the order of fields of dialect A.
#[derive(Serialize)]
struct OldNetwork<'a> {
    #[serde(skip_serializing_if = "Omit::omit")]
    priority: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aliases: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    ipv4_address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    ipv6_address: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    link_local_ips: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    mac_address: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    driver_opts: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a ServiceNetwork> for OldNetwork<'a> {
    fn from(network: &'a ServiceNetwork) -> Self {
        Self {
            priority: network.priority,
            aliases: &network.aliases,
            ipv4_address: &network.ipv4_address,
            ipv6_address: &network.ipv6_address,
            link_local_ips: &network.link_local_ips,
            mac_address: &network.mac_address,
            driver_opts: &network.driver_opts,
        }
    }
}

impl Network {
    /// The value of the `config-hash` label (from compose 2.31).
    pub fn config_hash(&self) -> String {
        sha256(&json(self))
    }
}

impl Volume {
    /// The value of the `config-hash` label (from compose 2.32).
    pub fn config_hash(&self) -> String {
        let mut volume = self.clone();
        if volume.driver.is_empty() {
            "local".clone_into(&mut volume.driver);
        }
        sha256(&json(&volume))
    }
}

/// Lower-case hexadecimal digest.
fn sha256(text: &str) -> String {
    units::hex(&Sha256::digest(text.as_bytes()))
}

/// JSON as Go's encoder writes it.
pub(super) fn json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, Go))
        .expect("the model has no value that JSON cannot hold");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// Go escapes what HTML would interpret, and prints whole floats without a point.
struct Go;

impl Formatter for Go {
    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write!(writer, "{value}")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(index) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            writer.write_all(&rest.as_bytes()[..index])?;
            let special = rest[index..].chars().next().unwrap_or_default();
            write!(writer, "\\u{:04x}", u32::from(special))?;
            rest = &rest[index + special.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_follow_versions() {
        for (version, dialect) in [
            ("2.26.1", Dialect::A),
            ("v2.29.2", Dialect::A),
            ("2.26.1-4", Dialect::A),
            ("1.29.2", Dialect::A),
            ("2.30.2", Dialect::B),
            ("2.40.3+ds1", Dialect::B),
            ("5.0.0", Dialect::C),
        ] {
            assert_eq!(Dialect::of_version(version), Some(dialect), "{version}");
        }
        assert_eq!(Dialect::of_version("dev"), None);
    }

    #[test]
    fn what_was_made_without_its_dependencies_is_current() {
        let mut service = Service {
            image: "x".into(),
            profiles: vec!["p".into()],
            ..Service::default()
        };
        let alone = service.config_hash(Dialect::A);
        service
            .depends_on
            .insert("b".into(), crate::compose::Dependency::default());
        assert_ne!(service.config_hash(Dialect::A), alone);
        assert!(service.is_current(&alone));
    }

    #[test]
    fn json_is_gos() {
        #[derive(Serialize)]
        struct Value {
            text: &'static str,
            whole: f32,
            part: f32,
        }
        let value = Value {
            text: "a<b>&\"ü\u{2028}\n",
            whole: 2.0,
            part: 0.1,
        };
        let wanted = r#"{"text":"a\u003cb\u003e\u0026\"ü\u2028\n","whole":2,"part":0.1}"#;
        assert_eq!(json(&value), wanted);
    }

    #[test]
    fn networks_and_volumes_hash_as_compose_hashes_them() {
        let network = Network {
            name: "p_default".into(),
            ..Network::default()
        };
        assert_eq!(json(&network), r#"{"name":"p_default","ipam":{}}"#);
        let volume = Volume {
            name: "p_v".into(),
            ..Volume::default()
        };
        assert_eq!(
            volume.config_hash(),
            sha256(r#"{"name":"p_v","driver":"local"}"#)
        );
    }
}
