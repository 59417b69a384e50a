//! Models made of several: overrides, `extends`, `include`, documents.

use super::*;

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
fn included_files_have_their_own_folder_and_variables() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "include: [db/compose.yaml]\nservices: {a: {image: x, depends_on: [db]}}",
        ),
        (
            "db/compose.yaml",
            "services: {db: {build: ., environment: {V: $V}, volumes: [dd:/d]}, \
             listed: {image: x, environment: [V, W]}, mapped: {image: x, environment: {V: }}}\n\
             volumes: {dd: }",
        ),
        ("db/.env", "V=inner"),
    ]);
    let project = folder.project();
    let db = &project.services["db"];
    assert_eq!(db.build.as_ref().expect("built").context, folder.path("db"));
    let variable = |service: &str, name: &str| project.services[service].environment[name].clone();
    assert_eq!(variable("db", "V").as_deref(), Some("inner"));
    // A name that stands alone has the value that is set there only in a list.
    assert_eq!(variable("listed", "V").as_deref(), Some("inner"));
    assert_eq!(variable("listed", "W"), None);
    assert_eq!(variable("mapped", "V"), None);
    assert_eq!(project.volume_name("dd"), "shop_dd");
    assert!(!project.environment.contains_key("V"));
}

#[test]
fn documents_of_one_file_merge() {
    let project =
        one("services: {a: {image: x, tty: true}}\n---\nservices: {a: {image: y}}").project();
    assert_eq!(project.services["a"].image, "y");
    assert!(project.services["a"].tty);
}

#[test]
fn the_later_environment_file_of_an_include_wins_beneath_the_project() {
    let folder = Folder::new(&[
        (
            "compose.yaml",
            "include: [{path: b.yaml, env_file: [one, two]}]\nservices: {b: {image: y}}",
        ),
        (
            "b.yaml",
            "services: {a: {image: x, environment: {A: $A, B: $B, C: $C}}}",
        ),
        ("one", "A=1\nB=1\nC=1\nONLY=1"),
        ("two", "A=2\nB=${A}-${ONLY}-$C\nC=2"),
    ]);
    let folder = folder.set("C", "outer");
    assert_eq!(
        variables(&folder.project()),
        ["A=2", "B=2-1-outer", "C=outer"]
    );
}

#[test]
fn the_later_of_the_environment_files_that_are_named_wins_beneath_the_process() {
    let mut folder = Folder::new(&[
        (
            "compose.yaml",
            "services: {a: {image: x, environment: {A: $A, B: $B, C: $C}}}",
        ),
        ("one", "A=1\nB=1\nC=1"),
        ("two", "B=${A}2\nC=2"),
    ]);
    folder.options.env_files = vec!["one".into(), "two".into()];
    let folder = folder.set("C", "outer");
    assert_eq!(variables(&folder.project()), ["A=1", "B=12", "C=outer"]);
}

#[test]
fn a_bound_folder_is_absolute_where_any_file_names_the_local_driver() {
    let options = "driver_opts: {o: bind, device: ./d}";
    let folder = Folder::new(&[
        (
            "compose.yaml",
            &format!(
                "services: {{a: {{image: x, volumes: ['unsaid:/u', 'said:/s', 'rooted:/r']}}}}\n\
                 volumes: {{unsaid: {{{options}}}, said: {{{options}}}, \
                 rooted: {{driver: local, driver_opts: {{o: bind, device: /a/../b}}}}}}"
            ),
        ),
        ("compose.override.yaml", "volumes: {said: {driver: local}}"),
    ]);
    let project = folder.project();
    let device = |volume: &str| project.volumes[volume].driver_opts["device"].clone();
    assert_eq!(device("unsaid"), "./d");
    assert_eq!(device("said"), folder.path("d"));
    assert_eq!(device("rooted"), "/a/../b");
}
