//! Images: found, pulled, named.

use std::time::Duration;

use bollard::errors::Error as Fault;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::{CreateImageOptions, RemoveImageOptions, TagImageOptions};

use super::credentials::{self, registry};
use super::deadline::Interruption;
use super::fault::{Aim, unless};
use super::platform::Platform;
use super::{Engine, fault};
use crate::error::{Error, Result};
use crate::event::Step;

/// How long a pull may be without progress.
const PULL_PATIENCE: Duration = Duration::from_mins(10);

/// An image on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `sha256:…`.
    pub id: String,
    /// Its Dockerfile defines a health check.
    pub has_healthcheck: bool,
    /// Container paths that its Dockerfile declares as volumes.
    pub volumes: Vec<String>,
    /// What it runs on.
    pub platform: Platform,
    /// How long ago it got its name here, by a pull or a build.
    pub age: Option<Duration>,
}

impl Image {
    /// Whether it is for this platform; empty: the engine's own.
    pub fn is_for(&self, platform: &str) -> bool {
        platform.is_empty() || self.platform == Platform::parse(platform)
    }
}

impl Engine {
    /// The image of this name or ID.
    pub async fn image(&self, name: &str) -> Result<Option<Image>> {
        let doing = format!("looking at image {name}");
        let found = self
            .read(&doing, async {
                unless(self.docker.inspect_image(name).await, 404)
            })
            .await?;
        Ok(found.map(|image| {
            let config = image.config.unwrap_or_default();
            Image {
                id: image.id.unwrap_or_default(),
                has_healthcheck: config.healthcheck.is_some_and(|check| {
                    check
                        .test
                        .is_some_and(|test| test.first().is_some_and(|first| first != "NONE"))
                }),
                volumes: config.volumes.unwrap_or_default(),
                platform: Platform::new(
                    &image.os.unwrap_or_default(),
                    &image.architecture.unwrap_or_default(),
                    &image.variant.unwrap_or_default(),
                ),
                age: image
                    .metadata
                    .and_then(|metadata| metadata.last_tag_time)
                    .and_then(|at| (chrono::Utc::now() - at).to_std().ok()),
            }
        }))
    }

    /// Gives an image one more name.
    pub async fn tag_image(&self, image: &str, name: &str) -> Result<()> {
        let (repository, tag) = split_tag(name);
        let options = TagImageOptions {
            repo: Some(repository.to_owned()),
            tag: tag.map(str::to_owned),
        };
        let doing = format!("naming image {image} {name}");
        self.change(&doing, self.docker.tag_image(image, Some(options)))
            .await
    }

    /// Removes an image's name, and the image with its last name. One that is not there is no error.
    pub async fn remove_image(&self, name: &str) -> Result<()> {
        let doing = format!("removing image {name}");
        let call = self
            .docker
            .remove_image(name, None::<RemoveImageOptions>, None);
        self.change(&doing, async { unless(call.await, 404) })
            .await?;
        Ok(())
    }

    /// Pulls an image. Its layers' progress goes to the step.
    pub async fn pull(&self, name: &str, platform: &str, step: &Step) -> Result<()> {
        let (repository, tag) = split_tag(name);
        let options = CreateImageOptions {
            from_image: Some(repository.to_owned()),
            // Without a tag the engine would pull every tag there is.
            tag: (!repository.contains('@')).then(|| tag.unwrap_or("latest").to_owned()),
            platform: platform.to_owned(),
            ..CreateImageOptions::default()
        };
        let login = credentials::of(registry(name)).await;
        let messages = self
            .docker
            .create_image(Some(options), None, login.credentials);
        let doing = format!("pulling image {name}");
        self.follow(&doing, PULL_PATIENCE, step, messages, |message| {
            report(message, step);
        })
        .await
        .map_err(|interruption| match interruption {
            Interruption::Fault(fault) => self.pull_failed(name, fault).details(login.trouble),
            Interruption::Silence(error) => error.hint(format!(
                "check the engine's way to the registry {}",
                registry(name)
            )),
        })
    }

    fn pull_failed(&self, name: &str, error: Fault) -> Error {
        let text = match error {
            Fault::DockerStreamError { error } => error,
            Fault::DockerResponseServerError { message, .. } => message,
            other => {
                return fault::explain(
                    &self.endpoint,
                    &format!("pulling {name}"),
                    other,
                    Aim::Change,
                );
            }
        };
        let error = Error::failed(format!("image {name} cannot be pulled: {}", text.trim()));
        if credentials::are_refused(&text) {
            return error.hint(credentials::login_command(registry(name)));
        }
        error.hint("check the image's name, and the engine's way to the registry")
    }
}

fn report(message: CreateImageInfo, step: &Step) {
    let status = message.status.unwrap_or_default();
    let number = |value: Option<i64>| {
        value
            .and_then(|value| u64::try_from(value).ok())
            .unwrap_or(0)
    };
    match (message.id, message.progress_detail) {
        (Some(layer), Some(detail)) if detail.total.is_some() => {
            step.transfer(&layer, number(detail.current), number(detail.total));
        }
        (None, _) if !status.is_empty() => step.output(status),
        _ => {}
    }
}

/// The tag of `[host[:port]/]path[:tag]`. A digest (`@sha256:…`) belongs to the repository.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') && !name.contains('@') => {
            (repository, Some(tag))
        }
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_a_tag_and_a_digest_stays() {
        assert_eq!(split_tag("redis"), ("redis", None));
        assert_eq!(split_tag("host:5000/redis"), ("host:5000/redis", None));
        assert_eq!(
            split_tag("host:5000/redis:7"),
            ("host:5000/redis", Some("7"))
        );
        assert_eq!(split_tag("redis@sha256:ab"), ("redis@sha256:ab", None));
    }
}
