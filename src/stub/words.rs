//! What the stub says. The same question gets the same answer.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::catalogue::hex;
use super::sample;
use super::tools::Call;

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
    /// What the answer must look like.
    pub(super) format: Format,
    /// The call that is made in place of an answer.
    pub(super) call: Option<Call>,
    /// How often the answer repeats its last token.
    pub(super) repeat: usize,
    /// How many equal tokens in a row break an answer off.
    pub(super) most_equal: Option<usize>,
}

/// What an answer must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Anything.
    Text,
    /// A JSON object.
    Json,
    /// JSON of this schema.
    Schema(Value),
}

/// An answer, token by token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) tokens: Vec<String>,
    /// A tool is to be called; there are no tokens then.
    pub(super) call: Option<Call>,
    /// The limit cut it.
    pub(super) cut: bool,
    /// It was broken off for repeating itself, and has no end.
    pub(super) broken_off: bool,
    /// Tokens of the question.
    pub(super) prompt_tokens: usize,
}

impl Answer {
    /// The answer to a question.
    pub(super) fn to(question: &Question) -> Self {
        let mut tokens = match &question.call {
            Some(_) => Vec::new(),
            None => tokens(&answer_text(question)),
        };
        if let Some(last) = tokens.last().cloned() {
            tokens.extend(vec![last; question.repeat]);
        }
        let equal = equal_run(&tokens, question.most_equal.unwrap_or(usize::MAX));
        tokens.truncate(equal.unwrap_or(usize::MAX));
        let limit = question.limit.unwrap_or(usize::MAX);
        let cut = tokens.len() > limit;
        tokens.truncate(limit);
        Self {
            tokens,
            call: question.call.clone(),
            cut,
            broken_off: equal.is_some() && !cut,
            prompt_tokens: count(question.context),
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.tokens.concat()
    }

    /// How many tokens it has; a call is some too.
    pub(super) fn count(&self) -> usize {
        let call = self.call.as_ref();
        self.tokens.len() + call.map_or(0, |call| count(&call.arguments.to_string()))
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

/// Where more than `most` equal tokens in a row have come to that number.
fn equal_run(tokens: &[String], most: usize) -> Option<usize> {
    let mut run = 0;
    let mut last = None;
    for (index, token) in tokens.iter().map(|token| token.trim()).enumerate() {
        run = if last == Some(token) { run + 1 } else { 1 };
        if run > most {
            return Some(index);
        }
        last = Some(token);
    }
    None
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
    match &question.format {
        Format::Text => text,
        Format::Json => serde_json::json!({"stub": true, "answer": text}).to_string(),
        Format::Schema(schema) => sample::value(schema).to_string(),
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

    fn question(context: &str) -> Question<'_> {
        Question {
            asked: "Why is the sky blue?",
            context,
            limit: None,
            format: Format::Text,
            call: None,
            repeat: 0,
            most_equal: None,
        }
    }

    #[test]
    fn the_same_question_gets_the_same_answer() {
        let ask = |context| Answer::to(&question(context));
        assert_eq!(ask("tiny: why?"), ask("tiny: why?"));
        let text = ask("tiny: why?").text();
        assert_ne!(text, ask("other: why?").text());
        assert!(text.starts_with("[stub] "), "{text}");
        assert!(text.contains("Why is the sky blue?"), "{text}");
    }

    #[test]
    fn the_limit_cuts() {
        let answer = Answer::to(&Question {
            limit: Some(3),
            ..question("x")
        });
        assert_eq!((answer.tokens.len(), answer.done_reason()), (3, "length"));
    }

    #[test]
    fn json_is_json_and_fits_its_schema() {
        let ask = |format| {
            let question = Question {
                format,
                ..question("x")
            };
            let text = Answer::to(&question).text();
            serde_json::from_str::<Value>(&text).expect("JSON")
        };
        assert_eq!(ask(Format::Json)["stub"], true);
        let schema = serde_json::json!({"properties": {"age": {"type": "integer"}}});
        let expected = serde_json::json!({"age": 1});
        assert_eq!(ask(Format::Schema(schema)), expected);
    }

    #[test]
    fn an_answer_that_repeats_itself_is_broken_off() {
        let ask = |repeat, most_equal| {
            let question = Question {
                repeat,
                most_equal,
                ..question("x")
            };
            let answer = Answer::to(&question);
            let last = answer.tokens.last().cloned();
            let equal = answer.tokens.iter().rev();
            let equal = equal.take_while(|token| Some(*token) == last.as_ref());
            (equal.count(), answer.broken_off)
        };
        assert_eq!(ask(50, Some(31)), (31, true));
        assert_eq!(ask(30, Some(31)), (31, false));
        assert_eq!(ask(50, None), (51, false));
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
