//! The image that `init --gateway` describes. Its Dockerfile is in the repository, its program is made on
//! each machine: a fresh clone lacks it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::compose::Service;
use crate::error::{Error, Result};

/// The program in the folder of the Dockerfile, and in the image.
pub const PROGRAM: &str = "ollamactl";

/// No shell, no library, no user but nobody: the program is static.
pub const DOCKERFILE: &str = "\
# The gateway of `ollamactl init --gateway`: one static program, which that command copies here.
FROM scratch
COPY ollamactl /ollamactl
# For ollamactl's own files, which a gateway has none of.
ENV HOME=/
# Nobody.
USER 65534:65534
ENTRYPOINT [\"/ollamactl\"]
CMD [\"gateway\", \"run\"]
";

/// Whether this folder is one that `init --gateway` wrote, so that the program in it is a copy of ours.
pub fn is_ours(folder: &Path) -> bool {
    let ours = DOCKERFILE.lines().next().unwrap_or_default();
    let mut begin = String::new();
    // No more of it: what a repository calls its Dockerfile may have no end.
    let read = File::open(folder.join("Dockerfile"))
        .and_then(|file| file.take(ours.len() as u64).read_to_string(&mut begin));
    read.is_ok() && begin == ours
}

/// Where the program of this service's image is, where it is built in a folder of ours.
pub fn program(service: &Service) -> Option<PathBuf> {
    let folder = Path::new(&service.build.as_ref()?.context);
    is_ours(folder).then(|| folder.join(PROGRAM))
}

/// Refuses a build that lacks the program, in words of ours: the builder would not know how to make it.
pub(super) fn check(service: &Service) -> Result<()> {
    let Some(program) = program(service).filter(|program| !program.exists()) else {
        return Ok(());
    };
    Err(Error::usage(format!(
        "service {}: {} is missing, the program of the image; it is made on each machine",
        service.name,
        program.display()
    ))
    .hint("in the folder of the compose file: ollamactl init --gateway"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Build;

    #[test]
    fn a_fresh_clone_is_told_how_the_program_is_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut service = Service::default();
        assert!(check(&service).is_ok(), "nothing to build");
        service.build = Some(Build {
            context: folder.path().display().to_string(),
            ..Build::default()
        });
        assert!(check(&service).is_ok(), "no Dockerfile of ours");
        std::fs::write(folder.path().join("Dockerfile"), DOCKERFILE).expect("written");
        let error = check(&service).expect_err("the program is missing");
        assert!(error.hints[0].contains("init --gateway"), "{error:?}");
        std::fs::write(folder.path().join(PROGRAM), "").expect("written");
        assert!(check(&service).is_ok());
    }
}
