//! Does the backend answer where it matters: inside the gateway's network? Asked there, by a short-lived
//! container of this very program.

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::probe::{self, Report};
use super::question::{ALIAS, Asked, NAME, PODMAN_ALIAS, Question, Spot};
use super::verdict::Seen;
use super::{Check, question};
use crate::engine::{Place, Throwaway};
use crate::error::{Error, Result};
use crate::gateway;
use crate::process;

impl Question<'_> {
    /// Asks, and says what to do.
    pub async fn check(&self, cancel: &CancellationToken) -> Check {
        let asked = match self.asked() {
            Ok(asked) => asked,
            Err(check) => return *check,
        };
        let spot = match self.spot().await {
            Ok(Ok(spot)) => spot,
            Ok(Err(why)) => return unasked(&why, "ollamactl gateway up"),
            Err(error) => return Check::failed(NAME, &error),
        };
        let program = match process::own_static_program() {
            Ok(program) if self.engine.info().os == "linux" => program,
            Ok(_) => return unasked("the engine runs no Linux containers", "ollamactl health"),
            Err(why) => return unasked(&why, "ollamactl health --level infer"),
        };
        let model = self.model();
        let once = Throwaway {
            program: Bytes::from(program),
            args: vec!["probe".to_owned(), asked.url.to_string(), model.clone()],
            place: spot.place.clone(),
            deadline: probe::ALTOGETHER,
        };
        match self
            .engine
            .run_throwaway(&once, cancel)
            .await
            .and_then(|line| read(&line))
        {
            Ok(report) => {
                let seen = Seen {
                    question: self,
                    asked: &asked,
                    spot: &spot,
                    model: &model,
                    report: &report,
                };
                seen.check().await
            }
            Err(error) => unasked(&error.to_string(), "docker info"),
        }
    }

    fn asked(&self) -> Result<Asked, Box<Check>> {
        let Some((variable, value)) = question::asked(self.service) else {
            let port = self.patient.backend.host.port;
            let url = probe::address(&format!("http://{ALIAS}:{port}"));
            return Ok(Asked {
                url: url.expect("an address"),
                variable: None,
            });
        };
        match probe::address(value) {
            Ok(url) => Ok(Asked {
                url,
                variable: Some(variable),
            }),
            Err(error) => Err(Box::new(Check::fail(
                NAME,
                format!(
                    "{variable} of service {} is no address: {error}",
                    self.service.name
                ),
                format!("write {variable}: {}", self.wanted()),
            ))),
        }
    }

    /// The address that a service should have.
    pub fn wanted(&self) -> String {
        let alias = if self.engine.info().podman {
            PODMAN_ALIAS
        } else {
            ALIAS
        };
        format!("http://{alias}:{}", self.patient.backend.host.port)
    }

    /// The model that the service asks for.
    fn model(&self) -> String {
        let named = self.service.environment.get("OLLAMA_MODEL").cloned();
        let named = named.flatten().filter(|model| !model.trim().is_empty());
        named.unwrap_or_else(|| self.patient.config.model.value.to_string())
    }

    /// In the gateway's own container while it runs, else where it will be; or why neither is possible.
    async fn spot(&self) -> Result<Result<Spot, String>> {
        if let Some(state) = self.state.filter(|state| state.is_running()) {
            return Ok(Ok(Spot {
                place: Place::Inside(state.id.clone()),
                name: format!("container {}", state.container),
            }));
        }
        let (id, name) = match self.service.network_mode.as_str() {
            "" => match self.network().await? {
                Ok(network) => network,
                Err(why) => return Ok(Err(why)),
            },
            mode @ ("host" | "bridge") => (mode.to_owned(), mode.to_owned()),
            mode => {
                return Ok(Err(format!(
                    "the gateway does not run, and its network_mode is {mode}"
                )));
            }
        };
        Ok(Ok(Spot {
            place: Place::Network {
                extra_hosts: self.extra_hosts(),
                id,
                dns: self.service.dns.clone(),
            },
            name: format!("network {name}"),
        }))
    }

    /// ID and name of the first network of the service that exists.
    async fn network(&self) -> Result<Result<(String, String), String>> {
        let mut missing = Vec::new();
        for key in self.service.networks.keys() {
            let Some(network) = self.compose.project.networks.get(key) else {
                continue;
            };
            let found = self.engine.networks_named(&network.name).await?;
            if let Some(id) = found.into_iter().find_map(|found| found.id) {
                return Ok(Ok((id, network.name.clone())));
            }
            missing.push(network.name.clone());
        }
        Ok(Err(format!(
            "the gateway does not run, and its network {} is not made yet",
            missing.join(", ")
        )))
    }

    fn extra_hosts(&self) -> Vec<String> {
        let written = self.service.extra_hosts.iter();
        let mut hosts: Vec<String> = written
            .map(|host| format!("{}:{}", host.name, host.address))
            .collect();
        let target = self.compose.target();
        if gateway::adds_alias(&target, self.service, self.engine.info()) {
            hosts.push(format!("{ALIAS}:host-gateway"));
        }
        hosts
    }
}

/// The probe's one line.
fn read(line: &str) -> Result<Report> {
    serde_json::from_str(line.trim())
        .map_err(|error| Error::failed(format!("the probe printed {line:?}")).caused_by(error))
}

/// The probe was not made.
fn unasked(why: &str, mend: &str) -> Check {
    Check::warn(
        NAME,
        format!("not asked from inside the gateway's network: {why}"),
        mend,
    )
}
