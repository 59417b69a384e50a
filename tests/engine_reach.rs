//! Reach, with real packets: a machine in a network namespace of its own, with an engine, containers, a
//! firewall and a neighbour on the LAN. `OLLAMACTL_ENGINE_TESTS=1` asks for this suite; it needs root.
#![cfg(target_os = "linux")]

#[path = "reach/machine.rs"]
mod machine;
mod support;

#[path = "reach/container.rs"]
mod container;
#[path = "reach/engines.rs"]
mod engines;
#[path = "reach/findings.rs"]
mod findings;
#[path = "reach/firewall.rs"]
mod firewall;
#[path = "reach/outside.rs"]
mod outside;
