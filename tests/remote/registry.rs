//! A registry that wants a login: for a pull, and for what a build starts from.

use std::process::Command;

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::need;
use crate::support::{Output, Running};

const REGISTRY: &str = "127.0.0.1:5000";
const IMAGE: &str = "127.0.0.1:5000/app:1";
/// `htpasswd -nbB me s3cret`
const USERS: &str = "me:$2y$05$MbCqryzAQzrvNNbyYczEZ.X2285O8rA/9NldP237dg75t.ubDeVta\n";
/// "me:s3cret" and "me:wr0ng", as `docker login` writes them.
const LOGINS: [&str; 2] = ["bWU6czNjcmV0", "bWU6d3Iwbmc="];
/// `{"username":"me","password":"s3cret"}`, as the engine wants it.
const FOR_ENGINE: &str = "eyJ1c2VybmFtZSI6Im1lIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==";

struct Shop {
    machine: Machine,
    _registry: Running,
}

impl Shop {
    /// A machine with a registry that has the gateway's image, which the engine has not.
    fn new() -> Option<Self> {
        let machine = Machine::with_engine()?;
        need(&["/usr/bin/docker-registry"]);
        let path = |name: &str| machine.path(name).display().to_string();
        std::fs::write(path("users"), USERS).expect("written");
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: {REGISTRY}}}\nauth: {{htpasswd: {{realm: lab, path: {}}}}}\n",
            path("registry"),
            path("users"),
        );
        std::fs::write(path("registry.yml"), config).expect("written");
        let words = format!("serve {}", path("registry.yml"));
        let registry = machine.start("/usr/bin/docker-registry", &words);
        registry.wait_to_say("listening on");
        machine.run("gateway build").code(0);
        let shop = Self {
            machine,
            _registry: registry,
        };
        let repository = format!("{REGISTRY}/app");
        shop.call(
            "POST",
            &format!("/images/shop-ollama-functions/tag?repo={repository}&tag=1"),
        );
        let pushed = shop.call("POST", &format!("/images/{repository}/push?tag=1"));
        assert!(pushed.contains("digest"), "{pushed}");
        shop.forget();
        Some(shop)
    }

    fn call(&self, method: &str, path: &str) -> String {
        let output = Command::new("curl")
            .args(["-sS", "--max-time", "60", "-X", method, "--unix-socket"])
            .arg(self.machine.path("engine.sock"))
            .args(["-H", &format!("X-Registry-Auth: {FOR_ENGINE}")])
            .arg(format!("http://engine{path}"))
            .output()
            .expect("curl");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Takes all images away from the engine.
    fn forget(&self) {
        for image in [IMAGE, "shop-ollama-functions"] {
            self.call("DELETE", &format!("/images/{image}?force=1"));
        }
        self.call("POST", "/build/prune?all=1");
    }

    /// Writes docker's config.json.
    fn config(&self, config: &Value) {
        let folder = self.machine.path("home/.docker");
        std::fs::create_dir_all(&folder).expect("created");
        std::fs::write(folder.join("config.json"), config.to_string()).expect("written");
    }

    /// Fails with what the registry says, the way out, and no password.
    #[track_caller]
    fn fails(&self, words: &str, config: &Value, says: &[&str]) {
        self.config(config);
        let output = self.run(words).code(1);
        let secret = ["s3cret", "wr0ng"].into_iter().chain(LOGINS);
        for secret in secret {
            assert!(!output.stderr.contains(secret), "{output}");
        }
        let says = says.iter().copied();
        output.says(says.chain(["hint: docker login 127.0.0.1:5000"]));
    }

    fn run(&self, words: &str) -> Output {
        self.machine.run(words)
    }

    /// Programs as docker's own credential helpers are.
    fn helpers(&self) {
        let answer = r#"{\"ServerURL\":\"$server\",\"Username\":\"me\",\"Secret\":\"s3cret\"}"#;
        let lab = format!("read -r server; echo \"$1 $server\" >>$HOME/asked; echo \"{answer}\"");
        self.machine.sandbox.script("docker-credential-lab", &lab);
        let broken = "read -r server; echo 'the keychain is locked' >&2; exit 1";
        self.machine
            .sandbox
            .script("docker-credential-broken", broken);
    }
}

fn written(login: &str) -> Value {
    json!({ "auths": {REGISTRY: {"auth": login}} })
}

fn helped(by: &str) -> Value {
    json!({ "credHelpers": {REGISTRY: by} })
}

#[test]
fn a_private_image_is_pulled_with_the_login_that_docker_has() {
    let Some(shop) = Shop::new() else {
        return;
    };
    shop.helpers();
    let image = format!("image: {IMAGE}");
    shop.machine
        .write_compose(|compose| compose.replace("build: ./ollama-functions", &image));
    shop.fails("gateway up", &json!({}), &["no basic auth credentials"]);
    shop.fails(
        "gateway up",
        &written(LOGINS[1]),
        &["unauthorized: authentication required"],
    );
    shop.fails(
        "gateway up",
        &helped("broken"),
        &["no basic auth", "the keychain is locked"],
    );
    for config in [
        written(LOGINS[0]),
        helped("lab"),
        json!({ "credsStore": "lab" }),
    ] {
        shop.config(&config);
        shop.run("gateway up")
            .code(0)
            .says(["pull image", "ok gateway"]);
        shop.run("gateway down").code(0);
        shop.forget();
    }
    let asked = std::fs::read_to_string(shop.machine.path("home/asked")).expect("asked");
    assert_eq!(asked, "get 127.0.0.1:5000\nget 127.0.0.1:5000\n");
}

/// As compose does: the registry is asked first where a service has a name for its image.
#[test]
fn an_image_that_can_be_built_is_pulled_where_it_can_be() {
    let Some(shop) = Shop::new() else {
        return;
    };
    let both = format!("build: ./ollama-functions\n    image: {IMAGE}");
    shop.machine
        .write_compose(|compose| compose.replace("build: ./ollama-functions", &both));
    shop.run("gateway up --dry-run")
        .code(0)
        .prints(["pull or build image 127.0.0.1:5000/app:1: it is missing"]);
    for (login, from) in [(LOGINS[0], true), (LOGINS[1], false)] {
        shop.config(&written(login));
        shop.run("gateway up").code(0);
        let image = shop.call("GET", &format!("/images/{IMAGE}/json"));
        // Only what came from a registry has its digest.
        assert_eq!(
            image.contains("127.0.0.1:5000/app@sha256:"),
            from,
            "{image}"
        );
        shop.run("gateway down").code(0);
        shop.forget();
    }
}

#[test]
fn a_build_starts_from_a_private_image_with_either_builder() {
    let Some(mut shop) = Shop::new() else {
        return;
    };
    shop.helpers();
    let dockerfile = format!("FROM {IMAGE}\nENV A=1\n");
    shop.machine
        .sandbox
        .write("ollama-functions/Dockerfile", &dockerfile);
    for (buildkit, none, wrong) in [
        ("0", "no basic auth credentials", "unauthorized"),
        ("1", "401 Unauthorized", "401 Unauthorized"),
    ] {
        shop.machine.sandbox.set("DOCKER_BUILDKIT", buildkit);
        shop.fails("gateway build", &json!({}), &[none]);
        shop.fails("gateway build", &written(LOGINS[1]), &[wrong]);
        shop.fails(
            "gateway build",
            &helped("broken"),
            &[none, "the keychain is locked"],
        );
        for config in [written(LOGINS[0]), helped("lab")] {
            shop.config(&config);
            shop.run("gateway build").code(0);
            shop.forget();
        }
    }
}
