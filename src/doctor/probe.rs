//! What is seen of the backend from inside the gateway's network. This part runs there, as
//! `ollamactl probe URL MODEL`, and prints what it found as one line of JSON.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::ollama::{ModelName, NoAnswer, fetch, host, listed};

/// How long a name may take. Names of containers are answered at once; one that is unknown goes on to
/// the name servers of the machine.
const RESOLVE: Duration = Duration::from_secs(3);
/// How long a connection to the same machine may take before packets count as dropped.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take that costs Ollama nothing.
const ANSWER: Duration = Duration::from_secs(5);
/// All of it, with a margin for a machine that is busy.
pub(super) const ALTOGETHER: Duration = Duration::from_secs(30);

/// Addresses that are a base to which a client adds paths.
const BASES: [&str; 3] = ["", "/api", "/v1"];
/// Endpoints that a service may have as its whole address.
const ENDPOINTS: [&str; 9] = [
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
    "/api/tags",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/models",
];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "found")]
pub enum Finding {
    /// Ollama answers, has the model, and offers the path.
    Answers {
        /// Ollama's version.
        version: String,
    },
    /// The address is no URL.
    BadUrl {
        /// Why.
        error: String,
    },
    /// Nobody knows the name.
    NotResolved {
        /// The name.
        host: String,
    },
    /// Nobody listens there.
    Refused,
    /// Packets to the address get lost: a firewall drops them.
    TimedOut,
    /// Packets to the address are sent back: by a firewall, or because there is no such machine.
    Rejected,
    /// There is no way to the address.
    Unreachable {
        /// The system's words.
        error: String,
    },
    /// The connection is taken, and closed without an answer.
    Closed,
    /// The connection is taken, and nothing is answered.
    Silent,
    /// Ollama's guard refuses the name by which it is called.
    HostRefused,
    /// Something in between refuses.
    Forbidden {
        /// What it says.
        said: String,
    },
    /// Something in between wants to know who asks.
    AsksWho {
        /// What it says.
        said: String,
    },
    /// A proxy answers that its backend does not.
    NoBackend {
        /// What it says.
        said: String,
    },
    /// Something answers that is not Ollama.
    NotOllama {
        /// What it says.
        said: String,
    },
    /// Ollama answers, but not on this path.
    WrongPath {
        /// The path.
        path: String,
    },
    /// Ollama answers, but lacks the model.
    NoModel {
        /// What it has.
        models: Vec<String>,
    },
}

/// What was found, and between which addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The address from which it was asked.
    pub from: Option<IpAddr>,
    /// The address that the name led to.
    pub to: Option<SocketAddr>,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Reads an address of a service's settings. Without a scheme it is one of Ollama's own kind
/// (`host:port`). A password in it is dropped: nothing here shows or sends it.
pub fn address(text: &str) -> Result<Url, String> {
    let whole = if text.contains("://") {
        text.trim().to_owned()
    } else {
        host::parse(text).url()
    };
    let mut url = Url::parse(&whole).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("{} is not http", url.scheme()));
    }
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The arguments of a call as `ollamactl probe URL MODEL`.
pub fn called(args: &[OsString]) -> Option<(String, String)> {
    let words: Vec<&str> = args
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .collect();
    match words[..] {
        ["probe", url, model] => Some((url.to_owned(), model.to_owned())),
        _ => None,
    }
}

/// Asks at this address for this model.
pub async fn ask(url: &str, model: &str) -> Report {
    let mut report = Report {
        from: None,
        to: None,
        finding: Finding::Closed,
    };
    let url = match address(url) {
        Ok(url) => url,
        Err(error) => {
            report.finding = Finding::BadUrl { error };
            return report;
        }
    };
    report.finding = match connect(&url, &mut report).await {
        Err(finding) => finding,
        Ok(()) => match answers(&url, model).await {
            Ok(version) => Finding::Answers { version },
            Err(finding) => finding,
        },
    };
    report
}

/// Resolves the name and connects once, to tell apart what HTTP would report as one failure.
async fn connect(url: &Url, report: &mut Report) -> Result<(), Finding> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(80);
    let found = timeout(RESOLVE, lookup_host((bare, port))).await;
    let Ok(Ok(found)) = found else {
        return Err(Finding::NotResolved {
            host: bare.to_owned(),
        });
    };
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    let mut last = Finding::NotResolved {
        host: bare.to_owned(),
    };
    for address in found {
        (report.to, report.from) = (Some(address), source_towards(address));
        last = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => unconnected(&error),
            Err(_) => Finding::TimedOut,
        };
    }
    Err(last)
}

fn unconnected(error: &std::io::Error) -> Finding {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Finding::Refused,
        std::io::ErrorKind::TimedOut => Finding::TimedOut,
        std::io::ErrorKind::HostUnreachable => Finding::Rejected,
        _ => Finding::Unreachable {
            error: error.to_string(),
        },
    }
}

/// The address from which packets to `address` would leave. A datagram socket sends nothing by this.
fn source_towards(address: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Ollama's version, if all is well.
async fn answers(url: &Url, model: &str) -> Result<String, Finding> {
    #[derive(Deserialize)]
    struct Version {
        version: String,
    }
    let text = get(url, "/api/version").await?;
    let version = serde_json::from_str::<Version>(&text).map_err(|_| Finding::NotOllama {
        said: first_line(&text),
    })?;
    offers_path(url).await?;
    has_model(url, model).await?;
    Ok(version.version)
}

/// The body of a GET at this path of the address's server.
async fn get(url: &Url, path: &str) -> Result<String, Finding> {
    let (status, text) = fetch_at(url, path).await?;
    let said = || format!("HTTP {status} {}", first_line(&text));
    match status {
        200..300 => Ok(text),
        // Ollama's guard says nothing; everybody else says why.
        403 if text.trim().is_empty() => Err(Finding::HostRefused),
        401 | 407 => Err(Finding::AsksWho { said: said() }),
        403 => Err(Finding::Forbidden { said: said() }),
        502..=504 => Err(Finding::NoBackend { said: said() }),
        _ => Err(Finding::NotOllama { said: said() }),
    }
}

async fn fetch_at(url: &Url, path: &str) -> Result<(u16, String), Finding> {
    let mut at = url.clone();
    at.set_path(path);
    fetch(at.as_str(), ANSWER)
        .await
        .map_err(|NoAnswer { late, .. }| {
            if late {
                Finding::Silent
            } else {
                Finding::Closed
            }
        })
}

async fn offers_path(url: &Url) -> Result<(), Finding> {
    let path = url.path().trim_end_matches('/');
    if BASES.contains(&path) || ENDPOINTS.contains(&path) {
        return Ok(());
    }
    match fetch_at(url, path).await? {
        (403 | 404, _) => Err(Finding::WrongPath {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

async fn has_model(url: &Url, model: &str) -> Result<(), Finding> {
    let text = get(url, "/api/tags").await?;
    let Ok(models) = listed(text.as_bytes()) else {
        return Err(Finding::NotOllama {
            said: first_line(&text),
        });
    };
    match model.parse::<ModelName>() {
        Ok(wanted) if !models.iter().any(|model| wanted.means(model)) => {
            Err(Finding::NoModel { models })
        }
        _ => Ok(()),
    }
}

/// Enough of an answer to know it again.
fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services_are_read_in_all_spellings() {
        let shown = |text: &str| address(text).map(String::from);
        assert_eq!(
            shown("http://host.docker.internal:11434/api/generate"),
            Ok("http://host.docker.internal:11434/api/generate".to_owned())
        );
        assert_eq!(shown("ollama:11434"), Ok("http://ollama:11434/".to_owned()));
        assert_eq!(shown("ollama"), Ok("http://ollama:11434/".to_owned()));
        assert_eq!(
            shown("https://me:secret@ollama.example/v1?key=secret"),
            Ok("https://ollama.example/v1".to_owned())
        );
        assert!(shown("unix:///run/x").is_err());
        assert!(shown("http://").is_err());
    }

    #[test]
    fn a_report_survives_its_way_out_of_the_container() {
        let report = Report {
            from: Some(IpAddr::from([172, 18, 0, 2])),
            to: Some(SocketAddr::from(([172, 17, 0, 1], 11434))),
            finding: Finding::TimedOut,
        };
        let line = serde_json::to_string(&report).expect("JSON");
        assert!(line.contains(r#""found":"timed_out""#), "{line}");
        assert_eq!(serde_json::from_str::<Report>(&line).ok(), Some(report));
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_told_from_a_name_that_nobody_knows() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let report = ask(&format!("http://{address}"), "tiny").await;
        assert_eq!(report.finding, Finding::Refused);
        assert_eq!(report.from, Some(IpAddr::from([127, 0, 0, 1])));
        let report = ask("http://no.such.name.invalid:1", "tiny").await;
        assert!(matches!(report.finding, Finding::NotResolved { .. }));
    }
}
