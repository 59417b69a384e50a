//! `init`.
#![cfg(target_os = "linux")]

mod support;

use support::Sandbox;

#[test]
fn it_writes_makefile_and_settings_that_work() {
    let mut sandbox = Sandbox::new();
    sandbox.run(["init", "--model", "tiny:mine"]).code(0).says([
        "wrote",
        "Makefile.ai",
        "ollamactl.yaml",
    ]);
    sandbox.unset("OLLAMA_MODEL");
    let shown = sandbox.run(["--json", "config", "show"]).code(0).json();
    assert_eq!(shown["model"]["value"], "tiny:mine");
    assert_eq!(shown["gateway.service"]["value"], "ollama-functions");
    let makefile = sandbox.read("Makefile.ai");
    for target in [
        "ai-ollama-pull-model",
        "ai-ollama-serve-docker-gateway",
        "ai-ollama-serve-docker-gateway-bg",
        "ai-ollama-kill",
        "ai-ollama-restart-docker-gateway",
        "ai-up-ollama-functions",
        "ai-restart-ollama-functions",
        "ai-stop-ollama-functions",
        "ai-down-ollama-functions",
        "ai-ollama-functions-health",
        "ai-ollama-functions-logs",
        "ai-ollama-logs",
    ] {
        assert!(makefile.contains(&format!("\n{target}:")), "{target}");
    }
}

#[test]
fn it_never_overwrites() {
    let sandbox = Sandbox::new();
    sandbox.write("Makefile.ai", "# mine\n");
    sandbox.run(["init"]).code(0).says(["left as it is"]);
    assert_eq!(sandbox.read("Makefile.ai"), "# mine\n");
    sandbox.write("ollamactl.yaml", "model: mine\n");
    sandbox.run(["init"]).code(0);
    assert_eq!(sandbox.read("ollamactl.yaml"), "model: mine\n");
    // A symbolic link is somebody's too, even one that leads nowhere.
    std::fs::remove_file(sandbox.work().join("Makefile.ai")).expect("removed");
    std::os::unix::fs::symlink("nowhere", sandbox.work().join("Makefile.ai")).expect("linked");
    sandbox.run(["init"]).code(0);
    assert!(!sandbox.work().join("nowhere").exists());
}

#[test]
fn another_folder_can_be_named() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.work().join("repository")).expect("created");
    sandbox.run(["init", "repository"]).code(0);
    assert!(sandbox.work().join("repository/Makefile.ai").is_file());
    sandbox.run(["init", "nowhere"]).code(2).says(["nowhere"]);
    assert!(!sandbox.work().join("nowhere").exists());
}

#[test]
fn settings_above_are_not_hidden_unawares() {
    let sandbox = Sandbox::new();
    sandbox.write("ollamactl.yaml", "model: tiny:mine\n");
    std::fs::create_dir_all(sandbox.work().join("a/b")).expect("created");
    let work = sandbox.work().canonicalize().expect("there");
    let above = work.join("ollamactl.yaml").display().to_string();
    sandbox.run(["init", "a/b"]).code(2).says([
        above.as_str(),
        "counts in a/b already",
        "--nested",
    ]);
    sandbox
        .shell("cd a/b && ollamactl init")
        .code(2)
        .says([above.as_str(), "counts in this folder already"]);
    assert!(!sandbox.work().join("a/b/Makefile.ai").exists());
    sandbox
        .shell("cd a/b && ollamactl init --nested")
        .code(0)
        .says(["wrote Makefile.ai\n", "wrote ollamactl.yaml\n"]);
    assert!(
        sandbox
            .read("a/b/ollamactl.yaml")
            .contains("model: tiny:mine")
    );
    let up = work.display();
    sandbox
        .shell("cd a/b && ollamactl init ../..")
        .code(0)
        .says([format!("wrote {up}/Makefile.ai").as_str()]);
}

#[test]
fn what_one_person_has_set_is_not_written_for_all() {
    let mut sandbox = Sandbox::new();
    sandbox.set("OLLAMA_MODEL", "tiny:personal");
    sandbox.set("OLLAMACTL_SERVICE", "personal");
    let said = sandbox.run(["init", "--json"]).code(0).stdout;
    assert!(said.contains(r#""event":"file""#), "{said}");
    let settings = sandbox.read("ollamactl.yaml");
    assert!(!settings.contains("personal"), "{settings}");
}

#[test]
fn a_gateway_is_a_service_that_only_this_machine_reaches() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["init", "--gateway", "--model", "tiny:mine"])
        .code(0)
        .says(["docker-compose.yml", "ollama-functions/Dockerfile"]);
    let dockerfile = sandbox.read("ollama-functions/Dockerfile");
    assert!(dockerfile.contains("\nFROM scratch\n"), "{dockerfile}");
    let compose = sandbox.read("docker-compose.yml");
    assert!(
        compose.contains("OLLAMA_MODEL: ${OLLAMA_MODEL:-tiny:mine}"),
        "{compose}"
    );
    // What the person who runs it has set is not for everybody: the same text comes of it everywhere.
    for shared in [
        "\"127.0.0.1:${OLLAMACTL_GATEWAY_PORT:-9104}:8000\"",
        "http://host.docker.internal:${OLLAMACTL_BACKEND_PORT:-11434}",
    ] {
        assert!(compose.contains(shared), "{compose}");
    }
    let config = sandbox.run(["gateway", "config", "--json"]).code(0).json();
    let service = &config["services"]["ollama-functions"];
    let (gateway, backend) = (sandbox.gateway.port(), sandbox.backend.port());
    assert_eq!(service["ports"][0]["published"], gateway.to_string());
    assert_eq!(
        service["environment"]["OLLAMA_HOST"],
        format!("http://host.docker.internal:{backend}")
    );
    let program = sandbox.work().join("ollama-functions/ollamactl");
    let runs = || {
        let mut version = std::process::Command::new(&program);
        version
            .arg("--version")
            .output()
            .is_ok_and(|ran| ran.status.success())
    };
    assert!(runs());
    sandbox
        .run(["init", "--gateway"])
        .code(0)
        .says(["ollama-functions/ollamactl is there already"]);
    // Another version's, or half a copy, is no file of a person's.
    std::fs::write(&program, "half").expect("written");
    sandbox
        .run(["doctor"])
        .prints(["gateway program", "another version"]);
    sandbox.run(["init", "--gateway"]).code(0).says([
        "ollama-functions/ollamactl was another version",
        "up --build",
    ]);
    assert!(runs());
    assert_eq!(sandbox.read("ollama-functions/.gitignore"), "/ollamactl\n");
    let exposure = sandbox.run(["doctor", "--json"]).json();
    let mut names = exposure.as_array().expect("a list").iter();
    assert!(
        names.all(|check| check["name"] != "gateway exposure"),
        "{exposure:#}"
    );
}

#[test]
fn a_compose_file_that_is_there_gets_the_service_by_including_it() {
    let sandbox = Sandbox::new();
    let mine = "services:\n  web:\n    image: nginx\n";
    sandbox.write("compose.yaml", mine);
    let said = sandbox.run(["init", "--gateway"]).code(0);
    let said = said.says(["include:\n  - ollama-functions/compose.yaml"]);
    assert_eq!(sandbox.read("compose.yaml"), mine, "{said}");
    assert!(!sandbox.work().join("docker-compose.yml").exists());
    sandbox.write(
        "compose.yaml",
        &format!("include:\n  - ollama-functions/compose.yaml\n{mine}"),
    );
    sandbox
        .run(["doctor", "--json"])
        .code(1)
        .prints(["ollama-functions is defined"]);
    let before = sandbox.read("ollama-functions/compose.yaml");
    sandbox.write("ollama-functions/Dockerfile", "FROM mine\n");
    sandbox
        .run(["init", "--gateway"])
        .code(0)
        .says(["ollama-functions is in", "left as it is"]);
    assert_eq!(sandbox.read("ollama-functions/compose.yaml"), before);
    assert_eq!(sandbox.read("ollama-functions/Dockerfile"), "FROM mine\n");
}

#[test]
fn a_compose_file_with_a_fault_stops_it_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write("compose.yaml", "services:\n  web: [\n");
    sandbox
        .run(["init", "--gateway"])
        .code(2)
        .says(["compose.yaml:"]);
    assert!(!sandbox.work().join("Makefile.ai").exists());
    assert!(!sandbox.work().join("ollama-functions").exists());
}

#[test]
fn a_gateway_is_written_into_the_repository_alone() {
    let sandbox = Sandbox::new();
    let elsewhere = sandbox.path("elsewhere");
    std::fs::create_dir(&elsewhere).expect("made");
    std::os::unix::fs::symlink(&elsewhere, sandbox.work().join("ollama-functions"))
        .expect("linked");
    sandbox
        .run(["init", "--gateway"])
        .code(2)
        .says(["is a link to another place"]);
    sandbox.write("ollamactl.yaml", "gateway: {service: ../elsewhere}\n");
    sandbox
        .run(["init", "--gateway"])
        .code(2)
        .says(["is no name of a service"]);
    let written = std::fs::read_dir(&elsewhere).expect("there");
    assert_eq!(written.count(), 0);
}

#[test]
fn the_targets_run_their_command() {
    let sandbox = Sandbox::new();
    sandbox.run(["init"]).code(0);
    if sandbox.shell("command -v make").status != 0 {
        support::skipped("make is not installed");
        return;
    }
    let make = |target: &str| sandbox.shell(&format!("make -f Makefile.ai {target}"));
    make("ai-help")
        .code(0)
        .prints(["ai-llm-setup", "ai-ollama-logs"]);
    // From a Makefile of one's own, whatever else that includes: no variable is set for its recipes.
    sandbox.write("other.mk", "other: ## Another file's\n");
    sandbox.write(
        "Makefile",
        "include Makefile.ai\ninclude other.mk\nmine:\n\t@echo model=$${OLLAMA_MODEL-unset}\n",
    );
    let own = |words: &str| sandbox.shell(&format!("unset OLLAMA_MODEL; make {words}"));
    own("ai-help").code(0).prints(["ai-llm-setup"]);
    own("mine").code(0).prints(["model=unset\n"]);
    own("mine OLLAMA_MODEL=tiny")
        .code(0)
        .prints(["model=tiny\n"]);
    make("ai-ollama-pull-model OLLAMA_MODEL=tiny:made")
        .code(0)
        .says(["tiny:made"]);
    make("ai-ollama-serve-docker-gateway-bg").code(0);
    make("ai-ollama-pull-model").code(0);
    make("ai-up-ollama-functions").code(0);
    make("ai-ollama-functions-health")
        .code(0)
        .prints(["{\"status\":\"ok\"}"]);
    make("ai-ollama-logs").code(0).prints(["Listening on"]);
    make("ai-ollama-functions-logs").code(0);
    make("ai-restart-ollama-functions").code(0);
    make("ai-ollama-restart-docker-gateway").code(0);
    make("ai-stop-ollama-functions").code(0);
    make("ai-down-ollama-functions").code(0);
    make("ai-llm-setup").code(0).says(["healthy after"]);
}
