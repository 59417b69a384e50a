//! Deadlines. Every call has one; and while a call takes longer than a moment, the engine is asked
//! whether it is there at all, so that an engine that hangs is told at once from one that works.

use std::pin::pin;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as Fault;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use tokio::time::{sleep, timeout};

use super::fault::{Aim, Reply, explain, not_greeted};
use super::{Endpoint, Engine};
use crate::error::{Error, Kind, Result};
use crate::event::Step;

/// How long a call may take that only reads.
const READ: Duration = Duration::from_secs(30);
/// How long a call may take that creates, starts or removes: mounting and unpacking take a while.
pub(super) const CHANGE: Duration = Duration::from_mins(2);
/// After this time in a call the engine is asked whether it is there; then after twice as long.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// The longest time between two such looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(16);
/// How long the answer may take: an engine that works hard still answers this.
const PATIENCE: Duration = Duration::from_millis(3500);
/// The same over ssh, where each connection logs in first.
const PATIENCE_SSH: Duration = Duration::from_secs(20);
/// After so long without a message of a build or a pull something is said.
const QUIET: Duration = Duration::from_secs(10);

/// Why the messages of a long operation ended early.
pub(super) enum Interruption {
    /// The engine says so.
    Fault(Fault),
    /// It fell silent.
    Silence(Error),
}

impl Engine {
    /// A call that only reads: where it breaks off, nothing is in doubt.
    pub(super) fn read<'a, T: 'a>(
        &'a self,
        doing: &'a str,
        call: impl Future<Output = Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.ask(doing, READ, Aim::Look, call)
    }

    /// A call that changes something.
    pub(super) fn change<'a, T: 'a>(
        &'a self,
        doing: &'a str,
        call: impl Future<Output = Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.call(doing, CHANGE, call)
    }

    /// A call that changes something and may take so long. `doing` completes "… while …".
    pub(super) fn call<'a, T: 'a>(
        &'a self,
        doing: &'a str,
        limit: Duration,
        call: impl Future<Output = Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.ask(doing, limit, Aim::Change, call)
    }

    /// A call with this aim. Its own state is large, so it is kept apart from the caller's.
    fn ask<'a, T: 'a>(
        &'a self,
        doing: &'a str,
        limit: Duration,
        aim: Aim,
        call: impl Future<Output = Reply<T>> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        let call = Box::pin(within(&self.endpoint, doing, (limit, aim), call));
        Box::pin(async move {
            tokio::select! {
                reply = call => match reply {
                    Err(error) if error.kind == Kind::Engine => {
                        Err(self.transport.explain(&self.endpoint, error).await)
                    }
                    // What has not said who it is may be no engine, and then that is the error.
                    Err(error) if error.kind == Kind::Failed && self.info.get().is_none() => {
                        Box::pin(self.identify()).await.and(Err(error))
                    }
                    reply => reply,
                },
                () = self.silence() => Err(silent(&self.endpoint, doing, aim)),
            }
        })
    }

    /// Resolves when the engine does not answer any more.
    fn silence(&self) -> impl Future<Output = ()> + use<> {
        let over_ssh = self.endpoint.address.starts_with("ssh://");
        let patience = if over_ssh { PATIENCE_SSH } else { PATIENCE };
        let docker = self.docker.clone();
        async move { silence(&docker, patience).await }
    }

    /// The messages of an engine that may have nothing to say for long, and changes nothing for them; an error
    /// where it has gone silent.
    pub(super) fn listen<T: Send + 'static>(
        &self,
        doing: String,
        messages: impl Stream<Item = Reply<T>> + Send + 'static,
    ) -> BoxStream<'static, Result<T>> {
        let endpoint = self.endpoint.clone();
        let fell_silent = silent(&endpoint, &doing, Aim::Look);
        let silence = self.silence();
        let silence = async move {
            silence.await;
            Some(Err(fell_silent))
        };
        let messages = messages
            .map(move |message| {
                Some(message.map_err(|fault| explain(&endpoint, &doing, fault, Aim::Look)))
            })
            .chain(stream::iter([None]));
        stream::select(messages, stream::once(silence))
            .scan((), |(), message| std::future::ready(message))
            .boxed()
    }

    /// Hands on the messages of a build or a pull until they end. As long as the engine is there the
    /// operation may take its time, but not in silence: after `limit` without a message it is given up.
    pub(super) async fn follow<T>(
        &self,
        doing: &str,
        limit: Duration,
        step: &Step,
        messages: impl Stream<Item = Reply<T>>,
        mut each: impl FnMut(T),
    ) -> std::result::Result<(), Interruption> {
        let mut messages = pin!(messages);
        let mut silence = pin!(self.silence());
        let mut quiet = Duration::ZERO;
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    None => return Ok(()),
                    Some(Ok(message)) => {
                        quiet = Duration::ZERO;
                        each(message);
                    }
                    Some(Err(fault)) => return Err(Interruption::Fault(fault)),
                },
                () = &mut silence => return Err(Interruption::Silence(silent(&self.endpoint, doing, Aim::Change))),
                () = sleep(QUIET) => {
                    quiet += QUIET;
                    if quiet >= limit {
                        return Err(Interruption::Silence(overdue(&self.endpoint, &format!("finish {doing}"), limit)));
                    }
                    let seconds = quiet.as_secs();
                    step.progress(format!("{doing}: no news for {seconds} s; the engine still answers"));
                }
            }
        }
    }
}

/// Waits for a call no longer than `limit`, without asking the engine meanwhile.
pub(super) async fn within<T>(
    endpoint: &Endpoint,
    doing: &str,
    (limit, aim): (Duration, Aim),
    call: impl Future<Output = Reply<T>>,
) -> Result<T> {
    match timeout(limit, call).await {
        Ok(reply) => reply.map_err(|fault| explain(endpoint, doing, fault, aim)),
        Err(_) => Err(overdue(endpoint, &format!("finish {doing}"), limit)),
    }
}

/// The first question, of what is there: it may be no engine at all.
pub(super) async fn greeted<T>(
    endpoint: &Endpoint,
    limit: Duration,
    call: impl Future<Output = Reply<T>>,
) -> Result<T> {
    match timeout(limit, call).await {
        Ok(reply) => reply.map_err(|fault| not_greeted(endpoint, fault)),
        Err(_) => Err(overdue(endpoint, "answer", limit)),
    }
}

/// Asks the engine now and then, until an answer does not come in time.
async fn silence(docker: &Docker, patience: Duration) {
    let mut pause = FIRST_LOOK;
    loop {
        sleep(pause).await;
        // An error is an answer, too; and where the engine is gone, the call itself ends with the reason.
        if timeout(patience, docker.ping()).await.is_err() {
            return;
        }
        pause = (pause * 2).min(BETWEEN_LOOKS);
    }
}

/// The error for an engine that has stopped answering in a call.
pub(super) fn silent(endpoint: &Endpoint, doing: &str, aim: Aim) -> Error {
    let error = Error::new(
        Kind::Timeout,
        format!("the engine at {endpoint} stopped answering while {doing}"),
    );
    aim.cut_off(error.hint("docker info"))
}

fn overdue(endpoint: &Endpoint, what: &str, limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    Error::new(
        Kind::Timeout,
        format!("the engine at {endpoint} did not {what} within {seconds} s"),
    )
    .hint("docker info")
}
