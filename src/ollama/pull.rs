//! `POST /api/pull`: a stream of JSON lines, which may fail inside a 200.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::client::{Client, error_text, unreachable};
use super::{ModelName, body};
use crate::error::{Error, Kind, Result};
use crate::units;
use crate::wire;

/// Verification may take so many times as long as any other silence.
const VERIFYING: u32 = 12;

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullUpdate {
    /// A stage: `pulling manifest`, `verifying sha256 digest`, `writing manifest`.
    Stage(String),
    /// Bytes of one layer. `completed` falls when a part is fetched again.
    Layer {
        /// `sha256:…`.
        digest: String,
        /// Size of this layer.
        total: u64,
        /// Bytes here.
        completed: u64,
    },
}

/// Why a pull did not finish.
#[derive(Debug)]
pub struct PullFailure {
    /// For the person who reads it.
    pub error: Error,
    /// It broke off or stood still, so that the same pull may well go on: nothing was said against it.
    pub resumable: bool,
    /// The backend said `EOF`: a part file in its store is empty, and every further pull will say so.
    pub empty_part_file: bool,
    /// The backend could not be asked at all.
    pub unanswered: bool,
}

impl From<Error> for PullFailure {
    fn from(error: Error) -> Self {
        Self {
            error,
            resumable: false,
            empty_part_file: false,
            unanswered: false,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    status: Option<String>,
    digest: Option<String>,
    #[serde(default)]
    total: u64,
    #[serde(default)]
    completed: u64,
    error: Option<String>,
}

/// Follows one stream: what was said last, and when something last moved.
struct Progress {
    succeeded: bool,
    verifying: bool,
    /// Of each layer, since some versions load several at the same time.
    completed: HashMap<String, u64>,
    moved_at: Instant,
}

impl Client {
    /// Pulls a model and reports each line. Fails where the stream fails, also inside a 200, and where
    /// it ends without `success`.
    ///
    /// Ollama restarts a silent download without limit and repeats its last line meanwhile, so lines
    /// alone are no sign of life: when nothing moved for `stall`, the pull is given up with
    /// [`Kind::Timeout`]. Dropping the future closes the connection, which cancels the pull; what was
    /// loaded stays and the next pull goes on from there.
    pub async fn pull(
        &self,
        model: &ModelName,
        stall: Duration,
        mut report: impl FnMut(PullUpdate),
    ) -> Result<(), PullFailure> {
        let url = self.url("/api/pull");
        let request = self.http.post(&url).json(&question(model)).send();
        let mut response = timeout_at(Instant::now() + stall, request)
            .await
            .map_err(|_| stalled(model, stall))?
            .map_err(|error| PullFailure {
                unanswered: true,
                ..unreachable(&url, &error).into()
            })?;
        if !response.status().is_success() {
            let text = timeout_at(Instant::now() + stall, body::text(response)).await;
            let text = text.map_or_else(|_| String::new(), Result::unwrap_or_default);
            return Err(refused(model, &error_text(&text)));
        }
        let mut progress = Progress::new();
        let mut buffer = Vec::new();
        loop {
            let chunk = timeout_at(progress.deadline(stall), response.chunk())
                .await
                .map_err(|_| stalled(model, stall))?
                .map_err(|error| cut(model, &wire::cause(&error)))?;
            let Some(chunk) = chunk else { break };
            buffer.extend_from_slice(&chunk);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                if let Some(update) = progress.line(model, &line)? {
                    report(update);
                }
            }
            if buffer.len() > body::MOST {
                return Err(cut(model, "a line of its progress does not end"));
            }
        }
        if let Some(update) = progress.line(model, &buffer)? {
            report(update);
        }
        progress.end(model)
    }
}

/// What is asked. Ollama speaks TLS to every registry unless it is told not to, which one of this machine
/// does not (recorded: such a pull ends with `EOF`).
fn question(model: &ModelName) -> serde_json::Value {
    let mut question = serde_json::json!({ "model": model.as_str(), "stream": true });
    if model.has_local_registry() {
        question["insecure"] = true.into();
    }
    question
}

impl Progress {
    fn new() -> Self {
        Self {
            succeeded: false,
            verifying: false,
            completed: HashMap::new(),
            moved_at: Instant::now(),
        }
    }

    fn line(&mut self, model: &ModelName, line: &[u8]) -> Result<Option<PullUpdate>, PullFailure> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let line: Line = serde_json::from_slice(line)
            .map_err(|error| cut(model, &format!("a line is not JSON ({error})")))?;
        if let Some(text) = line.error {
            return Err(refused(model, &error_text(&text)));
        }
        let status = line.status.unwrap_or_default();
        self.succeeded = status == "success";
        self.verifying = status.starts_with("verifying");
        let Some(digest) = line.digest else {
            self.moved_at = Instant::now();
            return Ok(Some(PullUpdate::Stage(status)));
        };
        let before = self.completed.insert(digest.clone(), line.completed);
        if before != Some(line.completed) {
            self.moved_at = Instant::now();
        }
        Ok(Some(PullUpdate::Layer {
            digest,
            total: line.total,
            completed: line.completed,
        }))
    }

    /// When silence becomes a stall. Hashing a large model says nothing for minutes.
    fn deadline(&self, stall: Duration) -> Instant {
        self.moved_at
            + if self.verifying {
                stall * VERIFYING
            } else {
                stall
            }
    }

    fn end(self, model: &ModelName) -> Result<(), PullFailure> {
        if !self.succeeded {
            return Err(cut(model, "the stream ended before it said success"));
        }
        Ok(())
    }
}

/// The server said what is wrong.
fn refused(model: &ModelName, text: &str) -> PullFailure {
    PullFailure {
        empty_part_file: text == "EOF",
        ..explained(model, text).into()
    }
}

/// What Go says of a network that does not lead there.
const NO_NETWORK: [&str; 5] = [
    "no such host",
    "dial tcp",
    "TLS handshake timeout",
    "context deadline exceeded",
    "max retries exceeded",
];

fn explained(model: &ModelName, text: &str) -> Error {
    let error = Error::failed(format!("cannot pull {model}: {text}"));
    match text {
        _ if text.contains("file does not exist") => error
            .hint("the registry has no model of this name and tag; look it up at https://ollama.com/library"),
        "EOF" => error.hint(
            "a part file in the model store is empty (an earlier pull was cut off by a stop of Ollama); \
             remove the *-partial* files of this model under <model store>/blobs and pull again",
        ),
        _ if text.contains("no space left") => {
            error.hint("free space in the model store; partial downloads stay there until the pull succeeds")
        }
        _ if text.contains("newer version of Ollama") => {
            error.hint("install a newer Ollama, then restart the backend: https://ollama.com/download")
        }
        _ if text.contains("unauthorized") || text.contains("manifest: 401") => error
            .hint("the registry wants an account: ollama signin, as the user that the backend runs as"),
        _ if text.contains("digest mismatch") => {
            error.hint("what was loaded was damaged on its way, and is removed; run the same command again")
        }
        _ if text.contains("x509:") || text.contains("failed to verify certificate") => error.hint(
            "the backend does not trust the certificate that it is shown: is there a proxy in between whose authority this machine lacks?",
        ),
        _ if text.contains("looking for beginning of value") => {
            error.hint("what answered is not the registry: is there a proxy or a login page in between?")
        }
        _ if NO_NETWORK.iter().any(|symptom| text.contains(symptom)) => {
            error.hint("check the network and HTTPS_PROXY of the backend, then pull again; it resumes")
        }
        _ if text.contains("manifest: 429") || text.contains("manifest: 5") => {
            error.hint("the registry is busy or ill: run the same command again in a while")
        }
        _ => error,
    }
}

/// The stream broke off; a later pull resumes.
fn cut(model: &ModelName, why: &str) -> PullFailure {
    let error = Error::failed(format!("the pull of {model} was cut off: {why}"))
        .hint("what was loaded is kept; run the same command again and it resumes")
        .hint("see what the backend says: ollamactl logs backend");
    PullFailure {
        resumable: true,
        ..error.into()
    }
}

fn stalled(model: &ModelName, stall: Duration) -> PullFailure {
    let error = Error::new(
        Kind::Timeout,
        format!(
            "the pull of {model} stood still for {} and was given up",
            units::seconds(stall)
        ),
    )
    .hint("what was loaded is kept; run the same command again and it resumes");
    PullFailure {
        resumable: true,
        ..error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> ModelName {
        "tiny".parse().expect("a name")
    }

    #[test]
    fn only_a_registry_of_this_machine_is_asked_without_tls() {
        let asked = |name: &str| question(&name.parse().expect("a name"))["insecure"].clone();
        assert_eq!(asked("127.0.0.1:5000/library/tiny"), true);
        assert_eq!(asked("localhost:5000/library/tiny"), true);
        assert_eq!(asked("tiny"), serde_json::Value::Null);
        assert_eq!(asked("registry.example/team/tiny"), serde_json::Value::Null);
    }

    #[test]
    fn an_error_inside_the_stream_is_an_error() {
        let error = Progress::new()
            .line(
                &name(),
                br#"{"error":"pull model manifest: file does not exist"}"#,
            )
            .expect_err("an error");
        let error = error.error;
        assert!(error.message.contains("tiny") && error.message.contains("file does not exist"));
    }

    #[test]
    fn what_registries_refuse_has_a_next_step_in_one_line() {
        let newer = "pull model manifest: 412: \\n\\nThe model you are attempting to pull requires a newer version of Ollama.\\n\\nPlease download the latest version at:\\n\\n\\thttps://ollama.com/download\\n\\n";
        for (text, next) in [
            (newer, "install a newer Ollama"),
            ("pull model manifest: 401: {}", "ollama signin"),
            ("pull model manifest: 503: upstream", "in a while"),
            (
                "digest mismatch, file must be downloaded again: want a, got b",
                "run the same command again",
            ),
            ("max retries exceeded: EOF", "it resumes"),
        ] {
            let line = format!(r#"{{"error":"{text}"}}"#);
            let failure = Progress::new().line(&name(), line.as_bytes());
            let error = failure.expect_err("an error").error;
            assert!(!error.message.contains('\n'), "{}", error.message);
            assert!(error.hints[0].contains(next), "{:?}", error.hints);
        }
    }

    #[test]
    fn layers_that_stand_still_in_turn_do_not_move() {
        let mut progress = Progress::new();
        let mut say = |digest: &str, completed: u64| {
            let line = format!(
                r#"{{"status":"pulling","digest":"{digest}","total":9,"completed":{completed}}}"#
            );
            progress.line(&name(), line.as_bytes()).expect("fine");
            progress.moved_at
        };
        say("a", 1);
        let last = say("b", 2);
        assert_eq!((say("a", 1), say("b", 2)), (last, last));
        assert_ne!(say("a", 2), last);
    }

    #[test]
    fn every_recorded_pull_is_understood() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
        for version in ["v0.24.0", "v0.33.0-rc2"] {
            let folder = std::fs::read_dir(root.join(version).join("pull")).expect("a folder");
            for file in folder {
                let path = file.expect("listed").path();
                let text = std::fs::read_to_string(&path).expect("read");
                let (head, body) = text.split_once("\r\n\r\n").expect("a head");
                if !head.starts_with("HTTP/1.1 200") {
                    continue;
                }
                let mut progress = Progress::new();
                let mut lines = body.lines();
                let refused = lines.find_map(|line| progress.line(&name(), line.as_bytes()).err());
                let ended = refused.map_or_else(|| progress.end(&name()), Err);
                let said = body.contains("\"error\":");
                let shown = path.display();
                assert_eq!(ended.is_err(), said, "{shown}: {ended:?}");
                if let Err(failure) = ended {
                    assert!(!failure.error.hints.is_empty(), "{shown}: {failure:?}");
                }
            }
        }
    }

    #[test]
    fn success_must_be_the_last_word() {
        let mut progress = Progress::new();
        progress
            .line(&name(), br#"{"status":"success"}"#)
            .expect("fine");
        assert!(progress.end(&name()).is_ok());
        let mut progress = Progress::new();
        progress
            .line(&name(), br#"{"status":"writing manifest"}"#)
            .expect("fine");
        assert!(progress.end(&name()).is_err());
    }
}
