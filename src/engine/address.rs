//! An engine's address as a person writes it: `unix:///PATH`, `tcp://HOST:PORT`, `ssh://[USER@]HOST` or
//! `npipe:////./pipe/NAME`. What the docker CLI accepts means the same here; what it makes a strange host
//! of, such as a path without a scheme, is refused with the address that was probably meant.

use std::path::Path;

use super::ssh;

/// The socket of an engine that runs as a system service.
pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// What is wrong with an address, and the one to write instead where that can be guessed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub why: String,
    pub rather: Option<String>,
}

impl Malformed {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            rather: None,
        }
    }

    fn rather(self, address: impl Into<String>) -> Self {
        Self {
            rather: Some(address.into()),
            ..self
        }
    }
}

/// The address with its scheme. A bare `host:port` is TCP, and a scheme alone means this machine, as to the
/// docker CLI.
pub(super) fn normalised(text: &str) -> Result<String, Malformed> {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else {
        return without_scheme(text);
    };
    match scheme {
        "unix" if rest.is_empty() => Ok(format!("unix://{DEFAULT_SOCKET}")),
        "tcp" | "http" | "https" => tcp(rest),
        "ssh" => match ssh::Destination::parse(rest) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(Malformed::new(
                "it is not of the form ssh://[user@]host[:port][/path]",
            )),
        },
        "npipe" if rest.is_empty() => {
            Err(Malformed::new("it names no pipe").rather("npipe:////./pipe/docker_engine"))
        }
        "unix" | "npipe" => Ok(text.to_owned()),
        _ => Err(Malformed::new(format!(
            "the scheme {scheme:?} is not known; unix, tcp, ssh and npipe are"
        ))),
    }
}

fn without_scheme(text: &str) -> Result<String, Malformed> {
    for scheme in ["unix", "tcp", "ssh", "npipe"] {
        let Some(rest) = text.strip_prefix(scheme).and_then(|t| t.strip_prefix(':')) else {
            continue;
        };
        // `unix:` is never a host; `ssh:22` might be one.
        if rest.starts_with('/') || scheme == "unix" {
            let rest = rest.trim_start_matches('/');
            let root = if scheme == "unix" { "/" } else { "" };
            return Err(Malformed::new(format!("after {scheme}: stands no \"//\""))
                .rather(format!("{scheme}://{root}{rest}")));
        }
    }
    let socket = Path::new(text).extension().is_some_and(|ext| ext == "sock");
    if socket || text.starts_with(['/', '.', '~']) {
        let wrong = Malformed::new("a path needs the scheme unix:// before it");
        return Err(if text.starts_with('/') {
            wrong.rather(format!("unix://{text}"))
        } else {
            wrong.rather("unix:///ABSOLUTE/PATH.sock")
        });
    }
    tcp(text)
}

/// `host[:port]`; a host that is left out is this machine.
fn tcp(rest: &str) -> Result<String, Malformed> {
    if rest.contains('@') {
        return Err(Malformed::new(
            "a user name or a password is no part of it: engines know their users by certificates",
        ));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(Malformed::new(format!(
            "a path, as in /{path}, is not supported after an engine's host"
        ))
        .rather(format!("tcp://{authority}")));
    }
    let port = match authority.rsplit_once(':') {
        // What ends with a bracket are the colons within an IPv6 address.
        Some((_, port)) if !port.ends_with(']') => Some(port),
        _ => None,
    };
    if let Some(port) = port
        && !port.parse::<u16>().is_ok_and(|port| port > 0)
    {
        return Err(Malformed::new(format!(
            "{port:?} is not a port from 1 to 65535"
        )));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Ok(format!("tcp://localhost{authority}"));
    }
    if authority.contains(char::is_whitespace) {
        return Err(Malformed::new("there is a space in it"));
    }
    Ok(format!("tcp://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_docker_cli_accepts_means_the_same() {
        for (text, address) in [
            ("unix:///x.sock", "unix:///x.sock"),
            (" unix:///x.sock ", "unix:///x.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            ("10.0.0.1:2375", "tcp://10.0.0.1:2375"),
            ("lab", "tcp://lab"),
            ("tcp://lab:2375/", "tcp://lab:2375"),
            ("tcp://", "tcp://localhost"),
            (":2375", "tcp://localhost:2375"),
            ("tcp://[::1]", "tcp://[::1]"),
            ("tcp://[::1]:2375", "tcp://[::1]:2375"),
            ("ssh://me@lab:22", "ssh://me@lab:22"),
            ("npipe:////./pipe/x", "npipe:////./pipe/x"),
        ] {
            assert_eq!(normalised(text).as_deref(), Ok(address), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_one_that_was_meant() {
        for (text, why, rather) in [
            (
                "/var/run/docker.sock",
                "scheme unix://",
                Some("unix:///var/run/docker.sock"),
            ),
            (
                "./docker.sock",
                "scheme unix://",
                Some("unix:///ABSOLUTE/PATH.sock"),
            ),
            (
                "run/docker.sock",
                "scheme unix://",
                Some("unix:///ABSOLUTE/PATH.sock"),
            ),
            ("unix:/x", "\"//\"", Some("unix:///x")),
            ("unix:x", "\"//\"", Some("unix:///x")),
            ("tcp:/lab:2375", "\"//\"", Some("tcp://lab:2375")),
            ("foo://", "\"foo\" is not known", None),
            ("fd://3", "\"fd\" is not known", None),
            ("lab:notaport", "\"notaport\" is not a port", None),
            ("tcp://lab:99999", "\"99999\" is not a port", None),
            ("tcp://lab:0", "\"0\" is not a port", None),
            ("tcp://lab:", "\"\" is not a port", None),
            ("tcp://lab:2375/base", "/base", Some("tcp://lab:2375")),
            ("ssh://", "ssh://[user@]host", None),
            ("ssh://lab:y", "ssh://[user@]host", None),
            ("two words", "space", None),
        ] {
            let wrong = normalised(text).expect_err(text);
            assert!(wrong.why.contains(why), "{text:?}: {wrong:?}");
            assert_eq!(wrong.rather.as_deref(), rather, "{text:?}");
        }
    }
}
