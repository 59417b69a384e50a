//! `stub`: the stand-in for Ollama, in the foreground.

use crate::cli::StubArgs;
use crate::error::Error;
use crate::ollama::{default_store, host};
use crate::stub::{self, Faults, Options};

pub(super) async fn run(args: &StubArgs) -> anyhow::Result<()> {
    let host = host::parse(&args.host);
    let listen = host
        .socket_addr()
        .ok_or_else(|| Error::usage(format!("{host} does not resolve")))?;
    let models = args
        .models
        .clone()
        .or_else(default_store)
        .ok_or_else(|| Error::usage("no model store: set HOME or --models DIR"))?;
    let options = Options {
        listen,
        models,
        preset: args.preset.clone(),
        faults: Faults::from_env(),
    };
    Ok(stub::run(options).await?)
}
