//! The embedded gateways of one project: that at its address, and those that an `up --listen` of it started
//! elsewhere.

use std::net::SocketAddr;

use super::{PREFIX, Record, noun, slot};
use crate::config::Config;
use crate::daemon;
use crate::error::Result;
use crate::paths::Paths;
use crate::proxy::Upstream;

/// What ending the gateway is about.
#[derive(Debug, Default)]
pub struct OfProject {
    /// Where they are that are meant: the project's address first, whether anything is there or not.
    pub meant: Vec<SocketAddr>,
    /// Those that live and are not meant, since an address was named.
    pub others: Vec<Record>,
}

/// The gateways of this project. An address that is named for this one call stands for itself alone.
pub async fn of_project(config: &Config, paths: &Paths) -> Result<OfProject> {
    let listen = &config.gateway.listen;
    slot(paths, listen.value)
        .until_recorded(&noun(listen.value))
        .await?;
    let mut found = OfProject {
        meant: vec![listen.value],
        others: Vec::new(),
    };
    daemon::settle(paths, PREFIX, "an embedded gateway").await;
    let there = recorded_elsewhere(config, paths);
    if listen.source.is_of_this_call() {
        found.others.extend(there.filter(Record::is_alive));
    } else {
        found.meant.extend(there.map(|record| record.launch.listen));
    }
    Ok(found)
}

/// The gateways of this project that live at other addresses than its own.
pub fn elsewhere(config: &Config, paths: &Paths) -> Vec<Record> {
    let there = recorded_elsewhere(config, paths);
    there.filter(Record::is_alive).collect()
}

/// The gateways of other projects that live and pass on to this one's backend.
pub fn of_others(config: &Config, paths: &Paths) -> Vec<Record> {
    let upstream = Upstream::of(&config.client_host()).map(|upstream| upstream.to_string());
    let records = daemon::recorded::<Record>(paths, PREFIX).into_iter();
    let others = records.filter(|record| {
        record.folder != config.folder && Some(&record.launch.upstream) == upstream.as_ref()
    });
    others.filter(Record::is_alive).collect()
}

/// What is written down of this project's gateways at other addresses, alive or not.
fn recorded_elsewhere(config: &Config, paths: &Paths) -> impl Iterator<Item = Record> {
    let records = daemon::recorded::<Record>(paths, PREFIX).into_iter();
    records.filter(|record| {
        record.folder == config.folder && record.launch.listen != config.gateway.listen.value
    })
}
