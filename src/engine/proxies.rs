//! The proxies by which containers and builds reach the network, where the user's `config.json` names some
//! (`proxies`): as docker's and compose's command lines do, they become variables.

use serde::Deserialize;

/// Addresses of proxies; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Proxies {
    #[serde(rename = "httpProxy")]
    http: String,
    #[serde(rename = "httpsProxy")]
    https: String,
    /// Hosts that are asked directly, with commas between them.
    #[serde(rename = "noProxy")]
    exempt: String,
    #[serde(rename = "ftpProxy")]
    ftp: String,
    #[serde(rename = "allProxy")]
    all: String,
}

impl Proxies {
    /// The arguments of a build: all but that for all protocols, in capitals.
    pub fn of_builds(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("HTTP_PROXY", &self.http),
            ("HTTPS_PROXY", &self.https),
            ("NO_PROXY", &self.exempt),
            ("FTP_PROXY", &self.ftp),
        ];
        named(all)
    }

    /// The variables of a container, each in both spellings.
    pub fn of_containers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let small = [
            ("http_proxy", &self.http),
            ("https_proxy", &self.https),
            ("no_proxy", &self.exempt),
            ("ftp_proxy", &self.ftp),
            ("all_proxy", &self.all),
        ];
        let all = named([("ALL_PROXY", &self.all)]);
        self.of_builds().chain(all).chain(named(small))
    }
}

fn named<'a, const N: usize>(
    variables: [(&'static str, &'a String); N],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let variables = variables.into_iter();
    variables
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.as_str()))
}
