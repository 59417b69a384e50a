//! `init`: Makefile.ai and ollamactl.yaml for a repository, and the embedded gateway as a service of its
//! compose project, without overwriting anything.

mod gateway;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::context::Context;
use crate::cli::InitArgs;
use crate::config::{self, Flags, PROJECT_FILE};
use crate::error::{Context as _, Error, Result};

/// The same file as this repository's own.
const MAKEFILE: &str = include_str!("../../../Makefile.ai");

pub(super) fn run(context: &Context, args: &InitArgs) -> anyhow::Result<()> {
    let mut flags = Flags::default();
    args.model.add_to(&mut flags);
    let folder = context.folder.join(&args.folder);
    if !folder.is_dir() {
        return Err(Error::usage(format!("{} is not a folder", args.folder.display())).into());
    }
    // Without what it would lead to: `..` would be taken for a folder above itself.
    let folder = folder.canonicalize()?;
    if !args.nested {
        refuse_below_another(context, &folder)?;
    }
    let shared = config::load_shared(&flags, &folder)?;
    // First of all, since it may find fault with a compose file.
    let service = args
        .gateway
        .then(|| gateway::Service::plan(&context.config(&flags)?, &shared, &folder))
        .transpose()?;
    let settings = settings(shared.model.value.as_str(), &shared.gateway.service.value);
    let files = [("Makefile.ai", MAKEFILE), (PROJECT_FILE, &settings)];
    for (name, content) in files {
        write(context, &folder.join(name), content.as_bytes(), 0o666)?;
    }
    if let Some(service) = service {
        service.write(context)?;
    }
    context
        .ui
        .say("next: make -f Makefile.ai ai-llm-setup   (or: ollamactl up)");
    Ok(())
}

/// A second file would hide the first from whoever stands below it.
fn refuse_below_another(context: &Context, folder: &Path) -> Result<()> {
    let found = config::find(folder).filter(|file| file.parent() != Some(folder));
    let Some(file) = found else { return Ok(()) };
    let above = file.parent().unwrap_or(&file).display();
    let (here, again) = match shown(context, folder).as_str() {
        "." => ("this folder".to_owned(), String::new()),
        named => (named.to_owned(), format!(" {named}")),
    };
    Err(
        Error::usage(format!("{} counts in {here} already", file.display()))
            .hint(format!("for that repository: ollamactl init {above}"))
            .hint(format!(
                "for settings of this folder's own: ollamactl init --nested{again}"
            )),
    )
}

/// A path for people: relative to where they stand, if it is in there.
fn shown(context: &Context, path: &Path) -> String {
    let here = context.folder.canonicalize();
    let inside = here
        .as_ref()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok());
    match inside {
        Some(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Some(inside) => inside.display().to_string(),
        None => path.display().to_string(),
    }
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
    let written = write_new(path, bytes, mode)?;
    if context.ui.is_json() {
        let event = serde_json::json!({ "event": "file", "path": path, "written": written });
        return context.ui.print_json(&event);
    }
    let path = shown(context, path);
    context.ui.say(&if written {
        format!("wrote {path}")
    } else {
        format!("{path} is there already; left as it is")
    });
    Ok(())
}

/// Says what is left for a person to do, or to know.
fn remark(context: &Context, text: &str) -> Result<()> {
    if context.ui.is_json() {
        let event = serde_json::json!({ "event": "remark", "message": text });
        return context.ui.print_json(&event);
    }
    context.ui.say(text);
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
