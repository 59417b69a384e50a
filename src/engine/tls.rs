//! TLS to an engine: its certificate is always verified, against the authority that the user gives.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::endpoint::Tls;
use crate::error::{Context as _, Error, Kind, Result};

/// Where these files come from, as what to do about them.
const CORRECT: &str = "correct DOCKER_CERT_PATH, or the context that named it";

/// Connects with these certificates.
pub(super) fn connector(files: &Tls) -> Result<TlsConnector> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .or_failed(|| "TLS cannot be set up")?
        .with_root_certificates(roots(files)?);
    // An engine may ask clients for no certificate (dockerd --tls).
    let config = if files.cert.exists() || files.key.exists() {
        let key = usable(&files.key, PrivateKeyDer::from_pem_file(&files.key))?;
        let config = builder.with_client_auth_cert(certificates(&files.cert)?, key);
        usable(&files.cert, config)?
    } else {
        builder.with_no_client_auth()
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Why an engine and these files do not get along, and what to do about it.
pub(super) fn reason(files: &Tls, error: &rustls::Error) -> (String, String) {
    let why = match error {
        rustls::Error::InvalidMessage(_) => {
            let way_out = "unset DOCKER_TLS_VERIFY, or correct the engine's port";
            return ("what answers speaks no TLS".to_owned(), way_out.to_owned());
        }
        rustls::Error::InvalidCertificate(why) => {
            format!("the engine's {}", describe(why, &files.ca))
        }
        // All that an engine says of a certificate that it does not like.
        rustls::Error::AlertReceived(alert) => own_fault(files)
            .unwrap_or_else(|| format!("it ended the handshake with the alert {alert:?}")),
        other => other.to_string(),
    };
    let way_out = format!("take that engine's ca.pem, cert.pem and key.pem, or {CORRECT}");
    (why, way_out)
}

/// What an engine that trusts the same authority has against the certificate that we show.
fn own_fault(files: &Tls) -> Option<String> {
    let cert = files.cert.display();
    if !files.cert.exists() {
        return Some(format!(
            "it asks for a client's certificate, and there is no {cert}"
        ));
    }
    let chain = certificates(&files.cert).ok()?;
    let (own, between) = chain.split_first()?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots(files).ok()?), provider());
    let verifier = verifier.build().ok()?;
    match verifier.verify_client_cert(own, between, UnixTime::now()) {
        Err(rustls::Error::InvalidCertificate(why)) => {
            Some(format!("{cert}: {}", describe(&why, &files.ca)))
        }
        _ => None,
    }
}

/// "certificate …", with the file that should have vouched for it.
fn describe(why: &CertificateError, ca: &Path) -> String {
    match why {
        // The latter where another authority bears the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            format!("certificate is not signed by {}", ca.display())
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            let at = i64::try_from(not_after.as_secs()).ok();
            let at = at.and_then(|at| chrono::DateTime::from_timestamp(at, 0));
            let at = at.map_or_else(String::new, |at| format!(" on {}", at.format("%F %T UTC")));
            format!("certificate expired{at}")
        }
        other => other.to_string(),
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The authorities that may have signed the engine's certificate.
fn roots(files: &Tls) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        usable(&files.ca, roots.add(certificate))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let found = usable(path, read)?;
    if found.is_empty() {
        return Err(Error::usage(unusable(path)).hint(CORRECT));
    }
    Ok(found)
}

/// What was read of this file, or an error that names it.
fn usable<T, E>(path: &Path, read: std::result::Result<T, E>) -> Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    read.context(Kind::Usage, || unusable(path))
        .map_err(|error| error.hint(CORRECT))
}

fn unusable(path: &Path) -> String {
    format!("{} cannot be used for TLS to the engine", path.display())
}
