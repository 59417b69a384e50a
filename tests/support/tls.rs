//! Certificates for an engine behind TLS, and the context that leads to one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use super::Sandbox;

/// An authority, and what it signed for an engine on 127.0.0.1 and for a client.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("signed"))
    }

    /// A certificate for this name, and its key. An old one has expired.
    fn sign(&self, name: &str, is_old: bool) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("params");
        if is_old {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        (params.signed_by(&key, &self.0).expect("signed"), key)
    }

    fn write(&self, folder: &Path, name: &str, is_old: bool) {
        let (certificate, key) = self.sign(name, is_old);
        std::fs::create_dir_all(folder).expect("created");
        for (name, text) in [
            ("ca.pem", self.0.pem()),
            ("cert.pem", certificate.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            std::fs::write(folder.join(name), text).expect("written");
        }
    }

    /// Writes what a client needs into a folder.
    pub fn equip(&self, folder: &Path) {
        self.write(folder, "client", false);
    }

    /// The same with a certificate that expired in 2020.
    pub fn equip_for_2019(&self, folder: &Path) {
        self.write(folder, "client", true);
    }

    /// Writes what an engine on 127.0.0.1 needs.
    pub fn equip_engine(&self, folder: &Path) {
        self.write(folder, "127.0.0.1", false);
    }

    /// The same with a certificate that expired in 2020.
    pub fn equip_engine_for_2019(&self, folder: &Path) {
        self.write(folder, "127.0.0.1", true);
    }

    /// What a stand-in for an engine needs, which lets in only clients that this authority signed.
    pub fn server(&self) -> Arc<rustls::ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (certificate, key) = self.sign("127.0.0.1", false);
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("added");
        let clients = rustls::server::WebPkiClientVerifier::builder_with_provider(
            roots.into(),
            provider.clone(),
        );
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(clients.build().expect("a verifier"))
            .with_single_cert(vec![certificate.der().clone()], key);
        Arc::new(config.expect("a server"))
    }
}

/// Writes a context `lab` for this endpoint; the folder of its certificates.
pub fn lab_context(sandbox: &Sandbox, endpoint: &str) -> PathBuf {
    // sha256 of "lab"
    let id = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7";
    let folder = sandbox.path("home/.docker/contexts");
    let docker = json!({ "Host": endpoint, "SkipTLSVerify": false });
    let meta = json!({ "Name": "lab", "Metadata": {}, "Endpoints": {"docker": docker} });
    std::fs::create_dir_all(folder.join("meta").join(id)).expect("created");
    std::fs::write(
        folder.join("meta").join(id).join("meta.json"),
        meta.to_string(),
    )
    .expect("written");
    folder.join("tls").join(id).join("docker")
}
