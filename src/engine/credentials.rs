//! Logins for registries: what `docker login` wrote into `config.json`, or a credential helper knows.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;
use std::time::Duration;

use bollard::auth::DockerCredentials;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};

use super::cli_config;

/// The name under which `docker login` keeps the credentials of Docker Hub.
pub(super) const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// How long a credential helper may take: it may ask a cloud for a token.
const HELPER_DEADLINE: Duration = Duration::from_secs(30);

/// What is known for a registry.
#[derive(Debug, Default, Clone)]
pub(super) struct Login {
    pub(super) credentials: Option<DockerCredentials>,
    /// Why there is none where there should be one. The registry may do without.
    pub(super) trouble: Option<String>,
}

/// What is known, by registry.
pub(super) type Logins = HashMap<String, Login>;

/// Those registries that there are credentials for.
pub(super) fn known(logins: &Logins) -> impl Iterator<Item = (&String, DockerCredentials)> {
    let of = |(registry, login): (_, &Login)| Some((registry, login.credentials.clone()?));
    logins.iter().filter_map(of)
}

/// The registry of an image's name, as `config.json` calls it.
pub(super) fn registry(name: &str) -> &str {
    match name.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => {
            if host == "docker.io" {
                DOCKER_HUB
            } else {
                host
            }
        }
        _ => DOCKER_HUB,
    }
}

/// What is known for this registry. Helpers are programs, so they run on a thread of their own.
pub(super) async fn of(registry: &str) -> Login {
    let Some(path) = cli_config::path() else {
        return Login::default();
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Login::default(),
        Err(error) => return trouble(registry, &format!("{}: {error}", path.display())),
    };
    let server = registry.to_owned();
    let asked = move || get_credential_from_reader(BufReader::new(file), &server);
    let asked = tokio::task::spawn_blocking(asked);
    let Ok(Ok(found)) = tokio::time::timeout(HELPER_DEADLINE, asked).await else {
        return trouble(registry, "the credential helper does not answer");
    };
    let credentials = match found {
        Ok(DockerCredential::IdentityToken(token)) => DockerCredentials {
            identitytoken: Some(token),
            ..DockerCredentials::default()
        },
        Ok(DockerCredential::UsernamePassword(username, password)) => DockerCredentials {
            username: Some(username),
            password: Some(password),
            ..DockerCredentials::default()
        },
        Err(error) if is_none(&error) => return Login::default(),
        Err(error) => return trouble(registry, &explained(&error, &path)),
    };
    Login {
        credentials: Some(DockerCredentials {
            serveraddress: Some(registry.to_owned()),
            ..credentials
        }),
        trouble: None,
    }
}

/// The library's words, with what they leave out.
fn explained(error: &CredentialRetrievalError, path: &Path) -> String {
    let path = path.display();
    match error {
        CredentialRetrievalError::ConfigReadError => format!("{path} is not valid"),
        CredentialRetrievalError::HelperCommunicationError => {
            format!("the credential helper that {path} names cannot be run")
        }
        other => other.to_string(),
    }
}

fn trouble(registry: &str, why: &str) -> Login {
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    Login {
        credentials: None,
        trouble: Some(format!("no login for {registry}: {why}")),
    }
}

/// Nobody logged in there, which is no trouble.
fn is_none(error: &CredentialRetrievalError) -> bool {
    match error {
        CredentialRetrievalError::NoCredentialConfigured
        | CredentialRetrievalError::ConfigNotFound => true,
        // The words of Docker's own helpers.
        CredentialRetrievalError::HelperFailure { stdout, stderr, .. } => {
            format!("{stdout}{stderr}").contains("credentials not found")
        }
        _ => false,
    }
}

/// Logins for the registries of the images that a Dockerfile builds on, with its build arguments, and of
/// those among its contexts.
pub(super) async fn of_dockerfile(
    dockerfile: &str,
    args: &HashMap<String, String>,
    contexts: impl Iterator<Item = &str>,
) -> Logins {
    let mut logins = HashMap::new();
    let contexts = contexts.filter_map(|context| context.strip_prefix("docker-image://"));
    let images = bases(dockerfile, args);
    for image in images.into_iter().chain(contexts.map(str::to_owned)) {
        let registry = registry(&image);
        if !logins.contains_key(registry) {
            logins.insert(registry.to_owned(), of(registry).await);
        }
    }
    logins
}

/// The engine says that the registry wants a login, or another one.
pub(super) fn are_refused(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = ["denied", "unauthorized", "authentication", "credentials"];
    words.iter().any(|word| text.contains(word))
}

/// What gives a registry's credentials to this user.
pub(super) fn login_command(registry: &str) -> String {
    let registry = if registry == DOCKER_HUB { "" } else { registry };
    format!("docker login {registry}").trim_end().to_owned()
}

/// The images that `FROM` and `--from=` name; stages among them do no harm.
fn bases(dockerfile: &str, args: &HashMap<String, String>) -> BTreeSet<String> {
    let mut known: HashMap<&str, &str> = HashMap::new();
    let mut found = BTreeSet::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        let Some(instruction) = words.next() else {
            continue;
        };
        if instruction.eq_ignore_ascii_case("arg")
            && let Some((name, default)) = words.clone().next().and_then(|arg| arg.split_once('='))
        {
            known.insert(name, default.trim_matches(['"', '\'']));
        }
        let named = words.clone().find_map(|word| {
            let (_, image) = word.split_once("from=")?;
            Some(image.split(',').next().unwrap_or(image))
        });
        let base = instruction
            .eq_ignore_ascii_case("from")
            .then(|| words.find(|word| !word.starts_with("--")))
            .flatten();
        found.extend(
            named
                .into_iter()
                .chain(base)
                .map(|image| expanded(image, &known, args)),
        );
    }
    found.remove("scratch");
    found
}

/// `$NAME` and `${NAME}` replaced by the build's arguments, else by their defaults.
fn expanded(image: &str, known: &HashMap<&str, &str>, args: &HashMap<String, String>) -> String {
    let Some((head, rest)) = image.split_once('$') else {
        return image.to_owned();
    };
    let (name, tail) =
        if let Some(split) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            split
        } else {
            let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
            rest.split_at(rest.find(|char| !word(char)).unwrap_or(rest.len()))
        };
    let (name, fallback) = name.split_once(":-").unwrap_or((name, ""));
    let value = args
        .get(name)
        .map(String::as_str)
        .or_else(|| known.get(name).copied());
    format!(
        "{head}{}{}",
        value.unwrap_or(fallback),
        expanded(tail, known, args)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_images_are_found_in_a_dockerfile() {
        let text = "# syntax\nARG X=1\nFROM --platform=linux/amd64 ghcr.io/a/b:$X AS base\nfrom scratch\n\
                    RUN echo FROM x\nCOPY --from=quay.io/uv:2 /uv /bin/\n\
                    RUN --mount=type=bind,from=lab:5000/c,target=/c true\n";
        let found = bases(text, &HashMap::new());
        assert_eq!(
            Vec::from_iter(&found),
            ["ghcr.io/a/b:1", "lab:5000/c", "quay.io/uv:2"]
        );
    }

    #[test]
    fn arguments_name_registries() {
        let text = "ARG REGISTRY=docker.io\nFROM ${REGISTRY}/app:${TAG:-1}\n";
        let args = HashMap::from([("REGISTRY".to_owned(), "lab:5000".to_owned())]);
        assert_eq!(Vec::from_iter(bases(text, &args)), ["lab:5000/app:1"]);
        assert_eq!(
            Vec::from_iter(bases(text, &HashMap::new())),
            ["docker.io/app:1"]
        );
    }

    #[test]
    fn the_registry_is_named_as_docker_login_names_it() {
        assert_eq!(registry("redis:7"), DOCKER_HUB);
        assert_eq!(registry("library/redis"), DOCKER_HUB);
        assert_eq!(registry("ghcr.io/a/b"), "ghcr.io");
        assert_eq!(registry("localhost/a"), "localhost");
    }
}
