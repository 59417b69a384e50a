//! What runs in the container: commands, health checks, hooks, and what `docker compose watch` does.

use crate::compose::decode::parts::refuse_unknown;
use crate::compose::decode::{Decoded, Field, words};
use crate::compose::model::service::{Develop, Healthcheck, Hook, Trigger};
use crate::compose::model::units::Argv;
use crate::compose::yaml::node::Node;

/// A command line or a list of words.
pub(super) fn argv(field: &Field) -> Decoded<Argv> {
    let words = match field.node {
        Node::List(_) => field.texts()?,
        _ => words::split(&field.text()?).map_err(|reason| field.invalid(reason))?,
    };
    Ok(Argv(Some(words)))
}

/// How the engine asks whether the container is well.
pub(super) fn healthcheck(field: &Field, unsupported: &mut Vec<String>) -> Decoded<Healthcheck> {
    let o = field.object()?;
    let healthcheck = Healthcheck {
        test: o.or_default("test", healthcheck_test)?,
        timeout: o.option("timeout", Field::interval)?,
        interval: o.option("interval", Field::interval)?,
        retries: o.option("retries", |field| field.not_negative(field.truncated()?))?,
        start_period: o.option("start_period", Field::interval)?,
        start_interval: o.option("start_interval", Field::interval)?,
        disable: o.bool("disable")?,
    };
    unsupported.extend(o.unknown()?);
    Ok(healthcheck)
}

fn healthcheck_test(field: &Field) -> Decoded<Vec<String>> {
    let Node::List(_) = field.node else {
        return Ok(vec!["CMD-SHELL".to_owned(), field.text()?]);
    };
    let test = field.texts()?;
    match test.first().map(String::as_str) {
        None | Some("NONE" | "CMD" | "CMD-SHELL") => Ok(test),
        Some(first) => Err(field.index_fault(
            0,
            format!("a list must begin with NONE, CMD or CMD-SHELL, not `{first}`"),
        )),
    }
}

/// What only `docker compose watch` does.
pub(super) fn develop(field: &Field, warnings: &mut Vec<String>) -> Decoded<Develop> {
    warnings.push(format!("{} has no effect with ollamactl", field.path));
    let o = field.object()?;
    let develop = Develop {
        watch: o.list("watch", trigger)?,
    };
    refuse_unknown(&o)?;
    Ok(develop)
}

/// What `docker compose watch` can do.
const ACTIONS: [&str; 5] = ["rebuild", "sync", "restart", "sync+restart", "sync+exec"];

fn trigger(field: &Field) -> Decoded<Trigger> {
    let o = field.object()?;
    let trigger = Trigger {
        path: o.needed("path")?.text()?,
        action: o
            .needed("action")
            .and_then(|_| o.word("action", &ACTIONS))?,
        target: o.text("target")?,
        exec: o.or_default("exec", hook)?,
        include: o.one_or_more("include")?,
        ignore: o.one_or_more("ignore")?,
        initial_sync: o.bool("initial_sync")?,
    };
    refuse_unknown(&o)?;
    Ok(trigger)
}

/// A command that is run in the container.
pub(super) fn hook(field: &Field) -> Decoded<Hook> {
    let o = field.object()?;
    let hook = Hook {
        command: o.or_default("command", argv)?,
        user: o.text("user")?,
        privileged: o.bool("privileged")?,
        working_dir: o.text("working_dir")?,
        environment: o.or_default("environment", Field::pairs)?,
    };
    refuse_unknown(&o)?;
    Ok(hook)
}
