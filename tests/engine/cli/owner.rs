//! An Ollama that runs in a container: its port is held by Docker's own proxy, which says nothing of Ollama.

use crate::stack::{COMMAND, SERVICE, Stack};
use crate::support::until_true;

#[test]
fn a_backend_in_a_container_is_the_containers_and_its_engine_acts_on_it() {
    let Some(mut stack) = Stack::alone() else {
        return;
    };
    let stub = r#"[stub, --host, "0.0.0.0:8000", --models, /tmp/models]"#;
    stack.write_compose(|compose| compose.replace(COMMAND, stub));
    stack.run("gateway up").code(0);
    let (backend, port) = (stack.published.to_string(), stack.published.port());
    stack.sandbox.set("OLLAMA_HOST", &backend);
    until_true("the container's Ollama answers", || {
        stack.run("health backend --level live").status == 0
    });
    let status = stack.run("status").code(0);
    status.prints(["a container (docker), docker-proxy (pid", &backend]);
    let named = format!("$(docker ps --quiet --filter publish={port})");

    // What is printed is what works, word for word.
    let (id, started) = stack.run_of(SERVICE);
    let restart = format!("docker restart {named}");
    stack.run("restart").code(5).says([restart.as_str()]);
    stack.sandbox.shell(&restart).code(0);
    let again = stack.run_of(SERVICE);
    assert!(again.0 == id && again.1 != started, "{started} {again:?}");
    let logs = format!("docker logs {named}");
    stack.run("logs").code(3).says([logs.as_str()]);
    stack.sandbox.shell(&logs).code(0);
}
