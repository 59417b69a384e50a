//! Firewalls that keep from this machine what containers send to it: each is named, and the one rule that is
//! printed for it mends it.

use rustix::process::Signal;
use serde_json::Value;

use crate::machine::Machine;
use crate::support::{until, until_true};

/// Rules of iptables that let in answers alone.
const DROP: &str = "iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";

/// The same as nftables' own file has them.
const RULESET: &str = "table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tiif lo accept
\t\tct state established,related accept
\t}
}
";

/// What `doctor` says, and the rule that it prints.
#[track_caller]
fn kept_out(machine: &Machine, firewall: &str, fate: &str) -> String {
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "fail", "{reach}");
    let why = reach["why"].as_str().expect("text");
    for part in ["br-", fate, &format!("its firewall ({firewall})")] {
        assert!(why.contains(part), "{part} in {why}");
    }
    reach["mend"].as_str().expect("a rule").to_owned()
}

/// Runs the rule as it was printed.
#[track_caller]
fn mend(machine: &Machine, rule: &str) {
    assert!(rule.starts_with("sudo "), "{rule}");
    machine.root(&rule.replace("sudo ", ""));
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "ok", "{reach}");
    machine.run("health --level infer").code(0);
    machine.run("down").code(0);
}

#[test]
fn the_rule_for_iptables_mends() {
    let Some(machine) = Machine::with_engine() else {
        return;
    };
    machine.run("up").code(0);
    machine.root(DROP);
    let rule = kept_out(&machine, "iptables", "dropped");
    let port = machine.sandbox.backend.port().to_string();
    for part in ["sudo iptables -I INPUT -i br-", "-d 172.17.0.1", &port] {
        assert!(rule.contains(part), "{part} in {rule}");
    }
    interrupted_probes_are_taken_away(&machine);
    let rules = || machine.run_root("iptables -S");
    let before = rules();
    machine.doctor("reach");
    assert_eq!(rules(), before, "doctor itself changes no firewall");
    mend(&machine, &rule);
}

#[test]
fn the_rule_for_ufw_mends() {
    let Some(mut machine) = Machine::with_engine() else {
        return;
    };
    // Its rules are files, and so is that it is on.
    machine.own_copy("/etc/ufw");
    machine.own_folder("/run");
    machine.run("up").code(0);
    machine.root("ufw --force enable");
    let rule = kept_out(&machine, "ufw", "dropped");
    mend(&machine, &rule);
}

#[test]
fn the_rule_for_nftables_mends() {
    let Some(mut machine) = Machine::with_engine() else {
        return;
    };
    machine.own_copy("/etc/nftables.conf");
    machine.own_copy("/etc/systemd/system");
    let rules = machine.path("own-etc-nftables.conf");
    std::fs::write(rules, RULESET).expect("written");
    machine.run("up").code(0);
    machine.root(
        "mkdir -p /etc/systemd/system/sysinit.target.wants
         ln -sf /lib/systemd/system/nftables.service /etc/systemd/system/sysinit.target.wants/
         nft -f /etc/nftables.conf",
    );
    let rule = kept_out(&machine, "nftables", "dropped");
    assert!(rule.contains("insert rule inet filter input"), "{rule}");
    mend(&machine, &rule);
}

/// It rejects where others drop.
#[test]
fn the_rule_for_firewalld_mends() {
    let Some(mut machine) = Machine::with_engine() else {
        return;
    };
    machine.own_copy("/etc/firewalld");
    let run = machine.own_folder("/run");
    std::fs::create_dir(run.join("dbus")).expect("created");
    machine.run("up").code(0);
    let _bus = machine.start("/usr/bin/dbus-daemon", "--system --nofork --nopidfile");
    until_true("a bus", || run.join("dbus/system_bus_socket").exists());
    let _firewall = machine.start("/usr/sbin/firewalld", "--nofork");
    until("firewalld", || {
        let state = machine.run_root("firewall-cmd --state");
        (state.trim() == "running").then_some(())
    });
    let rule = kept_out(&machine, "firewalld", "rejected");
    mend(&machine, &rule);
}

/// Ctrl-C while the container waits for an answer that never comes.
fn interrupted_probes_are_taken_away(machine: &Machine) {
    let doctor = machine.spawn("doctor");
    until_true("a probe runs", || machine.throwaways().0 == 1);
    doctor.signal(Signal::INT);
    doctor.finish().code(130).says(["interrupted"]);
    assert_eq!(machine.throwaways(), (0, 0));
    let checks = machine.run("doctor --no-probe --json").code(0).json();
    let checks = checks.as_array().expect("a list").iter();
    let mut names = checks.map(|check: &Value| &check["name"]);
    assert!(names.all(|name| name != "reach"));
}
