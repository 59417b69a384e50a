//! `stub`: the stand-in for Ollama, in the foreground.

use super::context::Context;
use crate::cli::StubArgs;
use crate::error::Error;
use crate::ollama::host;
use crate::stub::{self, Faults, Options, Settings};

pub(super) async fn run(context: &Context, args: &StubArgs) -> anyhow::Result<()> {
    let host = host::parse(&args.host);
    let listen = host
        .socket_addr()
        .ok_or_else(|| Error::usage(format!("{host} does not resolve")))?;
    let models = args
        .models
        .clone()
        .unwrap_or_else(|| context.paths.stub_models());
    let options = Options {
        listen,
        models,
        preset: args.preset.clone(),
        faults: Faults::from_env(),
        settings: Settings::from_env(),
    };
    // What it says of a crash is Go's; the exit code is all that is left to tell.
    Ok(stub::run(options).await??)
}
