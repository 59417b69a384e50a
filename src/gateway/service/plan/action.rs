//! The steps that a plan is made of. Each prints as one stable line, which a dry run shows and the
//! tests compare.

use std::fmt;

use super::super::observe::Found;
use crate::compose::Condition;

/// Steps in the order in which to take them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Planned>,
}

/// A step and its cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub action: Action,
    /// Why.
    pub cause: String,
}

/// What is done where an image cannot be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// It is an error.
    Fail,
    /// It is built.
    Build,
    /// The one that is there, which was built, is used.
    Keep,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Build a service's image.
    Build {
        /// The service.
        service: String,
        /// The image's name.
        image: String,
    },
    /// Pull a service's image.
    Pull {
        /// The service.
        service: String,
        /// The image's name.
        image: String,
        /// What is done where it cannot be pulled.
        otherwise: Otherwise,
    },
    /// Create a network.
    CreateNetwork {
        /// Its key in the compose file.
        key: String,
        /// Its name on the engine.
        name: String,
    },
    /// Create a volume.
    CreateVolume {
        /// Its key in the compose file.
        key: String,
        /// Its name on the engine.
        name: String,
    },
    /// Create a container.
    Create {
        /// The service.
        service: String,
        /// The container's number among those of the service, from 1.
        number: u32,
        /// The container's name.
        name: String,
    },
    /// Replace a container by a new one of the same name.
    Recreate {
        /// The service.
        service: String,
        /// The container's name.
        name: String,
        /// The old container.
        old: Found,
    },
    /// Give a container the name that it should have.
    Rename {
        /// The service.
        service: String,
        /// The container as it is.
        old: Found,
        /// The name that it gets.
        name: String,
    },
    /// Wait until a dependency has reached its condition.
    Wait {
        /// The service that needs it.
        service: String,
        /// The service that is needed.
        dependency: String,
        /// What it must have reached.
        condition: Condition,
        /// Whether it is an error when it does not.
        required: bool,
    },
    /// Start a container.
    Start {
        /// The service.
        service: String,
        /// The container's number among those of the service, from 1.
        number: u32,
        /// The container's name.
        name: String,
    },
    /// Restart a running container.
    Restart {
        /// The service.
        service: String,
        /// The container's number among those of the service, from 1.
        number: u32,
        /// The container's name.
        name: String,
    },
    /// Wait until a service runs and, where it has a health check, is healthy.
    Stand {
        /// The service.
        service: String,
    },
    /// Stop a container.
    Stop {
        /// The container.
        container: Found,
    },
    /// Remove a stopped container.
    Remove {
        /// The container.
        container: Found,
        /// With its anonymous volumes.
        volumes: bool,
    },
    /// Remove a network, unless containers use it.
    RemoveNetwork {
        /// Its name on the engine.
        name: String,
        /// Its ID.
        id: String,
    },
    /// Remove a volume, unless containers use it.
    RemoveVolume {
        /// Its name on the engine.
        name: String,
    },
}

impl Action {
    /// The container that it makes or starts, by name.
    pub fn container(&self) -> Option<&str> {
        match self {
            Self::Create { name, .. }
            | Self::Recreate { name, .. }
            | Self::Start { name, .. }
            | Self::Restart { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The service of which it starts a container, or starts one again.
    pub fn sets_going(&self) -> Option<&str> {
        match self {
            Self::Start { service, .. } | Self::Restart { service, .. } => Some(service),
            _ => None,
        }
    }

    /// It only waits.
    fn is_wait(&self) -> bool {
        matches!(self, Self::Wait { .. } | Self::Stand { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build { image, .. } => write!(f, "build image {image}"),
            Self::Pull {
                image,
                otherwise: Otherwise::Build,
                ..
            } => write!(f, "pull or build image {image}"),
            Self::Pull {
                image,
                otherwise: Otherwise::Keep,
                ..
            } => write!(f, "pull image {image}, or keep the one that is there"),
            Self::Pull { image, .. } => write!(f, "pull image {image}"),
            Self::CreateNetwork { name, .. } => write!(f, "create network {name}"),
            Self::CreateVolume { name, .. } => write!(f, "create volume {name}"),
            Self::Create { name, .. } => write!(f, "create container {name}"),
            Self::Recreate { name, .. } => write!(f, "recreate container {name}"),
            Self::Rename { old, name, .. } => write!(f, "rename container {} to {name}", old.name),
            Self::Wait {
                dependency,
                condition,
                ..
            } => {
                let until = match condition {
                    Condition::Started => "to be started",
                    Condition::Healthy => "to be healthy",
                    Condition::Completed => "to complete",
                };
                write!(f, "wait for {dependency} {until}")
            }
            Self::Start { name, .. } => write!(f, "start container {name}"),
            Self::Restart { name, .. } => write!(f, "restart container {name}"),
            Self::Stand { service } => write!(f, "wait for {service} to run and be healthy"),
            Self::Stop { container } => write!(f, "stop container {}", container.name),
            Self::Remove { container, volumes } => {
                let with = if *volumes {
                    " with its anonymous volumes"
                } else {
                    ""
                };
                write!(f, "remove container {}{with}", container.name)
            }
            Self::RemoveNetwork { name, .. } => write!(f, "remove network {name}"),
            Self::RemoveVolume { name } => write!(f, "remove volume {name}"),
        }
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.cause)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl Plan {
    /// There is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Something is made, replaced, started, stopped or removed.
    pub fn changes_something(&self) -> bool {
        self.steps.iter().any(|step| !step.action.is_wait())
    }

    /// The steps, one line each.
    pub fn lines(&self) -> Vec<String> {
        self.steps.iter().map(ToString::to_string).collect()
    }

    /// Why a container of the service is replaced, if one is.
    pub fn replaced(&self, service: &str) -> Option<String> {
        let of_it = |step: &&Planned| matches!(&step.action, Action::Recreate { service: of, .. } if of == service);
        self.steps.iter().find(of_it).map(|step| step.cause.clone())
    }

    /// Adds a step, and why it is taken.
    pub fn push(&mut self, action: Action, cause: impl Into<String>) {
        self.steps.push(Planned {
            action,
            cause: cause.into(),
        });
    }
}
