//! What the gateway does besides passing on.

use super::*;

#[tokio::test]
async fn a_backend_that_is_down_is_a_502_and_unhealthy() {
    let setup = Setup::with(|policy| policy.stub = true).await;
    let (proxy, address) = (setup.proxy, setup.upstream().local_addr().expect("bound"));
    drop(setup.upstream);
    let mut client = Peer::connect(proxy).await;
    client.send(&get("/api/tags")).await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n"),
        "{answer}"
    );
    assert!(answer.contains(&address.to_string()), "{answer}");
    assert!(
        answer.contains("`ollamactl serve --backend stub`"),
        "{answer}"
    );
    assert!(answer.contains("x-ollamactl-backend: stub\r\n"), "{answer}");

    let mut client = Peer::connect(proxy).await;
    client.send(&get("/healthz")).await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let said = serde_json::json!({ "status": "unhealthy", "failing": ["backend"] });
    assert_eq!(body, said);
}

#[tokio::test]
async fn the_gateway_is_healthy_when_the_backend_answers() {
    let setup = Setup::with(|_| {}).await;
    let mut client = setup.client().await;
    client.send(&get("/healthz")).await;
    let mut upstream = setup.accept().await;
    let head = upstream.read_to("\r\n\r\n").await;
    assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}");
    upstream
        .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await;
    let answer = client.read_to_close().await;
    assert!(answer.ends_with("\r\n\r\n{\"status\":\"ok\"}"), "{answer}");
}

/// Answers every request with what `reply` makes of its head and body, for as long as the test runs.
fn backend(setup: &mut Setup, reply: impl Fn(&str) -> String + Send + Sync + Clone + 'static) {
    let upstream = setup.take_upstream();
    tokio::spawn(async move {
        loop {
            let mut peer = Peer::new(upstream.accept().await.expect("accepts").0);
            let reply = reply.clone();
            tokio::spawn(async move {
                while let Some(request) = peer.read_request().await {
                    peer.send(&reply(&request)).await;
                }
            });
        }
    });
}

async fn ask(setup: &Setup, request: &str) -> (u16, String, String) {
    let mut client = setup.client().await;
    client.send(request).await;
    let (status, head) = client.read_head().await;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let body = match length {
        Some(length) => client.read_bytes(length).await,
        None => client.read_to_close().await,
    };
    (status, head, body)
}

fn with_model(model: &str) -> impl FnOnce(&mut Policy) {
    let model = Some(model.parse().expect("a name"));
    move |policy| {
        policy.surface = Surface::Gateway(Gateway {
            model,
            ..Gateway::default()
        });
    }
}

const TAGS: &str = r#"{"models":[{"name":"tiny:latest","size":1,"digest":"0"}]}"#;

#[tokio::test]
async fn it_is_ready_when_the_backend_has_the_model() {
    let mut setup = Setup::with(with_model("tiny")).await;
    backend(&mut setup, |_| ok(TAGS));
    let (status, _, body) = ask(&setup, &get("/ready")).await;
    assert_eq!((status, body.as_str()), (200, r#"{"status":"ok"}"#));
    let (status, _, body) = ask(&setup, &get("/health")).await;
    let report: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(status, 200);
    assert_eq!(report["status"], "ok");
    assert_eq!(
        report["model"],
        serde_json::json!({ "name": "tiny", "present": true })
    );
}

#[tokio::test]
async fn it_says_why_it_is_not_ready() {
    let mut setup = Setup::with(with_model("other:1b")).await;
    backend(&mut setup, |_| ok(TAGS));
    let (status, _, body) = ask(&setup, &get("/ready")).await;
    assert_eq!(status, 503);
    assert!(
        body.contains("not ready") && body.contains("ollamactl pull-model other:1b"),
        "{body}"
    );
    let (status, _, body) = ask(&setup, &get("/health")).await;
    assert!(status == 503 && body.contains("degraded"), "{body}");
    assert_eq!(ask(&setup, &get("/healthz")).await.0, 200);

    let setup = Setup::with(with_model("tiny")).await;
    let address = setup.proxy;
    let backend = setup.upstream().local_addr().expect("bound").to_string();
    drop(setup.upstream);
    let mut client = Peer::connect(address).await;
    client.send(&get("/ready")).await;
    let answer = client.read_to_close().await;
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains(&backend),
        "{answer}"
    );
    drop(setup.shutdown);
}

#[tokio::test]
async fn its_own_endpoints_are_read_only() {
    let setup = Setup::with(|_| {}).await;
    let (status, head, _) = ask(&setup, &post("/metrics", "")).await;
    assert!(
        status == 405 && head.contains("allow: get, head\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_request_without_a_model_means_the_required_one() {
    let mut setup = Setup::with(with_model("tiny")).await;
    backend(&mut setup, |request| {
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        ok(body)
    });
    for path in ["/api/chat", "/v1/chat/completions"] {
        let (_, _, body) = ask(&setup, &post(path, r#"{"messages":[]}"#)).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body, serde_json::json!({ "messages": [], "model": "tiny" }));
        let (_, _, body) = ask(&setup, &post(path, r#"{ "model" : "b" }"#)).await;
        assert_eq!(body, r#"{ "model" : "b" }"#, "not a byte is changed");
    }
    for (path, body) in [("/api/pull", "{}"), ("/api/chat", "no JSON")] {
        assert_eq!(ask(&setup, &post(path, body)).await.2, body, "{path}");
    }
    // Too long to be read ahead: it travels on as it is.
    let long = format!(r#"{{"prompt":"{}"}}"#, "x".repeat(2_000_000));
    assert_eq!(ask(&setup, &post("/api/chat", &long)).await.2, long);
}

#[tokio::test]
async fn the_metrics_tell_requests_tokens_and_models() {
    let mut setup = Setup::with(with_model("tiny")).await;
    backend(&mut setup, |request| {
        if request.contains("absent") {
            let missing = r#"{"error":"model 'absent' not found"}"#;
            return ok(missing).replace("200 OK", "404 Not Found");
        }
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         3d\r\n{\"done\":true,\"prompt_eval_count\":26,\"eval_count\":9,\"x\":\"abc\"}\r\n0\r\n\r\n"
            .to_owned()
    });
    for body in [r#"{"model":"tiny"}"#, "{}", r#"{"model":"absent"}"#] {
        let mut client = setup.client().await;
        client.send(&post("/api/chat", body)).await;
        let end = if body.contains("absent") {
            "not found\"}"
        } else {
            "0\r\n\r\n"
        };
        client.read_to(end).await;
    }
    let mut text = String::new();
    until("all three counted", async || {
        text = ask(&setup, &get("/metrics")).await.2;
        text.contains("requests_total{model=\"other\",status=\"404\"} 1")
    })
    .await;
    for line in [
        "ollamactl_gateway_requests_total{model=\"tiny\",status=\"200\"} 2",
        "ollamactl_gateway_tokens_total{kind=\"prompt\",model=\"tiny\"} 52",
        "ollamactl_gateway_tokens_total{kind=\"completion\",model=\"tiny\"} 18",
        "ollamactl_gateway_request_duration_seconds_count{model=\"tiny\"} 2",
        "ollamactl_gateway_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn a_key_is_asked_for_and_goes_no_further() {
    let key = crate::config::Secret::new("0123456789abcdef");
    let mut setup = Setup::with(|policy| {
        policy.surface = Surface::Gateway(Gateway {
            keys: super::super::Keys::new([&key]),
            ..Gateway::default()
        });
    })
    .await;
    backend(&mut setup, |request| {
        ok(&serde_json::json!(request).to_string())
    });
    let with = |header: &str, path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: llm.example.com\r\n{header}Connection: close\r\n\r\n")
    };
    for bad in [
        "",
        "Authorization: Bearer 0123456789abcdee\r\n",
        "X-Api-Key: x\r\n",
    ] {
        for path in ["/api/tags", "/v1/models", "/metrics"] {
            let (status, head, body) = ask(&setup, &with(bad, path)).await;
            assert_eq!(status, 401, "{path} {bad:?}");
            // Whether it is the key or its absence, in the words of RFC 6750.
            let error = if bad.is_empty() {
                ""
            } else {
                ", error=\"invalid_token\""
            };
            let challenge =
                format!("www-authenticate: bearer realm=\"ollamactl gateway\"{error}\r\n");
            assert!(head.contains(&challenge), "{head}");
            assert!(!body.contains("0123456789abcde"), "{body}");
        }
    }
    for good in [
        "Authorization: Bearer 0123456789abcdef\r\n",
        "X-Api-Key: 0123456789abcdef\r\n",
    ] {
        let (status, _, seen) = ask(&setup, &with(good, "/api/tags")).await;
        assert_eq!(status, 200);
        assert!(!seen.contains("0123456789abcdef"), "{seen}");
        assert_eq!(ask(&setup, &with(good, "/metrics")).await.0, 200);
    }
    // A load balancer has no key.
    assert_eq!(ask(&setup, &with("", "/healthz")).await.0, 200);
}

#[tokio::test]
async fn a_request_has_an_id_on_both_sides() {
    let mut setup = Setup::with(|_| {}).await;
    backend(&mut setup, |request| {
        ok(&serde_json::json!(request).to_string())
    });
    let request = |id: &str| {
        format!(
            "GET /api/tags HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n"
        )
    };
    let (_, head, seen) = ask(&setup, &request("mine-1")).await;
    assert!(head.contains("x-request-id: mine-1\r\n"), "{head}");
    assert!(seen.contains("x-request-id: mine-1\\r\\n"), "{seen}");
    let (_, head, seen) = ask(&setup, &request("<script>")).await;
    let id = head.split("x-request-id: ").nth(1).expect("an id");
    let id = id.split("\r\n").next().expect("a line");
    assert!(
        !head.contains("script") && !seen.contains("script"),
        "{head}"
    );
    assert!(
        seen.contains(&format!("x-request-id: {id}\\r\\n")),
        "{seen}"
    );
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let mut setup = Setup::with(|policy| {
        policy.surface = Surface::Gateway(Gateway {
            origins: vec!["https://app.example.com".parse().expect("an origin")],
            ..Gateway::default()
        });
    })
    .await;
    backend(&mut setup, |request| {
        ok(&serde_json::json!(request).to_string())
    });
    let from = |method: &str, origin: &str| {
        format!(
            "{method} /api/chat HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\
             Connection: close\r\n\r\n"
        )
    };
    let allowed = "access-control-allow-origin: https://app.example.com\r\n";
    let (status, head, _) = ask(&setup, &from("OPTIONS", "https://app.example.com")).await;
    assert_eq!(status, 200);
    for line in [allowed, "access-control-allow-headers: authorization\r\n"] {
        assert!(head.contains(line), "{head}");
    }
    let (_, head, seen) = ask(&setup, &from("GET", "https://app.example.com")).await;
    assert!(head.contains(allowed), "{head}");
    // Allowed here, it is not refused by the backend's own rule.
    assert!(!seen.contains("origin: https"), "{seen}");
    let (_, head, seen) = ask(&setup, &from("GET", "https://evil.example.com")).await;
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    assert!(seen.contains("origin: https://evil.example.com"), "{seen}");
}

/// What a log wrote so far.
#[derive(Clone, Default)]
struct Written(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_line_of_the_log_without_its_secrets() {
    let written = Written::default();
    let log = super::super::RequestLog::new(super::super::LogFormat::Json, written.clone());
    let log = log.expect("a thread");
    let mut setup = Setup::with(|policy| {
        with_model("tiny")(policy);
        policy.log = Some(log.clone());
    })
    .await;
    backend(&mut setup, |_| {
        ok(r#"{"prompt_eval_count":2,"eval_count":3}"#)
    });
    let mut client = setup.client().await;
    let body = r#"{"prompt":"confidential"}"#;
    client
        .send(&format!(
            "POST /api/chat?key=confidential HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer confidential\r\n\
             X-Request-Id: mine-1\r\nCookie: confidential\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    client.read_to("\"eval_count\":3}").await;
    client.send(&get("/healthz")).await;
    client.read_to("{\"status\":\"ok\"}").await;
    client.send("nonsense\r\n\r\n").await;
    drop(client);
    log.close();
    let text = written.0.lock().expect("not poisoned").clone();
    let text = String::from_utf8(text).expect("text");
    assert!(!text.contains("confidential"), "{text}");
    let first: serde_json::Value =
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    for (name, value) in [
        ("id", serde_json::json!("mine-1")),
        ("path", "/api/chat".into()),
        ("status", 200.into()),
        ("end", "whole".into()),
        ("model", "tiny".into()),
        ("in", body.len().into()),
        ("prompt_tokens", 2.into()),
        ("completion_tokens", 3.into()),
    ] {
        assert_eq!(first[name], value, "{name} in {text}");
    }
    assert!(!text.contains("/healthz"), "{text}");
}
