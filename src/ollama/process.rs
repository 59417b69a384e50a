//! Which processes are Ollama backends and runners. The rule is the official desktop app's own
//! (app/server/server.go): a command line that merely contains "ollama serve" proves nothing.

use std::path::{Path, PathBuf};

use crate::process::Info;

/// `ollama serve` or `ollama start`: the program's base name is exactly `ollama` and the first argument
/// that is not an option is the verb.
pub fn is_backend(process: &Info) -> bool {
    same_name(process.program(), "ollama")
        && matches!(process.subcommand(), Some("serve" | "start"))
}

/// A process that a backend started to run a model: `ollama runner …` (0.5.7 to 0.24, MLX), or a
/// `llama-server` of Ollama's own (0.30 and later), told by its folder or by the model it has open.
pub fn is_runner(process: &Info) -> bool {
    if same_name(process.program(), "ollama") {
        return process.subcommand() == Some("runner");
    }
    if process.program() == "ollama_llama_server" {
        return true;
    }
    same_name(process.program(), "llama-server")
        && process.args.iter().any(|argument| {
            let argument = argument.replace('\\', "/");
            argument.contains("/lib/ollama/llama-server") || argument.contains("/blobs/sha256-")
        })
}

/// The desktop app is called `Ollama` on macOS, so case counts there.
fn same_name(program: &str, wanted: &str) -> bool {
    if cfg!(windows) {
        program.eq_ignore_ascii_case(wanted)
    } else {
        program == wanted
    }
}

/// Finds the program to run: a path as it stands, or a name looked up on `path` (a `PATH` value).
pub fn find_program(program: &Path, path: &str) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    // Elsewhere what follows a dot belongs to the name: `ollama-0.24.0`.
    let file = if cfg!(windows) {
        program.with_extension("exe")
    } else {
        program.to_owned()
    };
    std::env::split_paths(path)
        .map(|folder| folder.join(&file))
        .find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Cgroup;

    fn process(command: &str) -> Info {
        Info {
            pid: 1,
            parent: 1,
            group: 1,
            session: 1,
            args: command.split(' ').map(str::to_owned).collect(),
            name: String::new(),
            uid: None,
            cgroup: Cgroup::Session,
        }
    }

    #[test]
    fn only_a_server_is_a_backend() {
        for command in [
            "ollama serve",
            "/usr/local/bin/ollama serve",
            "/x/ollama --verbose start",
        ] {
            assert!(is_backend(&process(command)), "{command}");
        }
        for command in [
            "ollama",
            "ollama run llama3 serve",
            "ollama pull serve",
            "vim ollama serve",
            "tail -f ollama serve",
            "pkill -f ollama serve",
            "/Applications/Ollama.app/Contents/MacOS/Ollama serve",
            "/x/ollamactl serve",
        ] {
            assert!(!is_backend(&process(command)), "{command}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_found_by_its_whole_name() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("text");
        let program = folder.path().join("ollama-0.24.0");
        std::fs::write(&program, "").expect("written");
        let find = |name: &str| find_program(Path::new(name), path);
        assert_eq!(find("ollama-0.24.0"), None, "nobody may run it");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("set");
        assert_eq!(find("ollama-0.24.0"), Some(program));
        assert_eq!(find("ollama-0.24"), None);
    }

    #[test]
    fn only_ollamas_own_runners_are_runners() {
        let blob =
            "/m/blobs/sha256-1cc67863c2ce6be57bee53ad3808c76f889b30b9214d693f46aa199739de4c47";
        for command in [
            format!("/usr/bin/ollama runner --model {blob} --port 1"),
            format!("/usr/lib/ollama/llama-server --model {blob} --port 1"),
            format!("/opt/llama-server --model {blob}"),
        ] {
            assert!(is_runner(&process(&command)), "{command}");
        }
        for command in [
            "/home/me/llama.cpp/llama-server --model /m/my.gguf",
            "ollama serve",
        ] {
            assert!(!is_runner(&process(command)), "{command}");
        }
    }
}
