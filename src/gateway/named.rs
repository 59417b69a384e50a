//! Which model and which backend a gateway was started with, as far as its variables tell.

/// Variables whose name says that they name the model.
const MODEL: [&str; 4] = ["OLLAMA_MODEL", "LLM_MODEL", "MODEL", "MODEL_NAME"];

/// The variables by which services are told where Ollama is, the most telling first.
const BACKEND: [&str; 6] = [
    "OLLAMA_URL",
    "OLLAMA_BASE_URL",
    "OLLAMA_API_URL",
    "OLLAMA_API_BASE",
    "OLLAMA_ENDPOINT",
    "OLLAMA_HOST",
];

/// The variable that tells where the backend is, and what it says.
pub fn named_backend<'a>(
    value_of: impl Fn(&'static str) -> Option<&'a str>,
) -> Option<(&'static str, &'a str)> {
    BACKEND.into_iter().find_map(|variable| {
        let value = value_of(variable)?;
        (!value.trim().is_empty()).then_some((variable, value))
    })
}

/// A variable that names a model, and the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedModel {
    /// The variable.
    pub variable: String,
    /// How it says whose the model is: `ollama/`, as `LiteLLM` wants it; mostly nothing.
    pub prefix: &'static str,
    /// The model that it names.
    pub model: String,
}

/// What some clients write before the name of a model of Ollama's.
const PREFIXES: [&str; 2] = ["ollama_chat/", "ollama/"];

impl NamedModel {
    /// The first of these variables that names a model.
    pub fn among<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let named = variables
            .into_iter()
            .find(|(name, value)| MODEL.contains(name) && !value.is_empty());
        named.map(|(variable, value)| {
            let prefix = PREFIXES.into_iter().find(|of| value.starts_with(of));
            let prefix = prefix.unwrap_or_default();
            Self {
                variable: variable.to_owned(),
                prefix,
                model: value[prefix.len()..].to_owned(),
            }
        })
    }
}
