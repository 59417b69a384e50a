//! `init --gateway`: from an empty repository to a gateway in a container that answers.

use crate::machine::Machine;

#[test]
fn an_empty_repository_gets_a_gateway_in_a_container() {
    let Some(machine) = Machine::with_engine() else {
        return;
    };
    std::fs::remove_file(machine.sandbox.work().join("docker-compose.yml")).expect("removed");
    std::fs::remove_dir_all(machine.sandbox.work().join("ollama-functions")).expect("removed");
    machine
        .run("init --gateway")
        .code(0)
        .says(["docker-compose.yml"]);
    machine.run("up").code(0).says(["healthy after"]);
    let health = machine.run("health --level infer").code(0).json();
    assert_eq!(health["status"], "ok");
    let gateway = machine.sandbox.gateway;
    assert_eq!(health["asked"], format!("http://{gateway}/api/generate"));
    let containers = machine.engine("/containers/json");
    let container = &containers[0];
    let status = container["Status"].as_str().expect("text");
    assert!(status.contains("(healthy)"), "{container:#}");
    assert_eq!(machine.doctor("reach")["verdict"], "ok");
    // Its published port is this machine's own.
    let url = format!("http://127.0.0.1:{}/healthz", gateway.port());
    assert_eq!(machine.get(&url, &[]).status, 200);
    let url = format!("http://192.0.2.1:{}/healthz", gateway.port());
    assert!(machine.get_from_lan(&url, &[]).is_nothing());
    machine.run("down").code(0);
}
