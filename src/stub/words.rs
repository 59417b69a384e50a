//! What the stub says. The same question gets the same answer.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::catalogue::hex;

/// How many words of a question the answer repeats.
const QUOTED: usize = 12;

/// What is asked of the model.
pub(super) struct Question<'a> {
    /// The last thing the user said.
    pub(super) asked: &'a str,
    /// Everything that the answer depends on: model and conversation.
    pub(super) context: &'a str,
    /// Most tokens in the answer.
    pub(super) limit: Option<usize>,
    /// The answer must be a JSON object.
    pub(super) json: bool,
}

/// An answer, token by token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) tokens: Vec<String>,
    /// The limit cut it.
    pub(super) cut: bool,
    /// Tokens of the question.
    pub(super) prompt_tokens: usize,
}

impl Answer {
    /// The answer to a question.
    pub(super) fn to(question: &Question) -> Self {
        let text = answer_text(question);
        let mut tokens = tokens(&text);
        let limit = question.limit.unwrap_or(usize::MAX);
        let cut = tokens.len() > limit;
        tokens.truncate(limit);
        Self {
            tokens,
            cut,
            prompt_tokens: count(question.context),
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.tokens.concat()
    }

    /// How long the answer takes, with this pause before each token.
    pub(super) fn time(&self, pause: Duration) -> Duration {
        pause * u32::try_from(self.tokens.len()).unwrap_or(u32::MAX)
    }

    /// Why it ended, in the words of the API.
    pub(super) fn done_reason(&self) -> &'static str {
        if self.cut { "length" } else { "stop" }
    }
}

/// How many tokens a text counts as: its words, at least one.
pub(super) fn count(text: &str) -> usize {
    text.split_whitespace().count().max(1)
}

/// A number below a thousand that depends on the text alone.
pub(super) fn number(text: &str) -> u16 {
    let hash = Sha256::digest(text);
    u16::from_be_bytes([hash[0], hash[1]]) % 1000
}

/// The vector of a text, of length 1.
pub(super) fn embedding(text: &str, length: usize) -> Vec<f32> {
    let blocks = (0u32..).map(|block| Sha256::digest(format!("{block}:{text}")));
    let raw: Vec<f32> = blocks
        .flatten()
        .take(length)
        .map(|byte| f32::from(byte) - 127.5)
        .collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

fn answer_text(question: &Question) -> String {
    let quoted: Vec<&str> = question.asked.split_whitespace().take(QUOTED).collect();
    let quoted = quoted.join(" ");
    let id = &hex(Sha256::digest(question.context))[..8];
    let text = format!(
        "[stub] This is the stand-in for Ollama that comes with ollamactl; no model was asked. \
         The question was: {quoted} (answer {id})"
    );
    if question.json {
        serde_json::json!({"stub": true, "answer": text}).to_string()
    } else {
        text
    }
}

/// Words, each with the blank before it.
fn tokens(text: &str) -> Vec<String> {
    let mut words = text.split(' ');
    let first = words.next().map(str::to_owned);
    first
        .into_iter()
        .chain(words.map(|word| format!(" {word}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(context: &str, limit: Option<usize>, json: bool) -> Answer {
        Answer::to(&Question {
            asked: "Why is the sky blue?",
            context,
            limit,
            json,
        })
    }

    #[test]
    fn the_same_question_gets_the_same_answer() {
        assert_eq!(
            ask("tiny: why?", None, false),
            ask("tiny: why?", None, false)
        );
        let text = ask("tiny: why?", None, false).text();
        assert_ne!(text, ask("other: why?", None, false).text());
        assert!(text.starts_with("[stub] "), "{text}");
        assert!(text.contains("Why is the sky blue?"), "{text}");
    }

    #[test]
    fn the_limit_cuts() {
        let answer = ask("x", Some(3), false);
        assert_eq!((answer.tokens.len(), answer.done_reason()), (3, "length"));
    }

    #[test]
    fn json_is_json() {
        let value: serde_json::Value =
            serde_json::from_str(&ask("x", None, true).text()).expect("JSON");
        assert_eq!(value["stub"], true);
    }

    #[test]
    fn embeddings_have_length_one_and_tell_texts_apart() {
        let hello = embedding("hello", 64);
        let norm: f32 = hello.iter().map(|x| x * x).sum();
        assert!((norm - 1.0).abs() < 1e-5, "{norm}");
        assert_eq!(hello.len(), 64);
        assert_ne!(hello, embedding("world", 64));
    }
}
