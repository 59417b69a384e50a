//! Engines that come late, come without a default bridge, or lose it.

use crate::machine::Machine;

#[test]
fn the_relay_waits_for_an_engine_and_for_its_bridge() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    machine.run("serve --background").code(0);
    let relay = machine.relay("waiting");
    let reason = relay["reason"].as_str().expect("text");
    assert!(reason.contains("engine"), "{reason}");

    machine.start_engine(&["--bridge=none"]);
    let explained = |relay: &serde_json::Value| {
        let says = |key: &str, text| relay[key].as_str().unwrap_or_default().contains(text);
        says("reason", "bridge: none") && says("hint", "--bind ADDRESS")
    };
    crate::support::until_true("an explanation of --bridge=none", || {
        explained(&machine.relay("waiting"))
    });
    let check = machine.doctor("relay");
    assert_eq!(check["verdict"], "warn", "{check}");
    assert!(
        check["mend"]
            .as_str()
            .expect("text")
            .contains("--bind ADDRESS"),
        "{check}"
    );

    machine.stop_engine();
    machine.start_engine(&[]);
    machine.plug_in_guest();
    let relay = machine.relay("listening");
    assert_eq!(
        relay["address"],
        format!("172.17.0.1:{}", machine.sandbox.backend.port())
    );
    let answer = machine.get_as_container(&machine.relay_url(), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");

    // docker0 goes, and the address with it: the next relay listens all the same, and heals.
    machine.stop_backend();
    machine.root("ip link del docker0");
    machine.run("serve --background").code(0);
    machine.relay("listening");
    assert!(
        machine
            .get_as_container(&machine.relay_url(), &[])
            .is_nothing()
    );
    machine.root("ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up");
    machine.plug_in_guest();
    let answer = machine.get_as_container(&machine.relay_url(), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    machine.stop_backend();
}
