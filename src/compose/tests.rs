//! Whole projects, from files on disk.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::error::Kind;

/// A folder with files, and options that search it.
struct Folder {
    dir: tempfile::TempDir,
    options: LoadOptions,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("shop");
        std::fs::create_dir(&root).expect("created");
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        let options = LoadOptions {
            working_dir: root,
            environment: BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]),
            ..LoadOptions::default()
        };
        Self { dir, options }
    }

    fn path(&self, name: &str) -> String {
        self.dir
            .path()
            .join("shop")
            .join(name)
            .display()
            .to_string()
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.options
            .environment
            .insert(name.to_owned(), value.to_owned());
        self
    }

    fn project(&self) -> Project {
        load(&self.options).unwrap_or_else(|error| panic!("{error} {:?}", error.details))
    }

    fn refusal(&self) -> crate::error::Error {
        let error = load(&self.options).expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        error
    }
}

fn one(text: &str) -> Folder {
    Folder::new(&[("compose.yaml", text)])
}

/// The variables of service `a`.
fn variables(project: &Project) -> Vec<String> {
    let show = |(key, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    };
    project.services["a"].environment.iter().map(show).collect()
}

const STACK: &str = r#"
services:
  ollama-functions:
    build:
      context: ./ollama-functions
    ports:
      - "9104:8000"
    environment:
      OLLAMA_MODEL: ${OLLAMA_MODEL:-llama3:8b}
      OLLAMA_URL: http://host.docker.internal:11434/api/generate
    depends_on: [api]
  api:
    image: example/api
    env_file: .env.api
    depends_on:
      db-test:
        condition: service_healthy
  db-test:
    image: postgres:16
    environment:
      - POSTGRES_PASSWORD
    volumes:
      - db-data:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U postgres"]
      interval: 5s
      retries: 5
volumes:
  db-data:
"#;

#[test]
fn the_stack_of_a_repository() {
    let mut folder = Folder::new(&[
        ("docker-compose.yml", STACK),
        (".env.api", "LEVEL=debug # verbose\n"),
        (
            ".env",
            "POSTGRES_PASSWORD=secret\nOLLAMA_MODEL=from-env-file\n",
        ),
    ]);
    folder
        .options
        .overrides
        .insert("OLLAMA_MODEL".into(), "mistral:7b".into());
    let project = folder.project();
    assert_eq!(project.name, "shop");
    assert!(project.warnings.is_empty(), "{:?}", project.warnings);
    let gateway = project.service("ollama-functions").expect("there");
    let build = gateway.build.as_ref().expect("built");
    assert_eq!(build.context, folder.path("ollama-functions"));
    assert_eq!(build.dockerfile, "Dockerfile");
    assert_eq!(
        gateway.environment["OLLAMA_MODEL"].as_deref(),
        Some("mistral:7b")
    );
    assert_eq!(gateway.ports[0].published.as_deref(), Some("9104"));
    assert_eq!(gateway.ports[0].target, 8000);
    assert_eq!(project.image_name(gateway), "shop-ollama-functions");
    let names: Vec<&str> = project
        .closure("ollama-functions")
        .expect("runs")
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(names, ["db-test", "api", "ollama-functions"]);
    let api = &project.services["api"];
    assert_eq!(api.environment["LEVEL"].as_deref(), Some("debug"));
    assert_eq!(api.depends_on["db-test"].condition, Condition::Healthy);
    let db = &project.services["db-test"];
    assert_eq!(
        db.environment["POSTGRES_PASSWORD"].as_deref(),
        Some("secret")
    );
    assert_eq!(db.volumes[0].source, "db-data");
    assert_eq!(project.volume_name("db-data"), "shop_db-data");
    assert_eq!(project.network_name("default"), "shop_default");
}

#[test]
fn files_are_found_upwards_and_the_override_beside_them() {
    let mut folder = Folder::new(&[
        ("docker-compose.yml", "services: {a: {image: x, tty: true}}"),
        ("docker-compose.override.yml", "services: {a: {image: y}}"),
        ("deep/er/x", ""),
    ]);
    folder.options.working_dir.push("deep/er");
    let files = find(&folder.options).expect("searched").expect("found");
    assert_eq!(files.project_directory, Path::new(&folder.path("")));
    let project = folder.project();
    assert_eq!(project.config_files.len(), 2);
    assert_eq!(project.services["a"].image, "y");
    assert!(project.services["a"].tty);
}

#[test]
fn a_build_keeps_its_context_where_an_override_names_none() {
    let folder = Folder::new(&[
        ("compose.yaml", "services: {a: {build: ./b}, c: {image: x}}"),
        (
            "compose.override.yml",
            "services: {a: {build: {target: t}}, c: {build: {target: t}}}",
        ),
    ]);
    let project = folder.project();
    let context = |name: &str| {
        let build = project.services[name].build.as_ref();
        build.expect("built").context.clone()
    };
    assert_eq!(context("a"), folder.path("b"));
    assert_eq!(context("c"), folder.path("").trim_end_matches('/'));
}

#[test]
fn compose_yaml_is_preferred() {
    let folder = Folder::new(&[
        ("docker-compose.yml", "services: {a: {image: old}}"),
        ("compose.yaml", "services: {a: {image: new}}"),
    ]);
    let project = folder.project();
    assert_eq!(project.services["a"].image, "new");
    let (old, new) = (
        folder.path("docker-compose.yml"),
        folder.path("compose.yaml"),
    );
    assert_eq!(
        project.warnings,
        [format!("{old} is not read: {new} is preferred")]
    );
}

#[test]
fn no_file_is_none_and_a_missing_named_one_is_a_fault() {
    let mut folder = Folder::new(&[]);
    folder.options.working_dir = folder.dir.path().to_owned();
    assert_eq!(find(&folder.options).expect("searched"), None);
    assert!(folder.refusal().message.contains("no compose file in"));
    folder.options.files.push("other.yaml".into());
    assert!(
        folder
            .refusal()
            .message
            .ends_with("other.yaml does not exist")
    );
}

#[test]
fn compose_file_lists_files_and_turns_the_override_off() {
    let files = [
        ("a.yaml", "services: {a: {image: x}}"),
        ("b.yaml", "services: {a: {image: y}}"),
        ("compose.yaml", "services: {a: {image: z}}"),
    ];
    let folder = Folder::new(&files).set("COMPOSE_FILE", "a.yaml:b.yaml");
    assert_eq!(folder.project().services["a"].image, "y");
    let folder = Folder::new(&files)
        .set("COMPOSE_FILE", "b.yaml;a.yaml")
        .set("COMPOSE_PATH_SEPARATOR", ";");
    assert_eq!(folder.project().services["a"].image, "x");
    let folder = Folder::new(&[files[0], (".env", "COMPOSE_FILE=a.yaml")]);
    assert_eq!(folder.project().services["a"].image, "x");
}

#[test]
fn the_name_has_four_sources() {
    let text = "name: My.Shop-${X:-1}\nservices: {a: {image: $COMPOSE_PROJECT_NAME}}";
    let mut folder = one(text);
    let project = folder.project();
    assert_eq!(
        (&*project.name, &*project.services["a"].image),
        ("myshop-1", "myshop-1")
    );
    folder
        .options
        .environment
        .insert("COMPOSE_PROJECT_NAME".into(), "from-env".into());
    assert_eq!(folder.project().name, "from-env");
    folder.options.project_name = Some("from-flag".into());
    assert_eq!(folder.project().name, "from-flag");
    folder.options.project_name = Some("Not Normal".into());
    assert_eq!(folder.refusal().hints, ["use `notnormal`"]);
}

#[test]
fn the_process_environment_wins_over_the_env_file() {
    let text = "services: {a: {image: x, environment: {A: $A, B: $B, C: , D: $NONE}}}";
    let folder = Folder::new(&[("compose.yaml", text), (".env", "A=file\nB=file\nC=${A}")]);
    let folder = folder.set("A", "process");
    let project = folder.project();
    assert_eq!(
        variables(&project),
        ["A=process", "B=file", "C=process", "D="]
    );
    assert_eq!(
        project.warnings,
        ["the variable NONE is not set; a blank string is used"]
    );
}

#[test]
fn the_env_file_of_the_folder_named_or_else_of_the_current_one_comes_first() {
    let mut folder = Folder::new(&[
        (
            "compose.yaml",
            "services: {a: {image: x, environment: {A: $A, B: $B}}}",
        ),
        (".env", "A=project\nB=project"),
        ("deep/.env", "A=current"),
        ("named", "A=named\nB=named"),
    ]);
    folder.options.working_dir.push("deep");
    assert_eq!(variables(&folder.project()), ["A=current", "B=project"]);
    folder.options.files.push("../compose.yaml".into());
    assert_eq!(variables(&folder.project()), ["A=project", "B=project"]);
    assert!(folder.project().environment_files.is_empty());
    folder.options.env_files.push("../named".into());
    let project = folder.project();
    assert_eq!(variables(&project), ["A=named", "B=named"]);
    assert_eq!(
        project.environment_files,
        [Path::new(&folder.path("named"))]
    );
    folder.options.env_files.push("gone".into());
    assert!(
        folder
            .refusal()
            .message
            .ends_with("deep/gone does not exist")
    );
}

#[test]
fn later_env_files_win_and_environment_wins_over_them() {
    let text = "services: {a: {image: x, env_file: [one, {path: two, format: raw}, {path: no, required: false}], environment: {A: yaml}}}";
    let folder = Folder::new(&[
        ("compose.yaml", text),
        ("one", "A=1\nB=1\nC=1"),
        ("two", "A=2\nB='2'"),
    ]);
    assert_eq!(variables(&folder.project()), ["A=yaml", "B='2'", "C=1"]);
    let text = "services: {a: {image: x, env_file: gone}, b: {image: y}}";
    let project = one(text).project();
    let error = project.closure("a").expect_err("refused");
    assert!(
        error.message.starts_with("services.a.env_file: "),
        "{error}"
    );
    assert!(project.closure("b").is_ok());
}

#[test]
fn scalars_of_the_environment_are_gos() {
    let text = "services: {a: {image: x, environment: {A: 017, B: '017', C: 1_000, D: 1.10, E: yes, F: true, G: 12345678.9, H: }}}";
    assert_eq!(
        variables(&one(text).project()),
        [
            "A=15",
            "B=017",
            "C=1000",
            "D=1.1",
            "E=yes",
            "F=true",
            "G=1.23456789e+07",
            "H"
        ]
    );
}

#[test]
fn faults_show_file_line_column_and_key() {
    for (text, place, says) in [
        (
            "services:\n  a:\n    image: [x\n",
            ":4:1: ",
            "did not find expected",
        ),
        (
            "services:\n  a:\n    image: x\n    image: y\n",
            ":4:5: ",
            "`image` is set twice",
        ),
        (
            "services:\n  a:\n    image: x\n    ports:\n      - x:y\n",
            ":5:9: services.a.ports[0]: ",
            "is not a port",
        ),
        (
            "services:\n  a:\n    image: 3\n",
            ":3:5: services.a.image: ",
            "must be a string, not a number",
        ),
        (
            "services:\n  a:\n    image: ${X:?tell me}\n",
            ":3:5: services.a.image: ",
            "tell me",
        ),
        (
            "services:\n  a: {image: x, restart: sometimes}\n",
            ":2:17: services.a.restart: ",
            "unless-stopped",
        ),
        (
            "services:\n  a: {tty: true}\n",
            ":2:3: services.a: ",
            "neither an image nor a build",
        ),
        ("services:\n\ta: {}\n", ":2:1: ", "cannot start any token"),
        ("- x\n", ": ", "must be a mapping, not a list"),
        ("# nothing\n", ": ", "is empty"),
    ] {
        let folder = one(text);
        let error = folder.refusal();
        let start = format!("{}{place}", folder.path("compose.yaml"));
        assert!(error.message.starts_with(&start), "{error}");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn mistyped_keys_are_refused_where_they_stand() {
    for (text, says) in [
        (
            "servces: {a: {image: x}}",
            "servces: there is no such key; did you mean `services`?",
        ),
        (
            "services: {a: {image: x, prots: [80]}}",
            "services.a.prots: there is no such key; did you mean `ports`?",
        ),
        (
            "services: {a: {image: x}}\ntools: {}",
            "tools: a compose file has no such key",
        ),
    ] {
        let error = one(text).refusal();
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn unknown_keys_stop_only_the_services_that_use_them() {
    let text = "
services:
  a: {image: x, x-note: 1, depends_on: [b]}
  b: {image: y, healthcheck: {strange: x}}
  c: {image: z, credential_spec: {file: x}}
  d: {image: w, develop: {}, deploy: {mode: global}}
";
    let project = one(text).project();
    let refusal = |name| project.closure(name).expect_err("refused").message;
    assert!(refusal("a").contains("services.b.healthcheck.strange is not supported"));
    assert!(refusal("c").contains("services.c.credential_spec"));
    assert!(project.closure("d").is_ok());
    assert_eq!(project.warnings.len(), 2);
}

#[test]
fn profiles_hide_services() {
    let text = "services: {a: {image: x}, b: {image: y, profiles: [dev]}}";
    let mut folder = one(text);
    assert_eq!(folder.project().services.len(), 1);
    folder.options.profiles.push("dev".into());
    assert_eq!(folder.project().services.len(), 2);
    let folder = one(text).set("COMPOSE_PROFILES", "x,dev");
    assert_eq!(folder.project().services.len(), 2);
}

#[test]
fn optional_dependencies_behind_inactive_profiles_are_left_out() {
    let needs = "depends_on: {b: {condition: service_started, required: false}}";
    let text = format!("services: {{a: {{image: x, {needs}}}, b: {{image: y, profiles: [dev]}}}}");
    let mut folder = one(&text);
    assert!(folder.project().services["a"].depends_on.is_empty());
    folder.options.profiles.push("dev".into());
    assert_eq!(folder.project().services["a"].depends_on.len(), 1);
}

#[test]
fn references_must_be_defined() {
    for (service, says) in [
        (
            "networks: [lan]",
            "services.a.networks: `lan` is not defined",
        ),
        (
            "volumes: ['data:/data']",
            "services.a.volumes: `data` is not defined",
        ),
        (
            "secrets: [token]",
            "services.a.secrets: `token` is not defined",
        ),
    ] {
        let error = one(&format!("services: {{a: {{image: x, {service}}}}}")).refusal();
        assert!(error.message.contains(says), "{error}");
        // Of a service that is not enabled nobody asks before it is named.
        let text = format!("services: {{a: {{image: x, profiles: [p], {service}}}}}");
        let project = one(&text).project();
        let error = project.closure("a").expect_err("refused");
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn the_default_network_exists_only_where_it_is_used() {
    let text = "services: {a: {image: x, networks: [lan]}}\nnetworks: {lan: {external: true}}";
    let project = one(text).project();
    assert_eq!(project.networks.len(), 1);
    assert_eq!(project.network_name("lan"), "lan");
    let project = one("services: {a: {image: x, network_mode: host}}").project();
    assert!(project.networks.is_empty());
}

#[test]
fn sharing_a_namespace_is_a_dependency() {
    let text = "services: {a: {image: x, network_mode: 'service:b'}, b: {image: y}}";
    let project = one(text).project();
    assert!(project.services["a"].depends_on["b"].restart);
}

#[test]
fn services_extend_services_of_the_same_and_of_other_files() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "
services:
  a:
    extends: {file: common/base.yaml, service: base}
    environment: {B: own}
  c:
    extends: a
    image: z
",
        ),
        (
            "common/base.yaml",
            "services: {base: {extends: root, build: ./ctx, environment: [A=1, B=2]}, root: {init: true}}",
        ),
    ]);
    let project = folder.project();
    let a = &project.services["a"];
    assert_eq!(
        a.build.as_ref().expect("built").context,
        folder.path("common/ctx")
    );
    assert_eq!(a.init, Some(true));
    assert_eq!(variables(&project), ["A=1", "B=own"]);
    assert_eq!(project.services["c"].image, "z");
    assert!(project.services["c"].build.is_some());
}

#[test]
fn faults_of_extends_are_clear() {
    let error = one("services: {a: {extends: b}, b: {extends: a}}").refusal();
    assert!(
        error.message.contains("services extend each other: a"),
        "{error}"
    );
    let error = one("services: {a: {extends: bb}, b1: {image: x}}").refusal();
    assert!(error.message.contains("no service `bb` in"), "{error}");
    assert_eq!(error.hints, ["did you mean `b1`?"]);
}

#[test]
fn included_files_have_their_own_folder_and_variables() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "include: [db/compose.yaml]\nservices: {a: {image: x, depends_on: [db]}}",
        ),
        (
            "db/compose.yaml",
            "services: {db: {build: ., environment: {V: $V}, volumes: [dd:/d]}}\nvolumes: {dd: }",
        ),
        ("db/.env", "V=inner"),
    ]);
    let project = folder.project();
    let db = &project.services["db"];
    assert_eq!(db.build.as_ref().expect("built").context, folder.path("db"));
    assert_eq!(db.environment["V"].as_deref(), Some("inner"));
    assert_eq!(project.volume_name("dd"), "shop_dd");
    assert!(!project.environment.contains_key("V"));
}

#[test]
fn an_include_that_conflicts_or_goes_round_is_a_fault() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "include: [b.yaml]\nservices: {a: {image: x}}",
        ),
        ("b.yaml", "services: {a: {image: y}}"),
    ]);
    assert!(
        folder
            .refusal()
            .message
            .contains("b.yaml defines services.a")
    );
    assert!(
        one("include: [compose.yaml]")
            .refusal()
            .message
            .contains("include each other")
    );
}

#[test]
fn documents_of_one_file_merge() {
    let project =
        one("services: {a: {image: x, tty: true}}\n---\nservices: {a: {image: y}}").project();
    assert_eq!(project.services["a"].image, "y");
    assert!(project.services["a"].tty);
}

/// What is recorded of a project in a folder of `tests/compose`.
#[derive(serde::Deserialize)]
struct Expected {
    project_directory: Option<std::path::PathBuf>,
    releases: BTreeMap<String, BTreeMap<String, String>>,
}

/// The projects of `tests/compose` with what is recorded of them: `expected.json` has the hashes that
/// real releases of compose print (`config --hash '*'`, HOME=/home/user).
fn recorded(profiles: &[&str]) -> Vec<(std::path::PathBuf, Expected, Project)> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose");
    let read = |folder: std::path::PathBuf| {
        let text = std::fs::read_to_string(folder.join("expected.json")).expect("recorded");
        let expected: Expected = serde_json::from_str(&text).expect("JSON");
        let found = find(&LoadOptions {
            working_dir: folder.clone(),
            ..LoadOptions::default()
        });
        let options = LoadOptions {
            files: found.expect("searched").expect("found").paths,
            working_dir: folder.clone(),
            project_directory: expected.project_directory.clone(),
            profiles: profiles.iter().map(|&profile| profile.to_owned()).collect(),
            environment: BTreeMap::from([("HOME".to_owned(), "/home/user".to_owned())]),
            ..LoadOptions::default()
        };
        let project = load(&options).expect("valid");
        (folder, expected, project)
    };
    let folders = std::fs::read_dir(folders).expect("a folder");
    folders
        .map(|folder| read(folder.expect("readable").path()))
        .collect()
}

#[test]
fn hashes_are_those_of_real_releases() {
    let mut compared = 0;
    for (folder, expected, project) in recorded(&[]) {
        for (version, hashes) in &expected.releases {
            let dialect = Dialect::of_version(version).expect("a version");
            for (name, hash) in hashes {
                let service = project.service(name).expect("there");
                let json = service.hashed_json(dialect);
                let place = folder.display();
                assert_eq!(
                    &service.config_hash(dialect),
                    hash,
                    "{place} {name} {version}: {json}"
                );
                assert!(service.is_current(hash));
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "only {compared} compared");
}

/// `config.VERSION.yaml` and `.json` are what `docker compose --profile '*' config` printed.
#[test]
fn the_canonical_model_is_printed_as_real_releases_print_it() {
    let mut compared = 0;
    for (folder, expected, project) in recorded(&["*"]) {
        for version in expected.releases.keys() {
            let dialect = Dialect::of_version(version).expect("a version");
            let file = |kind: &str| {
                let path = folder.join(format!("config.{version}.{kind}"));
                let text = std::fs::read_to_string(&path).expect("recorded");
                text.replace("@folder@", &folder.display().to_string())
            };
            let place = folder.display();
            let yaml = project.canonical_yaml(dialect);
            assert_eq!(yaml, file("yaml"), "{place} {version}");
            let value = |text: &str| serde_json::from_str(text).expect("JSON");
            let theirs: serde_json::Value = value(&file("json"));
            let ours: serde_json::Value = value(&project.canonical_json(dialect));
            assert_eq!(ours, theirs, "{place} {version}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} compared");
}
