//! Which files are read, and with which variables.

use std::path::Path;

use super::*;
use crate::compose::find;

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
    let text = "services: {a: {image: x, env_file: [one, two]}}";
    let files = [
        ("compose.yaml", text),
        ("one", "A=1\nB=1"),
        ("two", "A=2\nC=$A $B $HOME"),
    ];
    let folder = Folder::new(&files);
    assert_eq!(
        variables(&folder.project()),
        ["A=2", "B=1", "C=2 1 /home/me"]
    );
    let text = "services: {a: {image: x, env_file: gone}, b: {image: y}}";
    let project = one(text).project();
    let error = project.closure("a").expect_err("refused");
    assert!(
        error.message.contains(":1:26: services.a.env_file: "),
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
