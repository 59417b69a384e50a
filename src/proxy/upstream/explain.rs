//! Why the backend gave no answer, and the next step, which depends on whose backend it is.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::Error as ClientError;
use rustls::CertificateError;

use super::Upstream;

/// Whose backend it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// An Ollama of this machine.
    Local,
    /// ollamactl's stand-in.
    Stub,
    /// An Ollama that this machine reaches by a name or address of another.
    Remote,
}

impl Whose {
    pub fn of(upstream: &Upstream, stub: bool) -> Self {
        match (upstream.is_local(), stub) {
            (false, _) => Self::Remote,
            (true, true) => Self::Stub,
            (true, false) => Self::Local,
        }
    }

    /// Where it says what it does.
    pub fn log(self) -> &'static str {
        match self {
            Self::Local | Self::Stub => "see `ollamactl logs backend`",
            Self::Remote => "see its log on that machine",
        }
    }

    fn start(self, upstream: &Upstream) -> String {
        match self {
            Self::Local => "start it with `ollamactl serve`".to_owned(),
            Self::Stub => "start it with `ollamactl serve --backend stub`".to_owned(),
            Self::Remote => format!(
                "start Ollama on that machine, at an address that this one reaches: `curl {upstream}/api/version` shows whether it does"
            ),
        }
    }

    /// Why a request got no answer, and what to do about it.
    pub fn explain(self, upstream: &Upstream, error: &ClientError) -> String {
        let mut cause: &(dyn StdError + 'static) = error;
        let mut fault = None;
        while let Some(source) = cause.source() {
            cause = source;
            fault = fault.or_else(|| of_certificate(cause));
        }
        if let Some(fault) = fault {
            let mend = certificate_mend(fault);
            format!("the certificate of {upstream} is not trusted ({cause}); {mend}")
        } else if error.is_connect() {
            let start = self.start(upstream);
            format!("no backend answers at {upstream} ({cause}); {start}")
        } else {
            let log = self.log();
            format!("the backend at {upstream} gave no answer ({cause}); {log}")
        }
    }
}

/// What is wrong with a certificate, where that is the error. Errors of input and output are wrapped in one
/// another, which `source` passes over.
fn of_certificate<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CertificateError> {
    if let Some(inner) = error.downcast_ref().and_then(io::Error::get_ref) {
        return of_certificate(inner);
    }
    match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(fault)) => Some(fault),
        _ => None,
    }
}

fn certificate_mend(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has to be renewed there"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "compare the clocks of both machines"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "name the backend in OLLAMA_HOST as the certificate does"
        }
        _ => "name the file of its authority in SSL_CERT_FILE, then `ollamactl gateway restart`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ollama::host;

    fn upstream(text: &str) -> Upstream {
        Upstream::of(&host::parse(text)).expect("an authority")
    }

    #[test]
    fn a_name_or_address_of_elsewhere_is_remote() {
        for (text, whose) in [
            ("127.0.0.1:11434", Whose::Local),
            ("0.0.0.0:11434", Whose::Local),
            ("[::1]:11434", Whose::Local),
            ("localhost", Whose::Local),
            ("192.0.2.1:11434", Whose::Remote),
            ("host.docker.internal", Whose::Remote),
            ("https://ollama.example", Whose::Remote),
        ] {
            assert_eq!(Whose::of(&upstream(text), false), whose, "{text}");
        }
        assert_eq!(Whose::of(&upstream("127.0.0.1"), true), Whose::Stub);
    }

    #[test]
    fn only_what_is_here_is_started_by_ollamactl() {
        let start = |whose: Whose| whose.start(&upstream("192.0.2.1:11434"));
        assert!(start(Whose::Local).ends_with("`ollamactl serve`"));
        assert!(start(Whose::Stub).ends_with("`ollamactl serve --backend stub`"));
        let remote = start(Whose::Remote) + Whose::Remote.log();
        assert!(remote.contains("`curl http://192.0.2.1:11434/api/version`"));
        assert!(!remote.contains("ollamactl"), "{remote}");
    }
}
