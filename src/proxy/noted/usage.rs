//! Tokens that an answer cost, as its end says.
//!
//! Ollama puts the counts at the end of the last line (`"prompt_eval_count":5,…,"eval_count":12`), and on
//! the `OpenAI` side in the last object (`"usage":{"prompt_tokens":5,"completion_tokens":12,…}`). So the
//! last bytes are enough, and nothing is parsed while it streams. The model cannot fake a count: inside
//! a JSON string the quotes of `"eval_count":` would be escaped.

/// More than the counts and `data: [DONE]` take.
const TAIL: usize = 512;

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
        let count = |ollama: &str, openai: &str| {
            self.number_after(ollama)
                .or_else(|| self.number_after(openai))
        };
        let prompt = count("\"prompt_eval_count\":", "\"prompt_tokens\":");
        let completion = count("\"eval_count\":", "\"completion_tokens\":");
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
    fn a_model_that_writes_of_counts_counts_nothing() {
        assert_eq!(
            usage(&[r#"{"response":"\"eval_count\":5","done":false}"#]),
            None
        );
        assert_eq!(usage(&["Ollama is running"]), None);
    }
}
