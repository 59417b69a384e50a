//! Names of hosts. Each is looked up once, within a deadline, by whoever asks first: whether an address is
//! of this machine is asked in many places, and a name server that is gone would be waited for in each.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind};
use crate::wire;

/// How long a name server may take.
const AT_MOST: Duration = Duration::from_secs(3);
/// How long an answer, or that there was none, is remembered; `status --watch` and supervisors live long.
const REMEMBERED: Duration = Duration::from_mins(1);

type Outcome = Result<Vec<IpAddr>, Unresolved>;

static ANSWERS: LazyLock<Mutex<HashMap<String, (Instant, Outcome)>>> =
    LazyLock::new(Mutex::default);

/// A name without an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name {name} does not resolve: {cause}")]
pub struct Unresolved {
    name: String,
    cause: String,
}

impl Unresolved {
    /// A name that is known, but has no address.
    pub(super) fn without_address(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cause: "it has no address".to_owned(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        format!(
            "see: getent hosts {}; or name an address: OLLAMA_HOST=IP:PORT",
            self.name
        )
    }
}

impl From<Unresolved> for Error {
    fn from(unresolved: Unresolved) -> Self {
        let hint = unresolved.hint();
        Self::new(Kind::Unhealthy, unresolved.to_string()).hint(hint)
    }
}

/// The addresses of a name, IPv4 first, since Ollama binds that where a name has both. Blocks for
/// [`AT_MOST`], once.
pub(super) fn resolve(name: &str) -> Outcome {
    if let Ok(ip) = name.parse() {
        return Ok(vec![ip]);
    }
    // Held while it is looked up: whoever asks meanwhile gets the same answer.
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((when, outcome)) = answers.get(name)
        && when.elapsed() < REMEMBERED
    {
        return outcome.clone();
    }
    let outcome = look_up(name);
    answers.insert(name.to_owned(), (Instant::now(), outcome.clone()));
    outcome
}

/// The system's resolver knows no deadline of ours, so it is left behind where it takes longer.
fn look_up(name: &str) -> Outcome {
    let (sender, receiver) = mpsc::channel();
    let asked = name.to_owned();
    std::thread::spawn(move || {
        let found = (asked.as_str(), 0).to_socket_addrs();
        let _ = sender.send(found.map(|found| found.map(|address| address.ip()).collect()));
    });
    let unresolved = |cause: String| Unresolved {
        name: name.to_owned(),
        cause,
    };
    let found = receiver
        .recv_timeout(AT_MOST)
        .map_err(|_| unresolved(format!("no answer within {} s", AT_MOST.as_secs())))?;
    let mut found: Vec<IpAddr> = found.map_err(|error| unresolved(reason(&error)))?;
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}

/// The resolver's own words: `Name or service not known`.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.strip_prefix("failed to lookup address information: ");
    words.unwrap_or(&text).to_owned()
}

/// The same for HTTP, so that a client asks nobody again.
pub(super) struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::task::spawn_blocking(move || resolve(&name)).await??;
            let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// Why a request failed, where it was for a name without an address.
pub(super) fn cause(error: &reqwest::Error) -> Option<Unresolved> {
    wire::chain(error).find_map(|error| error.downcast_ref::<Unresolved>().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_name_and_a_name_that_is_none_says_so() {
        assert_eq!(resolve("::1"), Ok(vec!["::1".parse().expect("an address")]));
        let error = resolve("no such name").expect_err("no name");
        let text = error.to_string();
        assert!(
            text.starts_with("the name no such name does not resolve: "),
            "{text}"
        );
    }
}
