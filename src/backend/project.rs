//! The backends of one project: that at its address, and those that an `up --host` of it started elsewhere.

use super::record::{PREFIX, Record, slot};
use crate::config::Config;
use crate::daemon;
use crate::error::Result;
use crate::ollama::OllamaHost;
use crate::paths::Paths;
use crate::process::{self, commands};

/// What ending the backend is about.
#[derive(Debug)]
pub struct OfProject {
    /// Where they are that are meant: the project's address first, whether anything is there or not.
    pub meant: Vec<OllamaHost>,
    /// Those that live and are not meant, since an address was named.
    pub others: Vec<Record>,
}

/// The backends of this project. An address that is named for this one call stands for itself alone.
pub async fn of_project(config: &Config, paths: &Paths) -> Result<OfProject> {
    let host = config.client_host();
    slot(paths, &host)
        .until_recorded(&format!("the backend on {host}"))
        .await
        .map_err(|error| error.hint(format!("end it: {}", end_start(&host))))?;
    let mut found = OfProject {
        meant: vec![host.clone()],
        others: Vec::new(),
    };
    daemon::settle(paths, PREFIX, "a backend").await;
    let there = recorded_elsewhere(config, paths);
    if config.backend.host.source.is_of_this_call() {
        found.others.extend(there.filter(Record::is_alive));
    } else {
        let hosts = there.map(|record| record.launch.host().for_client());
        found.meant.extend(hosts);
    }
    Ok(found)
}

/// The backends of this project that live at other addresses than its own.
pub fn elsewhere(config: &Config, paths: &Paths) -> Vec<Record> {
    let there = recorded_elsewhere(config, paths);
    there.filter(Record::is_alive).collect()
}

/// What is written down of this project's backends at other addresses, alive or not.
fn recorded_elsewhere(config: &Config, paths: &Paths) -> impl Iterator<Item = Record> {
    let place = config.client_host().place();
    let records = daemon::recorded::<Record>(paths, PREFIX).into_iter();
    let records = records.filter(move |record| {
        let there = record.launch.host().for_client();
        record.launch.folder == config.folder && there.place() != place
    });
    // Looks at all processes where a start was cut short, so only for what is this project's.
    records.map(Record::resolved)
}

/// What ends a start that has written nothing down.
fn end_start(host: &OllamaHost) -> String {
    let bound = host.authority();
    let starts = |process: &process::Info| {
        let mut words = process.args.windows(3);
        process.is_ollamactl() && words.any(|words| words == ["supervise", "backend", &bound])
    };
    let start = process::scan().into_iter().find(starts);
    start.map_or_else(
        || "ollamactl kill".to_owned(),
        |start| commands::kill(start.pid, start.uid),
    )
}
