//! `init`: Makefile.ai and ollamactl.yaml for a repository, and the embedded gateway as a service of its
//! compose project, without overwriting anything.

mod gateway;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::context::Context;
use crate::cli::InitArgs;
use crate::config::{Flags, PROJECT_FILE};
use crate::error::{Context as _, Error, Result};

/// The same file as this repository's own.
const MAKEFILE: &str = include_str!("../../../Makefile.ai");

pub(super) fn run(context: &Context, args: &InitArgs) -> anyhow::Result<()> {
    let mut flags = Flags::default();
    args.model.add_to(&mut flags);
    let config = context.config(&flags)?;
    if !args.folder.is_dir() {
        return Err(Error::usage(format!("{} is not a folder", args.folder.display())).into());
    }
    // First of all, since it may find fault with a compose file.
    let service = args
        .gateway
        .then(|| gateway::Service::plan(&config, &args.folder))
        .transpose()?;
    let settings = settings(config.model.value.as_str(), &config.gateway.service.value);
    let files = [("Makefile.ai", MAKEFILE), (PROJECT_FILE, &settings)];
    for (name, content) in files {
        write(context, &args.folder.join(name), content.as_bytes(), 0o666)?;
    }
    if let Some(service) = service {
        service.write(context)?;
    }
    context
        .ui
        .say("next: make -f Makefile.ai ai-llm-setup   (or: ollamactl up)");
    Ok(())
}

fn settings(model: &str, service: &str) -> String {
    format!(
        "# Settings of ollamactl for this repository; flags and environment variables win over them.\n\
         # Every key: ollamactl config show\n\
         \n\
         # The model that this repository's features need.\n\
         model: {model}\n\
         \n\
         gateway:\n  \
         # The service of docker-compose.yml that applications call.\n  \
         service: {service}\n"
    )
}

/// Writes the file and says so; one that is there stays as it is, whatever it holds.
fn write(context: &Context, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    if write_new(path, bytes, mode)? {
        context.ui.say(&format!("wrote {}", path.display()));
    } else {
        let text = format!("{} is there already; left as it is", path.display());
        context.ui.say(&text);
    }
    Ok(())
}

/// Creates the file; `false` where there is one already.
fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<bool> {
    let failed = || format!("cannot write {}", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(content).or_failed(failed)?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).or_failed(failed),
    }
}
