//! The proxies by which containers and builds reach the network, where the user's `config.json` names some
//! (`proxies`): as docker's and compose's command lines do, they become variables.

use serde::Deserialize;

/// Addresses of proxies; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Proxies {
    http_proxy: String,
    https_proxy: String,
    no_proxy: String,
    ftp_proxy: String,
    all_proxy: String,
}

impl Proxies {
    /// The arguments of a build: all but that for all protocols, in capitals.
    pub fn of_builds(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("HTTP_PROXY", &self.http_proxy),
            ("HTTPS_PROXY", &self.https_proxy),
            ("NO_PROXY", &self.no_proxy),
            ("FTP_PROXY", &self.ftp_proxy),
        ];
        named(all)
    }

    /// The variables of a container, each in both spellings.
    pub fn of_containers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let small = [
            ("http_proxy", &self.http_proxy),
            ("https_proxy", &self.https_proxy),
            ("no_proxy", &self.no_proxy),
            ("ftp_proxy", &self.ftp_proxy),
            ("all_proxy", &self.all_proxy),
        ];
        let all = named([("ALL_PROXY", &self.all_proxy)]);
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
