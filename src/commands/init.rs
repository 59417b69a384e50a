//! `init`: Makefile.ai and ollamactl.yaml for a repository, without overwriting anything.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::context::Context;
use crate::cli::InitArgs;
use crate::config::{Flags, PROJECT_FILE};
use crate::error::{Context as _, Error, Result};

/// The same file as this repository's own.
const MAKEFILE: &str = include_str!("../../Makefile.ai");

pub(super) fn run(context: &Context, args: &InitArgs) -> anyhow::Result<()> {
    let mut flags = Flags::default();
    args.model.add_to(&mut flags);
    let config = context.config(&flags)?;
    if !args.folder.is_dir() {
        return Err(Error::usage(format!("{} is not a folder", args.folder.display())).into());
    }
    let settings = settings(config.model.value.as_str());
    for (name, content) in [("Makefile.ai", MAKEFILE), (PROJECT_FILE, settings.as_str())] {
        let path = args.folder.join(name);
        if write_new(&path, content)? {
            context.ui.say(&format!("wrote {}", path.display()));
        } else {
            context.ui.say(&format!(
                "{} is there already; left as it is",
                path.display()
            ));
        }
    }
    context
        .ui
        .say("next: make -f Makefile.ai ai-llm-setup   (or: ollamactl up)");
    Ok(())
}

fn settings(model: &str) -> String {
    format!(
        "# Settings of ollamactl for this repository; flags and environment variables win over them.\n\
         # Every key: ollamactl config show\n\
         \n\
         # The model that this repository's features need.\n\
         model: {model}\n\
         \n\
         gateway:\n  \
         # The service of docker-compose.yml that applications call.\n  \
         service: ollama-functions\n"
    )
}

/// Creates the file; `false` where there is one already, whatever it holds.
fn write_new(path: &Path, content: &str) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(content.as_bytes())
                .or_failed(|| format!("cannot write {}", path.display()))?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).or_failed(|| format!("cannot write {}", path.display())),
    }
}
