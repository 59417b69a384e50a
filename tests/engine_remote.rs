//! What leads to an engine, and what an engine is fed from, all of it real: TLS, ssh, a registry that wants a
//! login, Podman. `OLLAMACTL_ENGINE_TESTS=1` asks for this suite; it needs root.
#![cfg(target_os = "linux")]

#[path = "reach/machine.rs"]
#[allow(dead_code, reason = "this suite looks at no network")]
mod machine;
mod support;

#[path = "remote/podman.rs"]
mod podman;
#[path = "remote/registry.rs"]
mod registry;
#[path = "remote/ssh.rs"]
mod ssh;
#[path = "remote/tls.rs"]
mod tls;

/// The gateway's container.
const CONTAINER: &str = "shop-ollama-functions-1";

/// The programs that a test needs. In this suite a missing one is a failure.
#[track_caller]
fn need(programs: &[&str]) {
    for program in programs {
        assert!(
            std::path::Path::new(program).exists(),
            "{program} is missing: .ci/run installs it"
        );
    }
}
