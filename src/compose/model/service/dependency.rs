//! What a service needs of others before it starts.

/// A service that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Dependency {
    /// What it must have reached.
    pub condition: Condition,
    /// Whether the dependent is restarted when it is.
    #[serde(skip_serializing_if = "crate::compose::model::omit::Omit::omit")]
    pub restart: bool,
    /// Whether it is an error, rather than a warning, when it is not there.
    pub required: bool,
}

impl Default for Dependency {
    fn default() -> Self {
        Self {
            condition: Condition::Started,
            restart: false,
            required: true,
        }
    }
}

/// What a dependency must have reached before the dependent starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Condition {
    /// It was started.
    #[serde(rename = "service_started")]
    Started,
    /// Its health check passes.
    #[serde(rename = "service_healthy")]
    Healthy,
    /// It ended with status 0.
    #[serde(rename = "service_completed_successfully")]
    Completed,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Started, Self::Healthy, Self::Completed];

    /// As compose files and labels spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}
