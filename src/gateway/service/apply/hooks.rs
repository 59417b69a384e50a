//! The commands that a service wants to be run in its containers, after their start and before their stop.

use hyper::StatusCode;

use crate::compose::{Hook, Service};
use crate::engine::{Engine, Exec, refusal};
use crate::error::{Error, Result};

/// `post_start`, in a container that was started now. The first that fails ends it; the container runs on.
pub(super) async fn post_start(
    engine: &Engine,
    service: &Service,
    id: &str,
    name: &str,
) -> Result<()> {
    run(
        engine,
        service,
        "post_start",
        &service.post_start,
        (id, name),
    )
    .await
}

/// `pre_stop`, in a container that is to be stopped. Where one fails, it is not stopped. One that ended or
/// went away by itself needs none of it.
pub(super) async fn pre_stop(
    engine: &Engine,
    service: &Service,
    id: &str,
    name: &str,
) -> Result<()> {
    match run(engine, service, "pre_stop", &service.pre_stop, (id, name)).await {
        Err(error) if has_ended(&error) => Ok(()),
        other => other,
    }
}

/// Whether there is nothing to run a command in any more: the engine answers 404 where the container is
/// gone, and 409 where it is not running (`ContainerExec` of Docker's API).
fn has_ended(error: &Error) -> bool {
    matches!(
        refusal(error),
        Some(StatusCode::NOT_FOUND | StatusCode::CONFLICT)
    )
}

async fn run(
    engine: &Engine,
    service: &Service,
    key: &str,
    hooks: &[Hook],
    (id, name): (&str, &str),
) -> Result<()> {
    for (index, hook) in hooks.iter().enumerate() {
        let code = engine.exec((id, name), &exec(hook)).await?;
        if code != 0 {
            let command = command(hook).join(" ");
            return Err(Error::failed(format!(
                "services.{}.{key}[{index}] ended with exit code {code} in container {name}: {command}",
                service.name
            ))
            .hint(format!("see why: docker exec {name} {command}")));
        }
    }
    Ok(())
}

fn exec(hook: &Hook) -> Exec {
    let variable = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    Exec {
        command: command(hook).to_vec(),
        user: hook.user.clone(),
        privileged: hook.privileged,
        working_dir: hook.working_dir.clone(),
        environment: hook.environment.iter().map(variable).collect(),
    }
}

fn command(hook: &Hook) -> &[String] {
    hook.command.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Argv;

    #[test]
    fn all_that_a_hook_says_is_asked_for() {
        let variable = |name: &str, value: Option<&str>| (name.into(), value.map(str::to_owned));
        let hook = Hook {
            command: Argv(Some(vec!["warm".into(), "up".into()])),
            user: "7:8".into(),
            privileged: true,
            working_dir: "/srv".into(),
            environment: [variable("A", Some("1")), variable("B", None)].into(),
        };
        let expected = Exec {
            command: vec!["warm".into(), "up".into()],
            user: "7:8".into(),
            privileged: true,
            working_dir: "/srv".into(),
            environment: vec!["A=1".into(), "B".into()],
        };
        assert_eq!(exec(&hook), expected);
    }
}
