//! The commands on a real engine, through the real binary: the user's story with a compose project, and
//! everything that the gateway's commands promise. `OLLAMACTL_ENGINE_TESTS=1` asks for this suite.
#![cfg(target_os = "linux")]

#[path = "engine/api.rs"]
mod api;
#[path = "engine/base.rs"]
mod base;
#[path = "engine/docker.rs"]
mod docker;
#[path = "engine/stack.rs"]
mod stack;
mod support;

#[path = "engine/cli/compose.rs"]
mod compose;
#[path = "engine/cli/converge.rs"]
mod converge;
#[path = "engine/cli/looks.rs"]
mod looks;
#[path = "engine/cli/moved.rs"]
mod moved;
#[path = "engine/cli/owner.rs"]
mod owner;
#[path = "engine/cli/plan.rs"]
mod plan;
#[path = "engine/cli/targets.rs"]
mod targets;
#[path = "engine/cli/traffic.rs"]
mod traffic;
#[path = "engine/cli/verbs.rs"]
mod verbs;
#[path = "engine/cli/wrong.rs"]
mod wrong;
