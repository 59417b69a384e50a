//! The state folder: private, trusted only where it is ours, and usable or named.
#![cfg(target_os = "linux")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};

use support::{Sandbox, is_alive};

#[test]
fn what_is_written_down_is_private() {
    let sandbox = Sandbox::new();
    sandbox.run(["up"]).code(0);
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&sandbox.state()), 0o700);
    let mut seen = 0;
    for entry in std::fs::read_dir(sandbox.state()).expect("there") {
        let path = entry.expect("listed").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 8, "pid, json, lock and log of two: {seen}");
}

#[test]
fn a_state_folder_that_is_open_to_others_is_closed() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.state()).expect("created");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.state(), open).expect("set");
    sandbox.serve();
    let mode = std::fs::metadata(sandbox.state()).expect("there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_pidfile_is_for_people_and_never_believed() {
    let sandbox = Sandbox::new();
    sandbox.serve();
    let backend = sandbox.backend_pid().expect("recorded");
    let bystander = sandbox.start("/bin/sleep", ["600"]);
    let bystander_pid = bystander.pid().to_string();
    for content in [
        "",
        "garbage",
        "0",
        "-1",
        "99999999999999999999",
        &bystander_pid,
    ] {
        std::fs::write(sandbox.backend_file("pid"), content).expect("written");
        sandbox.run(["status"]).code(0).prints(["running"]);
    }
    assert!(is_alive(backend));
    sandbox.run(["down"]).code(0);
    assert!(is_alive(bystander.pid()));
    sandbox.run(["status"]).code(0).prints(["stopped"]);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}

#[test]
fn symbolic_links_are_refused_and_their_targets_untouched() {
    for extension in ["log", "lock", "json"] {
        let sandbox = Sandbox::new();
        sandbox.serve();
        sandbox.run(["down"]).code(0);
        let victim = sandbox.write("victim", "precious\n");
        let link = sandbox.backend_file(extension);
        let _ = std::fs::remove_file(&link);
        symlink(&victim, &link).expect("linked");
        sandbox
            .run(["serve", "--background"])
            .code(4)
            .says([link.to_str().expect("text"), "symbolic link"]);
        assert_eq!(sandbox.read("victim"), "precious\n");
        assert_eq!(sandbox.processes(), []);
    }
}

#[test]
fn files_of_another_user_are_refused() {
    if !support::is_root() {
        support::skipped("this needs root");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.serve();
    sandbox.run(["down"]).code(0);
    std::os::unix::fs::chown(sandbox.state(), Some(65_534), None).expect("changed");
    let state = sandbox.state();
    let output = sandbox.run(["serve", "--background"]).code(4);
    output.says([state.to_str().expect("text"), "65534"]);
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    if !support::is_root() {
        support::skipped("this needs root");
        return;
    }
    let sandbox = Sandbox::new();
    // One page is free: the log and the lock are made, the record does not fit.
    let script = r#"exec unshare --mount sh -c '
        mkdir -p $XDG_STATE_HOME/ollamactl && chmod 700 $XDG_STATE_HOME/ollamactl
        mount -t tmpfs -o size=8k,mode=700 tmpfs $XDG_STATE_HOME/ollamactl
        dd if=/dev/zero of=$XDG_STATE_HOME/ollamactl/filler bs=4k count=2 2>/dev/null
        ollamactl serve --background; echo "code $?"
        ls $XDG_STATE_HOME/ollamactl
        ollamactl doctor; ls -A $XDG_STATE_HOME/ollamactl'"#;
    let df = format!("df -h {}", sandbox.state().display());
    let output = sandbox
        .shell(script)
        .prints([
            "code 1",
            "fail  state folder",
            "cannot be written: No space left",
            &df,
        ])
        .says(["No space left", "backend-", "hint: make room", &df]);
    assert!(!output.stdout.contains(".tmp\n"), "{output}");
    assert!(
        !output.stdout.contains(".pid") && !output.stdout.contains(".json"),
        "{output}"
    );
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn a_disk_that_is_mounted_to_be_read_is_told_as_that() {
    if !support::is_root() {
        support::skipped("this needs root");
        return;
    }
    let sandbox = Sandbox::new();
    let script = r"exec unshare --mount sh -c '
        mount -t tmpfs -o ro tmpfs $XDG_STATE_HOME
        ollamactl serve --background; ollamactl doctor'";
    let cure = "its file system is read-only: have it mounted writable";
    sandbox
        .shell(script)
        .prints(["cannot be made", "Read-only file system", cure])
        .says(["Read-only file system", "hint: ", cure]);
    assert_eq!(sandbox.processes(), []);
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let mut sandbox = Sandbox::new();
    let file = sandbox.write("a-file", "precious\n");
    for place in [file.clone(), file.join("deeper")] {
        sandbox.set("XDG_STATE_HOME", &place.display().to_string());
        let cure = format!(
            "{} is no folder: look at it and move it away",
            file.display()
        );
        let serve = sandbox.run(["serve", "--background"]).code(1);
        serve.says(["Not a directory", &cure]);
        let doctor = sandbox.run(["doctor"]).code(1);
        doctor.prints(["fail  state folder", "cannot be made", &cure]);
    }
    assert_eq!(sandbox.read("a-file"), "precious\n");
}

/// `doctor` writes to find out, and a person who looks later sees nothing of it.
#[test]
fn looking_at_the_folder_leaves_nothing_in_it() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.state()).expect("made");
    let closed = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(sandbox.state(), closed).expect("set");
    let doctor = sandbox.run(["doctor"]);
    doctor.prints(["ok    state folder", "is yours and writable"]);
    assert_eq!(sandbox.state_files(), [] as [&str; 0]);
}
