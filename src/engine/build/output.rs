//! What a builder prints, as lines: its messages hold pieces that may end anywhere.

use std::collections::{BTreeMap, HashSet, VecDeque};

use bollard::moby::buildkit::v1::StatusResponse;
use bollard::models::{BuildInfo, BuildInfoAux};

use crate::event::Step;

/// Lines of output that a failure shows.
const TAIL: usize = 20;
/// Bytes after which a line that does not end is cut.
const LONGEST_LINE: usize = 64 * 1024;

/// Turns the builder's messages into lines.
pub(super) struct Output<'s> {
    step: &'s Step,
    tail: VecDeque<String>,
    /// The classic builder's `Step 2/3 : RUN …`.
    current: Option<String>,
    /// The steps that `BuildKit` reported as failed.
    failed: Option<String>,
    /// `BuildKit` repeats a step with every change of it.
    seen: HashSet<String>,
    /// Beginnings of lines whose ends have not come yet.
    unended: BTreeMap<Source, Vec<u8>>,
}

/// Who prints: the digest of a step, and 1 or 2 for its standard output or error. Empty for the classic
/// builder, which runs one step at a time.
type Source = (String, i64);

impl<'s> Output<'s> {
    pub(super) fn new(step: &'s Step) -> Self {
        Self {
            step,
            tail: VecDeque::new(),
            current: None,
            failed: None,
            seen: HashSet::new(),
            unended: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, info: BuildInfo) {
        if let Some(text) = info.stream {
            self.stream(Source::default(), text.as_bytes());
        }
        if let Some(BuildInfoAux::BuildKit(status)) = info.aux {
            self.take_status(&status);
        } else if let (Some(status), None) = (info.status, info.progress_detail) {
            self.lines(&status);
        }
    }

    fn take_status(&mut self, status: &StatusResponse) {
        for vertex in &status.vertexes {
            let began = vertex.started.is_some() || vertex.cached;
            if began && self.seen.insert(vertex.digest.clone()) {
                let cached = if vertex.cached { " (cached)" } else { "" };
                self.line(format!("{}{cached}", vertex.name));
            }
            if !vertex.error.is_empty() {
                self.failed = Some(vertex.name.clone());
            }
        }
        for log in &status.logs {
            self.stream((log.vertex.clone(), log.stream), &log.msg);
        }
        for vertex in status.vertexes.iter().filter(|one| one.completed.is_some()) {
            self.flush(|(source, _)| *source == vertex.digest);
        }
        for warning in &status.warnings {
            self.lines(&format!(
                "warning: {}",
                String::from_utf8_lossy(&warning.short)
            ));
        }
    }

    /// A piece of what a step prints. It may end within a line, or within a character.
    fn stream(&mut self, source: Source, piece: &[u8]) {
        let mut text = self.unended.remove(&source).unwrap_or_default();
        text.extend_from_slice(piece);
        let end = text.iter().rposition(|byte| *byte == b'\n');
        let mut rest = text.split_off(end.map_or(0, |end| end + 1));
        if rest.len() > LONGEST_LINE {
            text.append(&mut rest);
        }
        self.lines(&String::from_utf8_lossy(&text));
        if !rest.is_empty() {
            self.unended.insert(source, rest);
        }
    }

    /// The build is over: what was not ended is a line, too.
    pub(super) fn end(&mut self) {
        self.flush(|_| true);
    }

    /// Lines of these sources that will not be ended any more.
    fn flush(&mut self, ended: impl Fn(&Source) -> bool) {
        let (over, going_on) = std::mem::take(&mut self.unended)
            .into_iter()
            .partition(|(source, _)| ended(source));
        self.unended = going_on;
        let over: BTreeMap<Source, Vec<u8>> = over;
        for text in over.values() {
            self.lines(&String::from_utf8_lossy(text));
        }
    }

    fn lines(&mut self, text: &str) {
        for line in text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
        {
            if line.starts_with("Step ") && line.contains(" : ") {
                self.current = Some(line.to_owned());
            }
            self.line(line.to_owned());
        }
    }

    fn line(&mut self, line: String) {
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line.clone());
        self.step.output(line);
    }

    pub(super) fn failing_step(&self) -> Option<String> {
        self.failed.clone().or_else(|| self.current.clone())
    }

    /// The last lines.
    pub(super) fn into_tail(self) -> VecDeque<String> {
        self.tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Events};
    use bollard::moby::buildkit::v1::{Vertex, VertexLog};
    use std::sync::{Arc, Mutex};

    fn log(vertex: &str, msg: &[u8]) -> VertexLog {
        VertexLog {
            vertex: vertex.to_owned(),
            stream: 2,
            msg: msg.to_vec(),
            ..VertexLog::default()
        }
    }

    fn kit(logs: Vec<VertexLog>, vertexes: Vec<Vertex>) -> BuildInfo {
        BuildInfo {
            aux: Some(BuildInfoAux::BuildKit(StatusResponse {
                logs,
                vertexes,
                ..StatusResponse::default()
            })),
            ..BuildInfo::default()
        }
    }

    fn classic(text: &str) -> BuildInfo {
        BuildInfo {
            stream: Some(text.to_owned()),
            ..BuildInfo::default()
        }
    }

    fn lines(messages: Vec<BuildInfo>) -> Vec<String> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let events = Events::new(move |event| {
            if let Event::Output { line, .. } = event {
                sink.lock().expect("not poisoned").push(line);
            }
        });
        let step = events.step("gateway", "building");
        let mut output = Output::new(&step);
        for info in messages {
            output.take(info);
        }
        output.end();
        let lines = seen.lock().expect("not poisoned").clone();
        assert_eq!(output.into_tail(), lines, "the tail is what was told");
        lines
    }

    #[test]
    fn pieces_of_steps_that_run_side_by_side_become_whole_lines() {
        let mut done = Vertex {
            digest: "a".to_owned(),
            ..Vertex::default()
        };
        done.completed.get_or_insert_default();
        let told = lines(vec![
            kit(vec![log("a", b"gr\xc3"), log("b", b"cannot ")], Vec::new()),
            kit(vec![log("a", b"\xbcn\nlast of a")], Vec::new()),
            kit(Vec::new(), vec![done]),
            kit(vec![log("b", b"find it\n\nlast of b")], Vec::new()),
        ]);
        assert_eq!(
            told,
            ["gr\u{fc}n", "last of a", "cannot find it", "last of b"]
        );
    }

    #[test]
    fn the_classic_builder_ends_its_lines_later() {
        let told = lines(vec![
            classic("Step 1/2 : FROM scratch"),
            classic("\n"),
            classic(" ---> "),
            classic("ab12\n"),
        ]);
        assert_eq!(told, ["Step 1/2 : FROM scratch", " ---> ab12"]);
    }

    #[test]
    fn a_line_without_end_is_told_in_pieces() {
        let told = lines(vec![classic(&"x".repeat(LONGEST_LINE + 1)), classic("y")]);
        assert_eq!(told.len(), 2);
    }
}
