//! The first line of a start: everything that Ollama reads from its environment, as it understood it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Options, Version};

/// How a variable is repeated.
#[derive(Clone, Copy)]
enum Kind {
    /// As it is, or this.
    Text(&'static str),
    /// As a truth value; this where it is not set.
    Switch(bool),
}

use Kind::{Switch, Text};

/// The variables of both versions, except for what [`line()`] adds.
const SHARED: [(&str, Kind); 33] = [
    ("CUDA_VISIBLE_DEVICES", Text("")),
    ("GGML_VK_VISIBLE_DEVICES", Text("")),
    ("GPU_DEVICE_ORDINAL", Text("")),
    ("HIP_VISIBLE_DEVICES", Text("")),
    ("HSA_OVERRIDE_GFX_VERSION", Text("")),
    ("HTTPS_PROXY", Text("")),
    ("HTTP_PROXY", Text("")),
    ("NO_PROXY", Text("")),
    ("OLLAMA_CONTEXT_LENGTH", Text("0")),
    ("OLLAMA_DEBUG", Text("INFO")),
    ("OLLAMA_DEBUG_LOG_REQUESTS", Switch(false)),
    ("OLLAMA_EDITOR", Text("")),
    ("OLLAMA_FLASH_ATTENTION", Switch(false)),
    ("OLLAMA_GPU_OVERHEAD", Text("0")),
    ("OLLAMA_KV_CACHE_TYPE", Text("")),
    ("OLLAMA_LLM_LIBRARY", Text("")),
    ("OLLAMA_MAX_LOADED_MODELS", Text("0")),
    ("OLLAMA_MAX_TRANSFER_STREAMS", Text("4")),
    ("OLLAMA_NOHISTORY", Switch(false)),
    ("OLLAMA_NOPRUNE", Switch(false)),
    ("OLLAMA_NO_CLOUD", Switch(false)),
    ("OLLAMA_NUM_PARALLEL", Text("1")),
    ("OLLAMA_SCHED_SPREAD", Switch(false)),
    ("ROCR_VISIBLE_DEVICES", Text("")),
    ("http_proxy", Text("")),
    ("https_proxy", Text("")),
    ("no_proxy", Text("")),
    // Made from the settings.
    ("OLLAMA_HOST", Text("")),
    ("OLLAMA_KEEP_ALIVE", Text("")),
    ("OLLAMA_LOAD_TIMEOUT", Text("")),
    ("OLLAMA_MAX_QUEUE", Text("")),
    ("OLLAMA_MODELS", Text("")),
    ("OLLAMA_ORIGINS", Text("")),
];

const OLDER: [(&str, Kind); 3] = [
    ("OLLAMA_MULTIUSER_CACHE", Switch(false)),
    ("OLLAMA_NEW_ENGINE", Switch(false)),
    ("OLLAMA_VULKAN", Switch(false)),
];

const NEWER: [(&str, Kind); 5] = [
    ("LLAMA_ARG_FIT", Text("")),
    ("LLAMA_ARG_FIT_TARGET", Text("")),
    ("OLLAMA_GO_TEMPLATE", Switch(true)),
    ("OLLAMA_IGPU_ENABLE", Text("")),
    ("OLLAMA_VULKAN", Switch(true)),
];

const ORIGINS: &str = "http://localhost https://localhost http://localhost:* https://localhost:* \
    http://127.0.0.1 https://127.0.0.1 http://127.0.0.1:* https://127.0.0.1:* \
    http://0.0.0.0 https://0.0.0.0 http://0.0.0.0:* https://0.0.0.0:* \
    app://* file://* tauri://* vscode-webview://* vscode-file://*";

/// The variables of this version that are set.
pub(super) fn read(
    version: Version,
    lookup: impl Fn(&str) -> Option<String>,
) -> BTreeMap<&'static str, String> {
    let variables = variables(version).map(|(name, _)| name);
    variables
        .filter_map(|name| Some((name, lookup(name)?)))
        .collect()
}

fn variables(version: Version) -> impl Iterator<Item = (&'static str, Kind)> {
    let own = version.pick(&OLDER[..], &NEWER[..]);
    SHARED.iter().chain(own).copied()
}

/// All variables with their values, as Go prints a map.
pub(super) fn line(options: &Options) -> String {
    let settings = &options.settings;
    let mut values: BTreeMap<&str, String> = variables(settings.version)
        .map(|(name, kind)| (name, shown(kind, settings.environment.get(name))))
        .collect();
    let mut origins = settings.origins.clone();
    origins.push(ORIGINS.to_owned());
    values.extend([
        ("OLLAMA_HOST", format!("http://{}", options.listen)),
        ("OLLAMA_KEEP_ALIVE", go_duration(settings.keep_alive.time())),
        ("OLLAMA_LOAD_TIMEOUT", go_duration(settings.load_timeout)),
        ("OLLAMA_MAX_QUEUE", settings.max_queue.to_string()),
        ("OLLAMA_MODELS", options.models.display().to_string()),
        ("OLLAMA_ORIGINS", format!("[{}]", origins.join(" "))),
        ("OLLAMA_REMOTES", "[ollama.com]".to_owned()),
    ]);
    let values = values.iter().map(|(name, value)| format!("{name}:{value}"));
    format!("map[{}]", values.collect::<Vec<_>>().join(" "))
}

fn shown(kind: Kind, value: Option<&String>) -> String {
    let value = value.map(|value| value.trim().trim_matches(['"', '\'']));
    match (kind, value.filter(|value| !value.is_empty())) {
        (Text(default), None) => default.to_owned(),
        (Switch(default), None) => default.to_string(),
        (Switch(_), Some(value)) => (!is_off(value)).to_string(),
        (Text("INFO"), Some(value)) if is_off(value) => "INFO".to_owned(),
        (Text("INFO"), Some("2")) => "DEBUG-4".to_owned(),
        (Text("INFO"), Some(_)) => "DEBUG".to_owned(),
        // A proxy's password stays out of the log.
        (Text(_), Some(value)) => match value.split_once('@') {
            Some((_, rest)) => format!("…@{rest}"),
            None => value.to_owned(),
        },
    }
}

/// A duration as Go prints it: `5m0s`, `1.5s`.
fn go_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = format!("{:09}", time.subsec_nanos());
    let rest = match fraction.trim_end_matches('0') {
        "" => format!("{rest}s"),
        digits => format!("{rest}.{digits}s"),
    };
    match (hours, minutes) {
        (0, 0) => rest,
        (0, minutes) => format!("{minutes}m{rest}"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
    }
}

/// Whether a switch's value turns it off.
pub(super) fn is_off(value: &str) -> bool {
    matches!(value, "" | "0" | "f" | "F" | "false" | "FALSE" | "False")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (time, text) in [
            (Duration::from_mins(5), "5m0s"),
            (Duration::from_secs(4), "4s"),
            (Duration::from_millis(1500), "1.5s"),
            (
                Duration::from_nanos(i64::MAX.unsigned_abs()),
                "2562047h47m16.854775807s",
            ),
        ] {
            assert_eq!(go_duration(time), text);
        }
    }

    #[test]
    fn a_proxys_password_is_left_out() {
        let value = "http://me:secret@proxy:3128".to_owned();
        assert_eq!(shown(Text(""), Some(&value)), "…@proxy:3128");
    }
}
