//! The `config-hash` label: how compose tells whether a container, network or volume is still what
//! the file says. It is the SHA-256 of the JSON that Go makes of the value.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::compose::canonical::{go_json, service_json};
use crate::compose::model::service::Service;
use crate::compose::model::{Network, Volume};
use crate::compose::release::Dialect;
use crate::units;

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

impl Network {
    /// The value of the `config-hash` label (from compose 2.31).
    pub fn config_hash(&self) -> String {
        sha256(&go_json::print(self))
    }
}

impl Volume {
    /// The value of the `config-hash` label (from compose 2.32).
    pub fn config_hash(&self) -> String {
        let mut volume = self.clone();
        if volume.driver.is_empty() {
            "local".clone_into(&mut volume.driver);
        }
        sha256(&go_json::print(&volume))
    }
}

/// Lower-case hexadecimal digest.
fn sha256(text: &str) -> String {
    units::hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn networks_and_volumes_hash_as_compose_hashes_them() {
        let network = Network {
            name: "p_default".into(),
            ..Network::default()
        };
        assert_eq!(
            go_json::print(&network),
            r#"{"name":"p_default","ipam":{}}"#
        );
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
