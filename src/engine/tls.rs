//! TLS to an engine: its certificate is always verified, against the authority that the user gives.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::endpoint::Tls;
use crate::error::{Context as _, Error, Kind, Result};

/// Connects with these certificates.
pub(super) fn connector(files: &Tls) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        roots
            .add(certificate)
            .context(Kind::Usage, || unusable(&files.ca))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .or_failed(|| "TLS cannot be set up")?
        .with_root_certificates(roots);
    // An engine may ask clients for no certificate (dockerd --tls).
    let config = if files.cert.exists() || files.key.exists() {
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .context(Kind::Usage, || unusable(&files.key))?;
        builder
            .with_client_auth_cert(certificates(&files.cert)?, key)
            .context(Kind::Usage, || unusable(&files.cert))?
    } else {
        builder.with_no_client_auth()
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let found = read
        .context(Kind::Usage, || unusable(path))
        .map_err(|error| error.hint("correct DOCKER_CERT_PATH, or the context that named it"))?;
    if found.is_empty() {
        return Err(Error::usage(unusable(path)));
    }
    Ok(found)
}

fn unusable(path: &Path) -> String {
    format!("{} cannot be used for TLS to the engine", path.display())
}
