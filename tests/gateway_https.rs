//! The embedded gateway in front of a backend behind TLS.
#![cfg(target_os = "linux")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use support::Sandbox;
use support::http::get;

/// A server with a certificate of its own for `localhost` that answers every request with the first
/// lines that it got; its port, and the certificate as PEM.
fn secure_server() -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a key of the certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(config.clone()).expect("a session");
            let mut stream = Stream::new(&mut tls, &mut socket);
            let mut request = vec![0; 4096];
            // A handshake that fails is the client's refusal.
            let Ok(count) = stream.read(&mut request) else {
                continue;
            };
            let head = String::from_utf8_lossy(&request[..count]).into_owned();
            let length = head.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{head}"
            );
            let _ = stream.write_all(answer.as_bytes());
            tls.send_close_notify();
            let _ = tls.complete_io(&mut socket);
        }
    });
    (port, cert.pem())
}

#[test]
fn a_backend_behind_tls_is_reached_and_its_certificate_checked() {
    let (port, pem) = secure_server();
    let backend = format!("https://localhost:{port}");
    let mut sandbox = Sandbox::new().with("OLLAMA_HOST", &backend);
    sandbox.run(["gateway", "up"]).code(0);
    let (status, text) = get(sandbox.gateway, "/api/tags").expect("answered");
    assert!(
        status == 502 && text.contains("certificate") && text.contains("SSL_CERT_FILE"),
        "{status} {text}"
    );
    sandbox.run(["gateway", "down"]).code(0);

    let file = sandbox.write("ca.pem", &pem);
    sandbox.set("SSL_CERT_FILE", &file.display().to_string());
    sandbox.run(["gateway", "up"]).code(0);
    let (status, text) = get(sandbox.gateway, "/api/tags").expect("answered");
    assert_eq!(status, 200, "{text}");
    assert!(text.starts_with("GET /api/tags HTTP/1.1\r\n"), "{text}");
    assert!(
        text.to_lowercase()
            .contains(&format!("host: localhost:{port}\r\n")),
        "{text}"
    );
    sandbox.run(["gateway", "down"]).code(0);

    // Trusted, but not for this name.
    sandbox.set("OLLAMA_HOST", &format!("https://127.0.0.1:{port}"));
    sandbox.run(["gateway", "up"]).code(0);
    let (status, text) = get(sandbox.gateway, "/api/tags").expect("answered");
    assert!(
        status == 502 && text.contains("as the certificate does"),
        "{status} {text}"
    );
    sandbox.run(["gateway", "down"]).code(0);
    sandbox.assert_nothing_left();
}
