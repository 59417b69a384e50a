//! Tokens that an answer cost, as its end says.
//!
//! Ollama puts the counts at the end of the last line (`"prompt_eval_count":5,…,"eval_count":12`), and on
//! the `OpenAI` side in the last object (`"usage":{"prompt_tokens":5,"completion_tokens":12,…}`), which
//! `/v1/responses` and Anthropic's `/v1/messages` call `input_tokens` and `output_tokens`. So the last
//! bytes are enough, and nothing is parsed while it streams. The model cannot fake a count: inside a JSON
//! string the quotes of `"eval_count":` would be escaped.

/// More than the counts take and what follows them: `data: [DONE]`, and in `/v1/responses` what was asked.
const TAIL: usize = 768;
const PROMPT: [&str; 3] = [
    "\"prompt_eval_count\":",
    "\"prompt_tokens\":",
    "\"input_tokens\":",
];
const COMPLETION: [&str; 3] = [
    "\"eval_count\":",
    "\"completion_tokens\":",
    "\"output_tokens\":",
];

/// The end of a stream.
#[derive(Debug, Default)]
pub struct Tail(Vec<u8>);

/// Tokens in and out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read by the model.
    pub prompt: u64,
    /// Written by it.
    pub completion: u64,
}

impl Tail {
    /// Keeps the last bytes.
    pub fn push(&mut self, data: &[u8]) {
        let data = &data[data.len().saturating_sub(TAIL)..];
        let excess = (self.0.len() + data.len()).saturating_sub(TAIL);
        self.0.drain(..excess);
        self.0.extend_from_slice(data);
    }

    /// The counts, where there are any.
    pub fn usage(&self) -> Option<Usage> {
        let count = |keys: [&str; 3]| keys.into_iter().find_map(|key| self.number_after(key));
        let prompt = count(PROMPT);
        let completion = count(COMPLETION);
        (prompt.is_some() || completion.is_some()).then(|| Usage {
            prompt: prompt.unwrap_or_default(),
            completion: completion.unwrap_or_default(),
        })
    }

    fn number_after(&self, key: &str) -> Option<u64> {
        let at = self
            .0
            .windows(key.len())
            .rposition(|window| window == key.as_bytes())?;
        let rest = self.0[at + key.len()..].trim_ascii_start();
        let end = rest.iter().position(|byte| !byte.is_ascii_digit());
        std::str::from_utf8(&rest[..end.unwrap_or(rest.len())])
            .ok()?
            .parse()
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(pieces: &[&str]) -> Option<(u64, u64)> {
        let mut tail = Tail::default();
        for piece in pieces {
            tail.push(piece.as_bytes());
        }
        tail.usage().map(|usage| (usage.prompt, usage.completion))
    }

    #[test]
    fn the_last_counts_are_found_however_they_are_cut() {
        let long = "x".repeat(5000);
        let last = r#"{"done":true,"prompt_eval_count":26,"prompt_eval_duration":1,"eval_count":9,"eval_duration":2}"#;
        let (a, b) = last.split_at(30);
        assert_eq!(usage(&[&long, a, b, "\n"]), Some((26, 9)));
        let sse = "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\": 12,\"total_tokens\":17}}\n\ndata: [DONE]\n\n";
        assert_eq!(usage(&[&long, sse]), Some((5, 12)));
        assert_eq!(
            usage(&[r#"{"embeddings":[[1]],"prompt_eval_count":3}"#]),
            Some((3, 0))
        );
    }

    #[test]
    fn the_counts_of_every_recorded_answer_are_found() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
        for version in ["v0.24.0", "v0.33.0-rc2"] {
            let folder = std::fs::read_dir(root.join(version).join("infer")).expect("a folder");
            let mut counted = 0;
            for file in folder {
                let path = file.expect("listed").path();
                let bytes = std::fs::read(&path).expect("read");
                let text = String::from_utf8_lossy(&bytes);
                let tells = ["_tokens\":", "eval_count\":"]
                    .iter()
                    .any(|key| text.contains(key));
                assert_eq!(usage(&[&text]).is_some(), tells, "{}", path.display());
                counted += u32::from(tells);
            }
            assert!(counted > 10, "{version}: {counted}");
        }
    }

    #[test]
    fn a_model_that_writes_of_counts_counts_nothing() {
        assert_eq!(
            usage(&[r#"{"response":"\"eval_count\":5","done":false}"#]),
            None
        );
        assert_eq!(usage(&["Ollama is running"]), None);
    }
}
