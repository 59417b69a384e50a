//! A build context: the folder's files as a tar stream, without what `.dockerignore` leaves out.
//! It is written while it is sent, so that its size does not matter.

use std::fs::Metadata;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::Stream;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Dockerfile;
use super::ignore::Ignore;
use crate::error::{Context as _, Error, Kind, Result};
use crate::units;

/// Bytes per part of the stream.
const CHUNK: usize = 128 * 1024;
/// Parts that may wait for the engine to take them.
const QUEUE: usize = 8;

/// A folder ready to be sent.
#[derive(Debug)]
pub(super) struct BuildContext {
    root: PathBuf,
    ignore: Ignore,
    /// The Dockerfile's path within the archive.
    pub(super) dockerfile: String,
    instructions: Vec<u8>,
    /// The Dockerfile is not a file of the context.
    added: bool,
}

impl BuildContext {
    /// Looks at the folder, the Dockerfile and the ignore file.
    pub(super) fn prepare(root: &Path, dockerfile: &Dockerfile) -> Result<Self> {
        if !root.is_dir() {
            let fault = if root.exists() {
                "is not a folder"
            } else {
                "does not exist"
            };
            return Err(
                Error::usage(format!("the build context {} {fault}", root.display()))
                    .hint("correct build.context in the compose file"),
            );
        }
        let mut context = Self {
            root: root.to_owned(),
            ignore: Ignore::default(),
            dockerfile: String::new(),
            instructions: Vec::new(),
            added: false,
        };
        let beside = match dockerfile {
            Dockerfile::Inline(text) => {
                context.instructions = text.clone().into_bytes();
                context.add();
                None
            }
            Dockerfile::File(path) => Some(context.locate(path)?),
        };
        context.ignore = read_ignore(root, beside.as_deref())?;
        Ok(context)
    }

    /// Finds the Dockerfile, and takes it along where it is outside the context.
    fn locate(&mut self, path: &str) -> Result<PathBuf> {
        let file = self.root.join(path);
        let text = std::fs::read(&file).context(Kind::Usage, || {
            format!("the Dockerfile {} cannot be read", file.display())
        });
        self.instructions =
            text.map_err(|error| error.hint("correct build.dockerfile in the compose file"))?;
        let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // Its folder decides: the file itself may be a link to elsewhere.
        let folder = resolved(file.parent().unwrap_or(&self.root));
        match (folder.strip_prefix(resolved(&self.root)), file.file_name()) {
            (Ok(folder), Some(name)) => self.dockerfile = slashed(&folder.join(name)),
            _ => self.add(),
        }
        Ok(file)
    }

    /// A name that depends on the text alone, so that an unchanged build is answered from the cache.
    fn add(&mut self) {
        let digest = Sha256::digest(&self.instructions);
        let short = units::hex(&digest[..6]);
        self.dockerfile = format!(".dockerfile.{short}");
        self.added = true;
    }

    /// The Dockerfile's text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.instructions).into_owned()
    }

    /// The archive. The task ends with what could not be read.
    pub(super) fn stream(
        self,
    ) -> (
        impl Stream<Item = io::Result<Bytes>>,
        JoinHandle<Result<()>>,
    ) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = tokio::task::spawn_blocking(move || {
            let pipe = io::BufWriter::with_capacity(CHUNK, Pipe(sender.clone()));
            let written = self.write(pipe);
            if let Err(error) = &written {
                // The request must not look complete.
                let _ = sender.blocking_send(Err(io::Error::other(error.to_string())));
            }
            written
        });
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|part| (part, receiver))
        });
        (stream, task)
    }

    /// The archive in one piece.
    pub(super) async fn archive(self) -> Result<Bytes> {
        let write = move || {
            let mut bytes = Vec::new();
            self.write(&mut bytes).map(|()| Bytes::from(bytes))
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.or_failed(|| "the build context cannot be read")?
    }

    fn write(&self, to: impl Write) -> Result<()> {
        let mut archive = tar::Builder::new(to);
        // Engines refuse GNU sparse entries ("unhandled tar header type 83").
        archive.sparse(false);
        self.walk(&mut archive, Path::new(""))?;
        if self.added {
            let text = self.instructions.as_slice();
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_size(text.len() as u64);
            let appended = archive.append_data(&mut header, &self.dockerfile, text);
            appended.or_failed(|| "the Dockerfile cannot be sent")?;
        }
        let flushed = archive.into_inner().and_then(|mut to| to.flush());
        flushed.or_failed(|| "the build context cannot be sent")
    }

    fn walk<W: Write>(&self, archive: &mut tar::Builder<W>, folder: &Path) -> Result<()> {
        let path = self.root.join(folder);
        let unreadable = || format!("{} cannot be read", path.display());
        let entries = std::fs::read_dir(&path).or_failed(unreadable)?;
        let mut names = entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<io::Result<Vec<_>>>()
            .or_failed(unreadable)?;
        // The same folder gives the same archive.
        names.sort();
        for name in names {
            self.visit(archive, &folder.join(name))?;
        }
        Ok(())
    }

    fn visit<W: Write>(&self, archive: &mut tar::Builder<W>, relative: &Path) -> Result<()> {
        let path = self.root.join(relative);
        let meta = std::fs::symlink_metadata(&path)
            .or_failed(|| format!("{} cannot be read", path.display()))?;
        let name = slashed(relative);
        let left_out = self.ignore.excludes(&name) && !self.always(&name);
        if !left_out {
            append(archive, &path, relative, &meta)?;
        }
        if meta.is_dir() && (!left_out || self.enters(&name)) {
            self.walk(archive, relative)?;
        }
        Ok(())
    }

    /// What the engine needs to build at all.
    fn always(&self, name: &str) -> bool {
        name == self.dockerfile || name == ".dockerignore"
    }

    fn enters(&self, folder: &str) -> bool {
        let holds_dockerfile = self
            .dockerfile
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'));
        holds_dockerfile || self.ignore.may_take_back_below(folder)
    }
}

/// `NAME.dockerignore` beside the Dockerfile wins over `.dockerignore` of the context.
fn read_ignore(root: &Path, dockerfile: Option<&Path>) -> Result<Ignore> {
    let own = dockerfile.map(|path| {
        let mut name = path.as_os_str().to_owned();
        name.push(".dockerignore");
        PathBuf::from(name)
    });
    for path in own.into_iter().chain([root.join(".dockerignore")]) {
        match std::fs::read(&path) {
            Ok(text) => {
                return Ignore::parse(&String::from_utf8_lossy(&text), &path.display().to_string());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error)
                    .context(Kind::Usage, || format!("{} cannot be read", path.display()));
            }
        }
    }
    Ok(Ignore::default())
}

fn append<W: Write>(
    archive: &mut tar::Builder<W>,
    path: &Path,
    relative: &Path,
    meta: &Metadata,
) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_metadata(meta);
    // As the docker CLI does: who owns the files here must not change the image.
    header.set_uid(0);
    header.set_gid(0);
    let appended = if meta.is_symlink() {
        header.set_size(0);
        std::fs::read_link(path)
            .and_then(|target| archive.append_link(&mut header, relative, target))
    } else if meta.is_dir() {
        header.set_size(0);
        archive.append_data(&mut header, relative, io::empty())
    } else if meta.is_file() {
        append_file(archive, path, relative, &mut header, meta.len())
    } else {
        // Sockets, pipes and devices have no place in an image.
        Ok(())
    };
    appended.or_failed(|| format!("{} cannot be sent to the engine", path.display()))
}

fn append_file<W: Write>(
    archive: &mut tar::Builder<W>,
    path: &Path,
    relative: &Path,
    header: &mut tar::Header,
    size: u64,
) -> io::Result<()> {
    header.set_size(size);
    let mut file = Counted {
        inner: std::fs::File::open(path)?.take(size),
        count: 0,
    };
    archive.append_data(header, relative, &mut file)?;
    if file.count == size {
        return Ok(());
    }
    Err(io::Error::other("it became shorter while it was read"))
}

/// Counts what was read: an archive entry must hold as much as its header says.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

/// Hands what is written to the request's body.
struct Pipe(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pipe {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(part)));
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        folder
    }

    fn file(path: &str) -> Dockerfile {
        Dockerfile::File(path.to_owned())
    }

    /// Files in the archive with their text; links as `-> target`; folders end in `/`.
    fn archive(context: &BuildContext) -> BTreeMap<String, String> {
        let mut bytes = Vec::new();
        context.write(&mut bytes).expect("written");
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries = archive.entries().expect("an archive");
        entries
            .map(|entry| {
                let mut entry = entry.expect("an entry");
                assert_eq!(entry.header().uid().expect("a uid"), 0);
                let name = entry.path().expect("a path").display().to_string();
                let mut text = String::new();
                entry.read_to_string(&mut text).expect("text");
                if let Some(target) = entry.link_name().expect("a link name") {
                    text = format!("-> {}", target.display());
                }
                (name, text)
            })
            .collect()
    }

    fn names(context: &BuildContext) -> Vec<String> {
        archive(context).into_keys().collect()
    }

    #[test]
    fn ignored_files_stay_out_but_not_what_the_engine_needs() {
        let folder = folder(&[
            (".dockerignore", "*\n!src"),
            ("build/Dockerfile", "FROM scratch"),
            ("build/other", ""),
            ("src/main", "text"),
            (".env", "SECRET=1"),
        ]);
        let context =
            BuildContext::prepare(folder.path(), &file("build/Dockerfile")).expect("prepared");
        assert_eq!(context.dockerfile, "build/Dockerfile");
        assert_eq!(
            names(&context),
            [".dockerignore", "build/Dockerfile", "src", "src/main"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_long_names_whole() {
        let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
        let folder = folder(&[("Dockerfile", "FROM scratch"), (&long, "deep")]);
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).expect("linked");
        let context = BuildContext::prepare(folder.path(), &file("Dockerfile")).expect("prepared");
        let archive = archive(&context);
        assert_eq!(archive["link"], "-> /etc/passwd");
        assert_eq!(archive[&long], "deep");
    }

    #[test]
    fn a_dockerfile_from_elsewhere_comes_along_with_its_own_ignore_file() {
        let folder = folder(&[
            ("app/main", ""),
            ("app/skip", ""),
            ("app/.dockerignore", "main"),
            ("docker/Dockerfile", "FROM scratch"),
            ("docker/Dockerfile.dockerignore", "skip\n.dockerignore"),
        ]);
        let context =
            BuildContext::prepare(&folder.path().join("app"), &file("../docker/Dockerfile"));
        let context = context.expect("prepared");
        let archive = archive(&context);
        assert_eq!(archive[&context.dockerfile], "FROM scratch");
        assert!(archive.contains_key("main") && !archive.contains_key("skip"));
        let inline = Dockerfile::Inline("FROM scratch".to_owned());
        let inline = BuildContext::prepare(&folder.path().join("app"), &inline).expect("prepared");
        assert_eq!(inline.dockerfile, context.dockerfile);
    }

    #[test]
    fn a_missing_dockerfile_is_named() {
        let folder = folder(&[]);
        let error = BuildContext::prepare(folder.path(), &file("Dockerfile")).expect_err("missing");
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error
                .message
                .contains(&folder.path().join("Dockerfile").display().to_string())
        );
    }
}
