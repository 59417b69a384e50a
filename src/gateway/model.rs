//! Which model a gateway was started with, as far as its settings tell.

/// Variables whose name says that they name the model.
const VARIABLES: [&str; 4] = ["OLLAMA_MODEL", "LLM_MODEL", "MODEL", "MODEL_NAME"];

/// A variable that names a model, and the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedModel {
    /// The variable.
    pub variable: String,
    /// What it says.
    pub model: String,
}

impl NamedModel {
    /// The first of these variables that names a model.
    pub fn among<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let named = variables
            .into_iter()
            .find(|(name, value)| VARIABLES.contains(name) && !value.is_empty());
        named.map(|(variable, model)| Self {
            variable: variable.to_owned(),
            model: model.to_owned(),
        })
    }
}
