//! A firewall that drops what containers send to this machine: named, with the rule that mends it.

use rustix::process::Signal;

use crate::machine::Machine;
use crate::support::until_true;

/// A firewall as ufw and its like set it up.
const DROP: &str = "iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";

#[test]
fn the_rule_that_doctor_prints_mends_what_it_names() {
    let Some(machine) = Machine::with_engine() else {
        return;
    };
    machine.run("up").code(0);
    machine.root(DROP);
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "fail", "{reach}");
    let why = reach["why"].as_str().expect("text");
    assert!(why.contains("time-out") && why.contains("br-"), "{why}");
    let rule = reach["mend"].as_str().expect("a rule");
    let port = machine.sandbox.backend.port().to_string();
    for part in ["sudo iptables -I INPUT -i br-", "-d 172.17.0.1", &port] {
        assert!(rule.contains(part), "{part} in {rule}");
    }
    interrupted_probes_are_taken_away(&machine);
    let rules = || machine.run_root("iptables -S");
    let before = rules();
    machine.doctor("reach");
    assert_eq!(rules(), before, "doctor itself changes no firewall");
    machine.root(rule.strip_prefix("sudo ").expect("for root"));
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "ok", "{reach}");
    machine.run("health --level infer").code(0);
    machine.run("down").code(0);
}

/// Ctrl-C while the container waits for an answer that never comes.
fn interrupted_probes_are_taken_away(machine: &Machine) {
    let doctor = machine.spawn("doctor");
    until_true("a probe runs", || machine.throwaways().0 == 1);
    doctor.signal(Signal::INT);
    doctor.finish().code(130).says(["interrupted"]);
    assert_eq!(machine.throwaways(), (0, 0));
    let checks = machine.run("doctor --no-probe --json").code(0).json();
    let mut names = checks
        .as_array()
        .expect("a list")
        .iter()
        .map(|check| &check["name"]);
    assert!(names.all(|name| name != "reach"), "{checks:#}");
}
