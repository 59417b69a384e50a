//! API keys: who may use the gateway where more than this machine reaches it.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::config::Secret;

/// Where a client may put its key, besides `Authorization: Bearer`.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a 401 of a gateway of ours says of itself in `WWW-Authenticate`: a server behind it, whose 401 is
/// passed on, says something else.
pub const REALM: &str = "realm=\"ollamactl gateway\"";

/// The challenge of a 401, in the terms of RFC 6750: whether there was a key at all.
pub(super) fn challenge(headers: &HeaderMap) -> String {
    let error = if is_keyed(headers) {
        ", error=\"invalid_token\""
    } else {
        ""
    };
    format!("Bearer {REALM}{error}")
}

/// Why a request with these headers is not let in.
pub(super) fn reason(headers: &HeaderMap) -> &'static str {
    if is_keyed(headers) {
        "that is none of the gateway's keys, or more than one key: send one as `Authorization: Bearer KEY`"
    } else {
        "a key is needed: send it as `Authorization: Bearer KEY`"
    }
}

fn is_keyed(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(API_KEY)
}

/// The keys of a gateway. Any of them will do, so that one can be replaced without a gap.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    digests: Vec<[u8; 32]>,
}

impl Keys {
    /// These keys.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a Secret>) -> Self {
        let digests = keys
            .into_iter()
            .map(|key| Sha256::digest(key.reveal()).into());
        Self {
            digests: digests.collect(),
        }
    }

    /// Whether nobody is asked for a key.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether a request with these headers may pass. Digests are compared, each with all of them, so
    /// that the time taken tells nothing of a key or its length.
    pub(super) fn admit(&self, headers: &HeaderMap) -> bool {
        if self.is_empty() {
            return true;
        }
        let Some(given) = presented(headers) else {
            return false;
        };
        let given: [u8; 32] = Sha256::digest(given).into();
        let known = self.digests.iter().fold(Choice::from(0), |known, digest| {
            known | digest.ct_eq(&given)
        });
        known.into()
    }
}

/// The key of a request; none where it has several.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let mut found = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .filter_map(|value| bearer(value.as_bytes()))
        .chain(headers.get_all(API_KEY).iter().map(HeaderValue::as_bytes));
    match (found.next(), found.next()) {
        (Some(key), None) => Some(key),
        _ => None,
    }
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

/// Takes the key out of what travels on: it is for the gateway alone.
pub(super) fn strip(headers: &mut HeaderMap) {
    headers.remove(header::AUTHORIZATION);
    headers.remove(API_KEY);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn any_key_will_do_and_nothing_else() {
        let keys = [Secret::new("first-key-of-two"), Secret::new("second")];
        let keys = Keys::new(&keys);
        for good in [
            &[("authorization", "Bearer first-key-of-two")][..],
            &[("authorization", "bEARER  second ")],
            &[("x-api-key", "second")],
            &[("authorization", "Basic eA=="), ("x-api-key", "second")],
        ] {
            assert!(keys.admit(&with(good)), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("authorization", "second")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Bearer secon")],
            &[("authorization", "Bearer second2")],
            &[("authorization", "Basic second")],
            &[("x-api-key", "second"), ("x-api-key", "second")],
            &[("authorization", "Bearer x"), ("x-api-key", "second")],
        ] {
            assert!(!keys.admit(&with(bad)), "{bad:?}");
        }
        assert!(Keys::default().admit(&HeaderMap::new()));
    }
}
