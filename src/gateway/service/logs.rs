//! What containers print: of one service or several, to the end or for as long as they live, across
//! restarts and replacements.

use std::time::Duration;

use chrono::DateTime;
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Target;
use super::observe::{self, Found};
use crate::compose::Project;
use crate::engine::{Engine, LogLine, LogQuery};
use crate::error::{Error, Kind, Result};

/// What the engine says of a logging driver that it only writes to.
const NOT_KEPT: &str = "configured logging driver does not support reading";

/// Pauses between two looks for the successor of a container that ended.
const LOOK: Duration = Duration::from_millis(200);

/// A line, and which container printed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The container as compose calls it in logs: its name without the project's.
    pub source: String,
    /// The line.
    pub line: LogLine,
}

/// The containers whose output is asked for, service by service as they were named.
#[derive(Debug, Clone)]
pub struct Sources(Vec<Found>);

impl Sources {
    /// Finds the containers of these services; none named: the gateway's.
    pub async fn find(engine: &Engine, target: &Target<'_>, services: &[String]) -> Result<Self> {
        let gateway = [target.service.to_owned()];
        let services = if services.is_empty() {
            &gateway[..]
        } else {
            services
        };
        for service in services {
            target.project.service(service)?;
        }
        let all = observe::containers(engine, target.project).await?;
        let mut found = Vec::new();
        for service in services {
            let of_it = all
                .iter()
                .filter(|one| !one.oneoff && one.service == *service);
            let before = found.len();
            found.extend(of_it.cloned());
            if found.len() == before {
                return Err(Error::new(
                    Kind::Unhealthy,
                    format!("service {service} has no container"),
                )
                .hint("ollamactl gateway up"));
            }
        }
        Ok(Self(found))
    }

    /// Their names, without the project's.
    pub fn names(&self, project: &Project) -> Vec<String> {
        self.0.iter().map(|found| short(project, found)).collect()
    }
}

/// A name that the file gives is shown whole.
fn short(project: &Project, found: &Found) -> String {
    let without = project.joined(&[&found.service, &found.number.to_string()]);
    if found.name == project.joined(&[&project.name, &without]) {
        without
    } else {
        found.name.clone()
    }
}

/// Hands on what the containers print, each line as it comes, until `show` returns `false`. With
/// `follow`, a container that ended is watched for its next start or its successor. One whose output the
/// engine does not keep (`logging.driver: none`) is warned of, as compose does.
pub async fn logs(
    engine: &Engine,
    project: &Project,
    sources: &Sources,
    query: LogQuery,
    show: impl Fn(Said) -> Result<bool>,
    warn: impl Fn(String),
) -> Result<()> {
    let enough = CancellationToken::new();
    let each = sources.0.iter().map(|found| {
        let reader = Reader {
            engine,
            project,
            query,
            show: &show,
            warn: &warn,
            enough: &enough,
        };
        reader.read(found.clone())
    });
    tokio::select! {
        read = try_join_all(each) => read.map(drop),
        () = enough.cancelled() => Ok(()),
    }
}

/// Reads one container, and whatever takes its place.
struct Reader<'a, S, W> {
    engine: &'a Engine,
    project: &'a Project,
    query: LogQuery,
    show: &'a S,
    warn: &'a W,
    enough: &'a CancellationToken,
}

impl<S: Fn(Said) -> Result<bool>, W: Fn(String)> Reader<'_, S, W> {
    async fn read(self, mut found: Found) -> Result<()> {
        let mut query = self.query;
        // The time of the last line tells, after a restart, which lines were shown already.
        query.timestamps |= query.follow;
        let mut last = String::new();
        loop {
            self.to_its_end(&found, query, &last.clone(), &mut last)
                .await?;
            if !self.query.follow {
                return Ok(());
            }
            let next = self.next(&found).await?;
            if next.id != found.id {
                last.clear();
            }
            query.tail = None;
            query.since = DateTime::parse_from_rfc3339(&last)
                .map(|last| last.to_utc())
                .ok();
            found = next;
        }
    }

    /// Shows what the container prints after `before`, and keeps the time of the `last` line.
    async fn to_its_end(
        &self,
        found: &Found,
        query: LogQuery,
        before: &str,
        last: &mut String,
    ) -> Result<()> {
        let mut lines = std::pin::pin!(self.engine.logs(&found.id, query));
        while let Some(line) = lines.next().await {
            let line = match line {
                Err(error) if error.message.ends_with(NOT_KEPT) => {
                    (self.warn)(format!(
                        "what {} prints is not kept: {NOT_KEPT}",
                        found.name
                    ));
                    return Ok(());
                }
                line => line?,
            };
            let Some(line) = self.news(line, before, last) else {
                continue;
            };
            let said = Said {
                source: short(self.project, found),
                line,
            };
            if !(self.show)(said)? {
                self.enough.cancel();
            }
        }
        Ok(())
    }

    /// The line as it was asked for, unless it was shown `before`. The two streams may come out of order.
    fn news(&self, line: LogLine, before: &str, last: &mut String) -> Option<LogLine> {
        if !self.query.follow {
            return Some(line);
        }
        let (time, text) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        if time <= before {
            return None;
        }
        if time > last.as_str() {
            time.clone_into(last);
        }
        let text = if self.query.timestamps {
            line.text.clone()
        } else {
            text.to_owned()
        };
        Some(LogLine {
            stderr: line.stderr,
            text,
        })
    }

    /// The service's container of the same number, once it runs (again).
    async fn next(&self, ended: &Found) -> Result<Found> {
        loop {
            let all = observe::containers(self.engine, self.project).await?;
            let next = all.into_iter().find(|found| {
                found.service == ended.service
                    && found.number == ended.number
                    && found.state.is_active()
                    && !found.oneoff
            });
            match next {
                Some(found) => return Ok(found),
                None => sleep(LOOK).await,
            }
        }
    }
}
