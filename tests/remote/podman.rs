//! Podman in the place of Docker, through its own imitation of Docker's socket.

use std::process::Command;

use crate::machine::Machine;
use crate::support::{Running, until_true};
use crate::{CONTAINER, need};

/// What the gateway needs here. Podman gives a container limits that only a root with all capabilities may
/// set, unless it is told others.
const MORE: &str = "    ulimits: {nofile: 1024, nproc: 4096}
    healthcheck: {test: [CMD, /ollamactl, version], interval: 1s, timeout: 10s}
";

struct Podman {
    machine: Machine,
    service: Option<Running>,
}

impl Podman {
    fn new() -> Option<Self> {
        let mut machine = Machine::new()?;
        need(&["/usr/bin/podman"]);
        machine.write_compose(|compose| compose + MORE);
        let socket = format!("unix://{}", machine.path("podman.sock").display());
        machine.sandbox.set("DOCKER_HOST", &socket);
        let mut podman = Self {
            machine,
            service: None,
        };
        let words = podman.words(&["system", "service", "--time=0", &socket]);
        // It calls iptables.
        let words = format!(
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin podman {}",
            words.join(" ")
        );
        podman.service = Some(podman.machine.start("/usr/bin/env", &words));
        until_true("Podman answers", || {
            podman.machine.run("gateway ip").status != 6
        });
        Some(podman)
    }

    /// Arguments that keep all that it has below the sandbox.
    fn words(&self, command: &[&str]) -> Vec<String> {
        let folder = |name: &str| {
            self.machine
                .path(&format!("podman-{name}"))
                .display()
                .to_string()
        };
        let mut words = vec![
            format!("--root={}", folder("root")),
            format!("--runroot={}", folder("run")),
            format!("--tmpdir={}", folder("tmp")),
            format!("--network-config-dir={}", folder("net")),
            "--cgroup-manager=cgroupfs".to_owned(),
            "--events-backend=file".to_owned(),
        ];
        words.extend(command.iter().map(|word| (*word).to_owned()));
        words
    }

    /// Whether this command of its own succeeds.
    fn does(&self, command: &[&str]) -> bool {
        let output = Command::new("nsenter")
            .arg(self.machine.namespace())
            .args(["--", "/usr/bin/podman"])
            .args(self.words(command))
            .output();
        output.expect("nsenter").status.success()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.does(&["rm", "--all", "--force", "--time=0"]);
        self.service = None;
    }
}

#[test]
fn the_gateway_lives_on_podman_as_on_docker() {
    let Some(podman) = Podman::new() else {
        return;
    };
    let machine = &podman.machine;
    machine
        .run("doctor --no-probe")
        .prints(["Podman ", "host.containers.internal"]);
    healthy(&podman);
    machine.run("gateway up").code(0).says(["-- gateway"]);
    machine
        .run("logs gateway -n all")
        .code(0)
        .prints(["gateway on"]);
    machine.run("gateway stop").code(0).says(["ok gateway"]);
    machine.run("gateway up").code(0).says(["it is exited"]);
    machine.run("gateway restart").code(0);
    let url = format!("{}/health", machine.gateway_url());
    let status = machine.get(&url, &[]).status;
    assert!(matches!(status, 200 | 503), "{status}");
    machine.run("gateway down").code(0).says([CONTAINER]);
    assert!(!podman.does(&["container", "exists", CONTAINER]));
    assert!(!podman.does(&["network", "exists", "shop_default"]));
}

/// Its health checks are run by timers of systemd's. Where there is none, this does what they would.
fn healthy(podman: &Podman) {
    let machine = &podman.machine;
    let late = machine.run("gateway up --wait --wait-timeout 1s");
    if late.status != 0 {
        let hint = format!("podman healthcheck run {CONTAINER}");
        late.code(7).says([hint.as_str()]);
    }
    assert!(podman.does(&["healthcheck", "run", CONTAINER]));
    machine.run("gateway up --wait").code(0);
    machine.run("status").code(0).prints(["running", "healthy"]);
}

#[test]
fn podman_has_no_place_for_a_relay_and_the_way_out_is_said() {
    let Some(podman) = Podman::new() else {
        return;
    };
    let machine = &podman.machine;
    machine.run("serve --background").code(0);
    let relay = machine.relay("impossible");
    for (key, says) in [("reason", "Podman"), ("hint", "--bind ADDRESS")] {
        let text = relay[key].as_str().expect("text");
        assert!(text.contains(says), "{relay}");
    }
    assert_eq!(machine.doctor("relay")["verdict"], "warn");
    machine.stop_backend();
}

/// The word that Docker reads as an address is one to this version, and the name has none.
#[test]
fn what_podman_makes_of_host_gateway_is_said_and_its_own_name_leads_here() {
    let Some(podman) = Podman::new() else {
        return;
    };
    let machine = &podman.machine;
    machine.run("serve --background --bind all").code(0);
    machine.run("pull-model").code(0);
    let docker = "    extra_hosts: [\"host.docker.internal:host-gateway\"]\n";
    machine.write_compose(|compose| compose + MORE + docker);
    machine.run("gateway up").code(0);
    let alias = machine.doctor("host.docker.internal");
    assert_eq!(alias["verdict"], "warn", "{alias}");
    let own = "host.containers.internal";
    for check in [&alias, &machine.doctor("reach")] {
        let mend = check["mend"].as_str().expect("a cure");
        assert!(mend.contains(own), "{check}");
    }
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "fail", "{reach}");
    let why = reach["why"].as_str().expect("a reason");
    assert!(
        why.contains("host.docker.internal does not resolve"),
        "{why}"
    );
    machine.write_compose(|compose| compose.replace("host.docker.internal", own) + MORE);
    machine.run("gateway up").code(0);
    let reach = machine.doctor("reach");
    assert_eq!(reach["verdict"], "ok", "{reach}");
    machine.run("gateway down").code(0);
    machine.stop_backend();
}
