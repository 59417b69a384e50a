//! Counts and times of requests, as Prometheus reads them (text format 0.0.4).
//!
//! A model gets a label of its own once the backend has answered for it, and only so many do: a client
//! that makes up names cannot make series.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Noted;

/// More models than this share the label `other`.
const MOST_MODELS: usize = 50;
const OTHER: &str = "other";

/// Upper bounds of the histograms' buckets, seconds: from a list of models to a long answer of a cold
/// model.
const BOUNDS: [f64; 12] = [
    0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

type Label = Arc<str>;

/// All counts of one proxy.
#[derive(Debug, Default)]
pub struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    models: BTreeSet<Label>,
    requests: BTreeMap<(Label, u16), u64>,
    durations: BTreeMap<Label, Histogram>,
    first_bytes: BTreeMap<Label, Histogram>,
    prompt: BTreeMap<Label, u64>,
    completion: BTreeMap<Label, u64>,
    broken: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

/// What is so at this moment.
#[derive(Debug, Clone, Copy)]
pub struct Gauges {
    pub in_flight: usize,
    pub queued: usize,
    pub connections: usize,
}

impl Histogram {
    fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        for (bucket, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }
}

impl Counts {
    /// The label of a model: its name without case and default tag.
    fn label(&mut self, model: &str, known: bool) -> Label {
        let name = model.to_lowercase();
        let name = name.strip_suffix(":latest").unwrap_or(&name);
        if let Some(label) = self.models.get(name) {
            return label.clone();
        }
        if !known || self.models.len() >= MOST_MODELS {
            return OTHER.into();
        }
        let label: Label = name.into();
        self.models.insert(label.clone());
        label
    }
}

impl Metrics {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an exchange that has ended.
    pub(in crate::proxy) fn note(&self, noted: &Noted<'_>) {
        let mut counts = self.counts();
        let known = (200..300).contains(&noted.status);
        let label = match noted.model {
            Some(model) => counts.label(model, known),
            None => "".into(),
        };
        *counts
            .requests
            .entry((label.clone(), noted.status))
            .or_default() += 1;
        *counts.broken.entry(noted.end.as_str()).or_default() += 1;
        let times = counts.durations.entry(label.clone()).or_default();
        times.observe(noted.took);
        if let Some(first) = noted.first {
            let times = counts.first_bytes.entry(label.clone()).or_default();
            times.observe(first);
        }
        if let Some(usage) = noted.usage {
            *counts.prompt.entry(label.clone()).or_default() += usage.prompt;
            *counts.completion.entry(label).or_default() += usage.completion;
        }
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self, gauges: Gauges) -> String {
        let counts = self.counts();
        let mut page = Page::default();
        page.family(
            "requests_total",
            "counter",
            "Requests by model and status; 499: the client left before an answer.",
        );
        for ((model, status), count) in &counts.requests {
            page.sample(
                "requests_total",
                &[("model", model), ("status", &status.to_string())],
                count,
            );
        }
        page.family(
            "ends_total",
            "counter",
            "How requests ended: whole, or broken off by whom.",
        );
        for (end, count) in &counts.broken {
            page.sample("ends_total", &[("end", end)], count);
        }
        page.family(
            "tokens_total",
            "counter",
            "Tokens by model, as the backend counts them.",
        );
        for (kind, tokens) in [
            ("prompt", &counts.prompt),
            ("completion", &counts.completion),
        ] {
            for (model, count) in tokens {
                page.sample("tokens_total", &[("kind", kind), ("model", model)], count);
            }
        }
        page.histograms(
            "request_duration_seconds",
            "From a request's head to the last byte of its answer.",
            &counts.durations,
        );
        page.histograms(
            "first_byte_seconds",
            "From a request's head to the head of its answer.",
            &counts.first_bytes,
        );
        for (name, help, value) in [
            (
                "requests_in_flight",
                "Requests at the backend.",
                gauges.in_flight,
            ),
            (
                "requests_queued",
                "Requests that wait for their turn.",
                gauges.queued,
            ),
            (
                "connections",
                "Open connections of clients.",
                gauges.connections,
            ),
        ] {
            page.family(name, "gauge", help);
            page.sample(name, &[], value);
        }
        page.family("build_info", "gauge", "The version that runs.");
        page.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.0
    }
}

/// The text of a scrape.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.0,
            "# HELP ollamactl_gateway_{name} {help}\n# TYPE ollamactl_gateway_{name} {kind}"
        );
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let _ = write!(self.0, "ollamactl_gateway_{name}");
        for (index, (label, text)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(
            self.0,
            "{} {value}",
            if labels.is_empty() { "" } else { "}" }
        );
    }

    fn histograms(&mut self, name: &str, help: &str, all: &BTreeMap<Label, Histogram>) {
        self.family(name, "histogram", help);
        for (model, histogram) in all {
            let bucket = format!("{name}_bucket");
            for (bound, count) in BOUNDS.iter().zip(histogram.buckets) {
                self.sample(
                    &bucket,
                    &[("model", model), ("le", &bound.to_string())],
                    count,
                );
            }
            self.sample(
                &bucket,
                &[("model", model), ("le", "+Inf")],
                histogram.count,
            );
            self.sample(&format!("{name}_sum"), &[("model", model)], histogram.sum);
            self.sample(
                &format!("{name}_count"),
                &[("model", model)],
                histogram.count,
            );
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::super::End;
    use super::super::usage::Usage;
    use super::*;

    fn noted(model: Option<&str>, status: u16) -> Noted<'_> {
        Noted {
            id: "",
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 5)),
            method: "POST",
            path: "/api/chat",
            status,
            took: Duration::from_millis(200),
            first: Some(Duration::from_millis(3)),
            received: 0,
            sent: 0,
            model,
            usage: Some(Usage {
                prompt: 2,
                completion: 3,
            }),
            end: End::Whole,
        }
    }

    const IDLE: Gauges = Gauges {
        in_flight: 1,
        queued: 0,
        connections: 2,
    };

    #[test]
    fn requests_tokens_and_times_are_told_by_model() {
        let metrics = Metrics::default();
        metrics.note(&noted(Some("Tiny:latest"), 200));
        metrics.note(&noted(Some("tiny"), 404));
        metrics.note(&noted(None, 200));
        let text = metrics.render(IDLE);
        for line in [
            "ollamactl_gateway_requests_total{model=\"tiny\",status=\"200\"} 1",
            "ollamactl_gateway_requests_total{model=\"tiny\",status=\"404\"} 1",
            "ollamactl_gateway_requests_total{model=\"\",status=\"200\"} 1",
            "ollamactl_gateway_tokens_total{kind=\"completion\",model=\"tiny\"} 6",
            "ollamactl_gateway_request_duration_seconds_bucket{model=\"tiny\",le=\"0.1\"} 0",
            "ollamactl_gateway_request_duration_seconds_bucket{model=\"tiny\",le=\"0.25\"} 2",
            "ollamactl_gateway_request_duration_seconds_bucket{model=\"tiny\",le=\"+Inf\"} 2",
            "ollamactl_gateway_request_duration_seconds_sum{model=\"tiny\"} 0.4",
            "ollamactl_gateway_requests_in_flight 1",
            "ollamactl_gateway_connections 2",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn names_that_are_made_up_make_no_series() {
        let metrics = Metrics::default();
        metrics.note(&noted(Some("there"), 200));
        let series = |metrics: &Metrics| metrics.render(IDLE).lines().count();
        metrics.note(&noted(Some("made-up-0"), 404));
        let before = series(&metrics);
        for number in 0..200 {
            metrics.note(&noted(Some(&format!("made-up-{number}\"\n")), 404));
        }
        assert_eq!(series(&metrics), before);
        for number in 0..200 {
            metrics.note(&noted(Some(&format!("model-{number}")), 200));
        }
        assert_eq!(metrics.counts().models.len(), MOST_MODELS);
    }
}
