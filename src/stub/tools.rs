//! Which of the offered tools is called, and with what.

use serde_json::Value;

use super::sample;

/// A call that the model asks its client for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// A JSON object.
    pub(super) arguments: Value,
}

/// The call of one of these tools, in the form of Ollama, `OpenAI` or Anthropic: the tool that the
/// question names, else the first. Its arguments are made up from their schema.
pub(super) fn call(tools: &[Value], wanted: Option<&str>, asked: &str) -> Option<Call> {
    let tools: Vec<(&str, &Value)> = tools.iter().filter_map(read).collect();
    let named = |name: &str| match wanted {
        Some(wanted) => wanted == name,
        None => asked.contains(name),
    };
    let tool = tools.iter().find(|(name, _)| named(name));
    let (name, schema) = tool.or(tools.first())?;
    let arguments = if schema.is_object() {
        sample::value(schema)
    } else {
        Value::Object(serde_json::Map::new())
    };
    Some(Call {
        name: (*name).to_owned(),
        arguments,
    })
}

/// A tool's name and the schema of its arguments.
fn read(tool: &Value) -> Option<(&str, &Value)> {
    let function = tool.get("function").unwrap_or(tool);
    let schema = function.get("parameters").or(function.get("input_schema"));
    Some((function["name"].as_str()?, schema.unwrap_or(&Value::Null)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn the_tool_that_is_named_is_called_else_the_first() {
        let city = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        let tools = [
            json!({"type": "function", "function": {"name": "weather", "parameters": city}}),
            json!({"type": "function", "name": "clock"}),
            json!({"name": "look_up", "input_schema": city}),
            json!({}),
        ];
        let call = |wanted, asked| {
            let call = super::call(&tools, wanted, asked).expect("a call");
            (call.name, call.arguments)
        };
        let with_city = json!({"city": "stub"});
        assert_eq!(call(None, "hot?"), ("weather".into(), with_city.clone()));
        assert_eq!(call(None, "ask clock"), ("clock".into(), json!({})));
        assert_eq!(call(Some("look_up"), "hot?"), ("look_up".into(), with_city));
        assert_eq!(super::call(&tools[3..], None, "hot?"), None);
    }
}
