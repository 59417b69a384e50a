//! Whether a gateway would answer those who name no model: which model it gives them, and whether the
//! backend has that one.

use serde::Deserialize;

use super::{ANSWER, Failure, LASTING, Part, Question};
use crate::config::{Setting, Source};
use crate::gateway::Located;
use crate::ollama::{ModelName, fetch};

/// What a gateway of ours says of itself at `/health`. One that does not say all of this is no gateway of
/// ours.
#[derive(Deserialize)]
struct Report {
    model: Model,
    #[serde(rename = "version")]
    _version: String,
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Model {
    name: Option<String>,
    present: bool,
}

/// What a gateway is known to do.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    /// It is one of ours, and gives requests a model that name none.
    pub ours: bool,
    /// The model that it uses, where it is another than the required one.
    pub other: Option<String>,
    /// Why a request without a model would not be answered.
    pub failure: Option<Failure>,
    /// Worth knowing all the same.
    pub note: Option<String>,
}

/// Asks the gateway for its own readiness; of one that is not ours, its settings are all that is known.
pub(super) async fn readiness(question: &Question<'_>, located: &Located) -> Readiness {
    let Setting { value, source } = &question.config.model;
    let report = match &located.url {
        Some(url) => report(url).await,
        None => None,
    };
    let used = report
        .as_ref()
        .and_then(|report| report.model.name.as_ref())
        .or(located.model.as_ref());
    let other = used
        .filter(|model| !value.means(model))
        .map(|model| tagged(model));
    let differs = other.as_ref().map(|model| {
        format!(
            "the gateway uses the model {model}, but {} ({source}) is required",
            value.with_tag()
        )
    });
    let failure = report.as_ref().and_then(|report| {
        let reason = report.reasons.first()?;
        Some(match &differs {
            Some(differs) if !report.model.present => Failure {
                patience: LASTING,
                ..Failure::new(
                    Part::Gateway,
                    format!("{differs}, and the backend does not have {}", tagged(used?)),
                    up(value, source),
                )
            },
            _ => Failure::new(Part::Gateway, reason, "ollamactl doctor"),
        })
    });
    Readiness {
        ours: report.is_some(),
        note: differs.map(|differs| format!("{differs}; recreate it: {}", up(value, source))),
        other,
        failure,
    }
}

/// As Ollama lists it, whatever it was written like.
fn tagged(model: &str) -> String {
    let name = model.parse::<ModelName>();
    name.map_or_else(|_| model.to_owned(), |name| name.with_tag())
}

async fn report(url: &str) -> Option<Report> {
    let (_, body) = fetch(&format!("{url}/health"), ANSWER).await.ok()?;
    serde_json::from_str(&body).ok()
}

/// What recreates the gateway with the required model.
fn up(model: &ModelName, source: &Source) -> String {
    match source {
        Source::Flag(_) => format!("ollamactl up --model {model}"),
        _ => "ollamactl up".to_owned(),
    }
}
