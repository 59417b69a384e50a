//! Which of the places that name a setting of the embedded gateway counts.

use std::time::Duration;

use super::embedded::{AccessLog, Embedded, Secret, access_log, origins};
use super::file::File;
use super::flags::Flags;
use super::places::Places;
use super::{Setting, parse_duration};
use crate::error::Result;
use crate::units;

/// Each setting from the place that counts.
pub(super) fn resolve(flags: &Flags, places: &Places) -> Result<Embedded> {
    Ok(Embedded {
        key: places.read("OLLAMACTL_GATEWAY_KEY", |_| None, key, None)?,
        key_file: places
            .path(
                "--key-file",
                flags.key_file.as_ref(),
                "OLLAMACTL_GATEWAY_KEY_FILE",
                |file| file.gateway.key_file.as_ref(),
            )
            .map_or_else(
                || Setting::default(None),
                |found| Setting {
                    value: Some(found.value),
                    source: found.source,
                },
            ),
        cors_origins: places.read(
            "OLLAMACTL_GATEWAY_CORS_ORIGINS",
            |file| Some(file.gateway.cors_origins.as_ref()?.join(",")),
            origins,
            Vec::new(),
        )?,
        access_log: places.read(
            "OLLAMACTL_GATEWAY_ACCESS_LOG",
            |file| file.gateway.access_log.clone(),
            access_log,
            AccessLog::Line,
        )?,
        max_connections: places.read(
            "OLLAMACTL_GATEWAY_MAX_CONNECTIONS",
            |file| file.gateway.max_connections.clone(),
            positive,
            1024,
        )?,
        max_requests: places.read(
            "OLLAMACTL_GATEWAY_MAX_REQUESTS",
            |file| file.gateway.max_requests.clone(),
            positive,
            256,
        )?,
        max_queue: places.read(
            "OLLAMACTL_GATEWAY_MAX_QUEUE",
            |file| file.gateway.max_queue.clone(),
            |text| text.parse().map_err(|_| "write a number".to_owned()),
            256,
        )?,
        max_body: places.read(
            "OLLAMACTL_GATEWAY_MAX_BODY",
            |file| file.gateway.max_body.clone(),
            |text| units::parse_bytes(text).ok_or_else(|| "write a size: 64MiB".to_owned()),
            64 * 1024 * 1024,
        )?,
        queue_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_QUEUE_TIMEOUT",
            |file| file.gateway.queue_timeout.clone(),
            Duration::from_secs(30),
        )?,
        idle_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_IDLE_TIMEOUT",
            |file| file.gateway.idle_timeout.clone(),
            Duration::from_mins(10),
        )?,
        drain_timeout: time(
            places,
            "OLLAMACTL_GATEWAY_DRAIN_TIMEOUT",
            |file| file.gateway.drain_timeout.clone(),
            Duration::from_secs(5),
        )?,
    })
}

fn time(
    places: &Places,
    variable: &'static str,
    in_file: impl Fn(&File) -> Option<String>,
    default: Duration,
) -> Result<Setting<Duration>> {
    let read = |text: &str| {
        parse_duration(text).ok_or_else(|| "write a time: 30, 30s, 2m or 500ms".to_owned())
    };
    places.read(variable, in_file, read, default)
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("write a number from 1".to_owned()),
    }
}

// The signature that `Places::read` asks for.
#[allow(clippy::unnecessary_wraps, reason = "any text may be a key")]
fn key(text: &str) -> Result<Option<Secret>, String> {
    Ok(Some(Secret::new(text)))
}
