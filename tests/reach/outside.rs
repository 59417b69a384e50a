//! Who gets in: containers of this engine do; a neighbour on the LAN, a web page and administration do not.

use crate::machine::{Answer, HOST_GATEWAY, MACHINE, Machine};

#[test]
fn containers_get_in_and_a_neighbour_does_not() {
    let Some(machine) = Machine::with_engine() else {
        return;
    };
    machine.run("up").code(0).says(["healthy after"]);
    machine.run("gateway up --gateway embedded").code(0);
    a_container_does(&machine);
    administration_does_not(&machine);
    a_web_page_does_not(&machine);
    let addresses = listening(&machine);
    for address in &addresses {
        let answer = machine.get_from_lan(address, &[]);
        assert!(answer.is_nothing(), "{address}: {answer:?}");
    }
    // With routes to the engine's networks, packets for 172.17.0.1 arrive.
    machine.neighbour(&format!("ip route add 172.16.0.0/12 via {MACHINE}"));
    for address in &addresses {
        let answer = machine.get_from_lan(address, &[]);
        assert!(answer.is_nothing(), "{address}, with a route: {answer:?}");
    }
    let relay = machine.relay_url();
    let answer = machine.get_from_lan(&relay, &[]);
    // Closed, or reset where the request was already on its way.
    let taken = matches!(answer.curl, 52 | 56);
    assert!(taken && answer.is_nothing(), "{answer:?}");
    // Not under the name of a container either: the answer to that goes to the container.
    machine.neighbour("ip addr add 172.17.0.99/32 dev lo");
    let answer = machine.get_from_lan(&relay, &["--interface", "172.17.0.99"]);
    assert!(answer.is_nothing(), "{answer:?}");
    // The machine itself has the backend on loopback.
    let answer = machine.get(&relay, &[]);
    assert!(answer.is_nothing(), "{answer:?}");
    machine.run("down").code(0);
    machine.run("gateway down --gateway embedded").code(0);
}

/// Backend, relay and embedded gateway, by every address of the machine that the neighbour can name.
fn listening(machine: &Machine) -> Vec<String> {
    let (backend, gateway) = (
        machine.sandbox.backend.port(),
        machine.sandbox.gateway.port(),
    );
    let on = |ip: &str| [backend, gateway].map(|port| format!("http://{ip}:{port}/api/tags"));
    [on(MACHINE), on(HOST_GATEWAY)].concat()
}

fn a_container_does(machine: &Machine) {
    let answer = machine.get(&format!("{}/api/tags", machine.gateway_url()), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("tiny"), "{answer:?}");
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "ok", "{reach}");
    let why = reach["why"].as_str().expect("text");
    assert!(why.contains("container shop-ollama-functions-1"), "{why}");
    assert_eq!(machine.throwaways(), (0, 0), "the probe is taken away");
}

/// The gateway passes all of `/api`; the relay behind it does not.
fn administration_does_not(machine: &Machine) {
    for path in [
        "/api/pull",
        "/api/create",
        "/api/push",
        "/api/copy",
        "/api/delete",
    ] {
        let url = format!("{}{path}", machine.gateway_url());
        let answer = machine.get(&url, &["-d", r#"{"model":"other"}"#]);
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert!(answer.body.contains("relay.admin"), "{path}: {answer:?}");
    }
}

/// A request with more arguments of curl's.
type Ask<'a> = &'a dyn Fn(&[&str]) -> Answer;

/// A name of the page's own that leads here: the browser sends it as Host.
fn a_web_page_does_not(machine: &Machine) {
    let rebound = ["-H", "Host: rebound.example"];
    machine.plug_in_guest();
    let relay = format!("{}/api/tags", machine.relay_url());
    let ask_relay = |more: &[&str]| machine.get_as_container(&relay, more);
    let embedded = format!("http://{}/api/tags", machine.sandbox.gateway);
    let ask_embedded = |more: &[&str]| machine.get(&embedded, more);
    let asks: [Ask<'_>; 2] = [&ask_relay, &ask_embedded];
    for ask in asks {
        let answer = ask(&[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = ask(&rebound);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(!answer.body.contains("tiny"), "{answer:?}");
    }
}
