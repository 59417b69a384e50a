//! Files that are named and missing, or that cannot be read.

use super::*;

/// Which file is missing, and where it is named.
#[test]
fn files_that_are_named_and_missing_are_refused_where_they_are_named() {
    for (text, place, missing) in [
        ("include: [no.yaml]\n", ":1:11: include[0]: ", "no.yaml"),
        (
            "include:\n  - path:\n      - ok.yaml\n      - no.yaml\n",
            ":4:9: include[0].path[1]: ",
            "no.yaml",
        ),
        (
            "include:\n  - ok.yaml\n  - path: ok.yaml\n    env_file: no.env\n",
            ":4:5: include[1].env_file: ",
            "no.env",
        ),
        (
            "services:\n  a:\n    extends:\n      file: no.yaml\n      service: b\n",
            ":4:7: services.a.extends.file: ",
            "no.yaml",
        ),
        (
            "services:\n  a:\n    image: x\n    label_file: no.labels\n",
            ":4:5: services.a.label_file: ",
            "no.labels",
        ),
    ] {
        let folder = Folder::new(&[("compose.yaml", text), ("ok.yaml", "services: {}")]);
        let error = folder.refusal();
        let place = format!("{}{place}", folder.path("compose.yaml"));
        let says = format!("{place}{} does not exist", folder.path(missing));
        assert_eq!(error.message, says);
        assert_eq!(error.hints, ["create it, or correct the path"]);
        assert_eq!(error.details.len(), 2, "a line and a caret");
    }
}

#[test]
fn a_folder_is_no_file() {
    for text in [
        "include: [sub]",
        "services: {a: {extends: {file: sub, service: b}}}",
        "services: {a: {image: x, label_file: sub}}",
    ] {
        let folder = Folder::new(&[("compose.yaml", text), ("sub/x", "")]);
        let error = folder.refusal();
        assert!(
            error.message.contains("sub is a folder, not a file"),
            "{error}"
        );
    }
}

/// As compose has it: whoever runs another service, or only stops this one, does not need its variables.
#[test]
fn an_env_file_that_cannot_be_read_refuses_who_needs_its_variables() {
    for (file, says) in [
        ("env_file: no.env", ":2:17: services.a.env_file: "),
        (
            "env_file: [{path: b}, no.env]",
            ":2:39: services.a.env_file[1]: ",
        ),
        (
            "env_file: [{path: sub, required: false}]",
            "sub is a folder, not a file",
        ),
        ("env_file: bad.env", "bad.env:1: "),
    ] {
        let text = format!("services:\n  a: {{image: x, {file}}}\n  b: {{image: y}}\n");
        let files = [
            ("b", ""),
            ("sub/x", ""),
            ("bad.env", "A B=1"),
            ("compose.yaml", &*text),
        ];
        let project = Folder::new(&files).project();
        let refusal = project.closure("a").expect_err("refused");
        assert!(refusal.message.contains(says), "{refusal}");
        assert!(project.closure("b").is_ok());
        assert_eq!(
            project.check_files().expect_err("refused").message,
            refusal.message
        );
    }
    for file in ["env_file", "label_file"] {
        let text = format!("services: {{a: {{image: x, {file}: no, profiles: [p]}}}}");
        let project = one(&text).project();
        project.check_files().expect("nobody runs it");
        project.closure("a").expect_err("refused");
    }
}

#[test]
fn files_that_say_nothing_are_faults_only_where_all_are() {
    let text = "include: [nothing.yaml]\nservices: {a: {image: x}}";
    let files = [
        ("compose.yaml", text),
        ("compose.override.yaml", "# later"),
        ("nothing.yaml", ""),
    ];
    assert_eq!(Folder::new(&files).project().services.len(), 1);
    let error = Folder::new(&[("compose.yaml", ""), files[1]]).refusal();
    assert!(
        error
            .message
            .ends_with("compose.yaml: the compose file is empty"),
        "{error}"
    );
}
