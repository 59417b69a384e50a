//! What compose adds to what is written.

use super::*;
use crate::compose::Condition;

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
fn owner_and_mode_of_a_build_s_secret_have_no_effect_and_that_is_said() {
    let with = |secret: &str| {
        let build = format!("build: {{context: ., secrets: [{secret}]}}");
        one(&format!(
            "services: {{a: {{{build}}}}}\nsecrets: {{s: {{file: ./s}}}}"
        ))
        .project()
        .warnings
    };
    assert!(with("s").is_empty());
    assert!(with("{source: s, target: t}").is_empty());
    let told = with("{source: s, uid: '1', mode: 0400}");
    assert!(
        told[0].starts_with("services.a.build.secrets: uid, gid and mode have no effect"),
        "{told:?}"
    );
}

#[test]
fn profiles_hide_services() {
    let text = "services: {a: {image: x}, b: {image: y, profiles: [dev]}}";
    let mut folder = one(text);
    assert_eq!(folder.project().services.len(), 1);
    folder.options.profiles.push("dev".into());
    assert_eq!(folder.project().services.len(), 2);
    let mut folder = one(text).set("COMPOSE_PROFILES", "x,dev");
    assert_eq!(folder.project().services.len(), 2);
    folder.options.profiles.push("other".into());
    assert_eq!(folder.project().services.len(), 1);
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
