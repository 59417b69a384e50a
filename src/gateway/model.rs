//! Which model a gateway was started with, as far as its settings tell.

/// Variables whose name says that they name the model.
const VARIABLES: [&str; 4] = ["OLLAMA_MODEL", "LLM_MODEL", "MODEL", "MODEL_NAME"];

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
            .find(|(name, value)| VARIABLES.contains(name) && !value.is_empty());
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
