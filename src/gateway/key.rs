//! The key with which this machine's user asks the gateway, where it asks for one.

use std::net::SocketAddr;
use std::path::Path;

use super::{ComposeGateway, Gateway, embedded};
use crate::compose::{FileObject, FileReference, Project, Service};
use crate::config::{Config, Secret, Source};
use crate::process::{self, users};

/// The variable with a key, for a gateway of ours and for whoever asks it.
const KEY: &str = "OLLAMACTL_GATEWAY_KEY";
/// The variable with the path of a file of keys.
const KEY_FILE: &str = "OLLAMACTL_GATEWAY_KEY_FILE";

/// A key, and where it was found.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub secret: Secret,
    /// For people.
    pub source: String,
}

/// The key for this gateway, or why none is known, for people. What a compose service is given counts
/// before what is set here.
pub fn key(config: &Config, gateway: &Gateway) -> Result<Key, String> {
    let of_service = match gateway {
        Gateway::Compose(compose) => of_service(compose),
        Gateway::Embedded(how) => {
            trusted(how.launch.listen)?;
            None
        }
    };
    match of_service {
        Some(Ok(key)) => Ok(key),
        Some(Err(why)) => own(config).map_err(|_| why),
        None => own(config),
    }
}

/// Fails where whoever listens there may not be told the key: an address of another machine, which a
/// repository's file may name, and the process of another user than this one and root.
fn trusted(listen: SocketAddr) -> Result<(), String> {
    let address = embedded::for_client(listen);
    if !process::is_own_address(address.ip()) {
        return Err(format!("{listen} is not an address of this machine"));
    }
    match process::port_user(address) {
        Some(uid) if uid != 0 && Some(uid) != users::own() => {
            let user = users::describe(uid);
            Err(format!("{user} listens on {listen}, not you"))
        }
        _ => Ok(()),
    }
}

/// The key that is set here.
fn own(config: &Config) -> Result<Key, String> {
    let keys = embedded::keys(config).map_err(|error| error.in_a_line())?;
    let settings = &config.gateway.embedded;
    let source = match (&settings.key.source, &settings.key_file) {
        (Source::Default, file) => match &file.value {
            Some(path) => format!("{} ({})", path.display(), file.source),
            None => String::new(),
        },
        (source, _) => source.to_string(),
    };
    let secret = keys.into_iter().next();
    let secret = secret.ok_or_else(|| "none is set here".to_owned())?;
    Ok(Key { secret, source })
}

/// The key that a gateway of ours reads in its container: from its environment, or from a file that is
/// one of this machine's. `None` where the service names none.
fn of_service(compose: &ComposeGateway) -> Option<Result<Key, String>> {
    let service = compose.project.service(&compose.service).ok()?;
    let set = |name: &str| {
        let value = service.environment.get(name)?.as_deref()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let name = &service.name;
    if let Some(key) = set(KEY) {
        return Some(Ok(Key {
            secret: Secret::new(key),
            source: format!("{KEY} of service {name}"),
        }));
    }
    let path = flag(service).or_else(|| set(KEY_FILE))?;
    let why = |why: &str| format!("service {name} reads its keys from {path}, {why}");
    Some(match content(&compose.project, service, &path) {
        None => Err(why("which is no file of this machine")),
        Some(Err(error)) => Err(why(&format!("which cannot be read here: {error}"))),
        Some(Ok(text)) => match embedded::keys_in(&text, Path::new(&path)) {
            Err(error) => Err(error.in_a_line()),
            Ok(keys) => keys
                .into_iter()
                .next()
                .map(|secret| Key {
                    secret,
                    source: format!("{path} of service {name}"),
                })
                .ok_or_else(|| why("which holds none")),
        },
    })
}

/// What follows `--key-file` in the service's command.
fn flag(service: &Service) -> Option<String> {
    const FLAG: &str = "--key-file";
    let words = service.command.as_ref()?;
    words
        .iter()
        .enumerate()
        .find_map(|(index, word)| match word.strip_prefix(FLAG)? {
            "" => words.get(index + 1).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
}

/// What this path of the container holds; `None` where this machine has no such file.
fn content(project: &Project, service: &Service, path: &str) -> Option<std::io::Result<String>> {
    let named = |references: &[FileReference], folder: &str| {
        let found = references.iter().find(|file| file.path(folder) == path);
        found.map(|file| file.source.clone())
    };
    let secret = named(&service.secrets, "/run/secrets/").and_then(|key| project.secrets.get(&key));
    let config = named(&service.configs, "/").and_then(|key| project.configs.get(&key));
    if let Some(object) = secret.or(config) {
        return of_object(project, object);
    }
    let binds = service.volumes.iter().filter(|mount| mount.kind == "bind");
    let inside = binds.filter_map(|mount| {
        let rest = Path::new(path).strip_prefix(&mount.target).ok()?;
        Some((mount, rest))
    });
    // The innermost mount covers the others.
    let (mount, rest) = inside.max_by_key(|(mount, _)| mount.target.len())?;
    let source = Path::new(&mount.source);
    // Joined with nothing, a file's path would end with a slash.
    let file = if rest.as_os_str().is_empty() {
        source.to_owned()
    } else {
        source.join(rest)
    };
    Some(std::fs::read_to_string(file))
}

fn of_object(project: &Project, object: &FileObject) -> Option<std::io::Result<String>> {
    if !object.file.is_empty() {
        return Some(std::fs::read_to_string(&object.file));
    }
    if !object.environment.is_empty() {
        return project
            .environment
            .get(&object.environment)
            .cloned()
            .map(Ok);
    }
    (!object.content.is_empty()).then(|| Ok(object.content.clone()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_key_is_for_listeners_of_ones_own_alone() {
        let own = TcpListener::bind("127.0.0.1:0").expect("bound");
        trusted(own.local_addr().expect("bound")).expect("our own");
        // A documentation address: nobody has it.
        let elsewhere = "203.0.113.7:9104".parse().expect("an address");
        let why = trusted(elsewhere).expect_err("somebody else's");
        assert!(why.contains("not an address of this machine"), "{why}");
    }
}
