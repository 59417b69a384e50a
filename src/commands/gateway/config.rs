//! `gateway config`: the compose project in canonical form.

use crate::cli::GatewayConfigArgs;
use crate::commands::context::Context;
use crate::compose::{Project, Release};
use crate::error::Result;
use crate::gateway;

pub(super) fn run(context: &Context, args: &GatewayConfigArgs) -> Result<()> {
    let config = context.config(&args.stack.flags())?;
    let mut project = gateway::project(&config, &context.folder)?;
    if !args.selected.is_empty() {
        project = project.of_services(&args.selected)?;
    }
    warn(context, &project);
    let release = config.gateway.compose_version.value.unwrap_or_default();
    if args.services {
        return lines(context, project.services.keys().cloned());
    }
    if args.volumes {
        return lines(context, project.used_volumes().map(str::to_owned));
    }
    if args.images {
        let images = project.services.values();
        return lines(context, images.map(|service| project.image_name(service)));
    }
    if let Some(services) = &args.hash {
        return hashes(context, &project, services, &release);
    }
    // Only what is shown above does without the variables of these files.
    project.check_files()?;
    if context.ui.is_json() {
        context.ui.print(&project.canonical_json(release.dialect()))
    } else {
        context.ui.print(&project.canonical_yaml(release.dialect()))
    }
}

/// What the file says and the model does not hold is missing in what is shown.
fn warn(context: &Context, project: &Project) {
    let unsupported = project
        .services
        .values()
        .flat_map(|service| &service.unsupported)
        .chain(&project.unsupported)
        .map(|key| format!("{key} is not supported by ollamactl, and not shown"));
    for warning in unsupported.chain(project.warnings.iter().cloned()) {
        if context.ui.is_json() {
            // Standard output is one document.
            context.ui.explain(&format!("warning: {warning}"));
        } else {
            context.events().warn(warning);
        }
    }
}

fn lines(context: &Context, lines: impl Iterator<Item = String>) -> Result<()> {
    let lines: Vec<String> = lines.collect();
    if context.ui.is_json() {
        return context.ui.print_json(&lines);
    }
    lines.iter().try_for_each(|line| context.ui.print(line))
}

fn hashes(context: &Context, project: &Project, wanted: &str, release: &Release) -> Result<()> {
    let names: Vec<&str> = match wanted {
        "*" => project.services.keys().map(String::as_str).collect(),
        some => some.split(',').collect(),
    };
    let mut hashes = Vec::new();
    for name in names {
        let hash = project.service(name)?.config_hash(release.dialect());
        hashes.push(format!("{name} {hash}"));
    }
    lines(context, hashes.into_iter())
}
