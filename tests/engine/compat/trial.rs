//! One project through compose and ollamactl, each on what the other made.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::agent::Agent;
use super::api::Api;
use super::guest;
use super::logs;
use super::project::{self, Project, Refused};
use super::snapshot::{Snapshot, list, string};
use super::support::{Output, Sandbox};
use super::table::Table;

/// The service that the projects are about.
pub const SERVICE: &str = "ollama-functions";

/// What all projects share: the engine, the image, the releases of compose.
pub struct Bench {
    api: Api,
    image: String,
    composes: Vec<Compose>,
}

/// A release of compose.
struct Compose {
    program: PathBuf,
    /// `2.26.1`, without what a distribution adds.
    release: String,
}

impl Bench {
    pub fn new(programs: &[PathBuf]) -> Self {
        let api = Api::new();
        let image = "octl-compat-guest".to_owned();
        api.import(&root(), &image, guest::PROGRAM);
        let composes = programs.iter().map(|program| Compose::new(program));
        Self {
            composes: composes.collect(),
            api,
            image,
        }
    }

    pub fn releases(&self) -> Vec<String> {
        let releases = self.composes.iter().map(|compose| compose.release.clone());
        releases.collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.api.delete(&format!("/images/{}?force=1", self.image));
    }
}

impl Compose {
    fn new(program: &Path) -> Self {
        let output = std::process::Command::new(program)
            .args(["version", "--short"])
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let release = text.trim().trim_start_matches('v');
        let release = release.split(['-', '+']).next().unwrap_or_default();
        Self {
            program: program.to_owned(),
            release: release.to_owned(),
        }
    }

    fn is_before(&self, release: &str) -> bool {
        let numbers = |text: &str| -> Vec<u32> {
            text.split('.')
                .map_while(|part| part.parse().ok())
                .collect()
        };
        numbers(&self.release) < numbers(release)
    }
}

/// The image's root: this program, which is static, and folders to mount something at.
fn root() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("guest");
    let this = std::env::current_exe().expect("this program");
    let stripped = std::process::Command::new("strip")
        .arg("-o")
        .arg(&program)
        .arg(&this)
        .status();
    if !stripped.is_ok_and(|status| status.success()) {
        std::fs::copy(this, &program).expect("copied");
    }
    let mut tar = tar::Builder::new(Vec::new());
    tar.sparse(false);
    tar.append_path_with_name(program, guest::PROGRAM.trim_start_matches('/'))
        .expect("packed");
    for name in ["data/sub", "tmp"] {
        tar.append_dir(name, folder.path()).expect("packed");
    }
    tar.into_inner().expect("packed")
}

/// Runs the project with every release, and says what was not as it must be.
pub fn run(bench: &Bench, project: &Project, table: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for compose in &bench.composes {
        let bench = Side::new(bench, project, compose);
        let (outcome, faults) = bench.compare();
        table.set(
            project,
            &compose.release,
            if faults.is_empty() {
                outcome
            } else {
                "differs"
            },
        );
        let faults = faults.into_iter();
        all.extend(faults.map(|fault| format!("[{}] {fault}", compose.release)));
    }
    all
}

/// A project in a sandbox with one release of compose.
pub struct Side<'a> {
    bench: &'a Bench,
    pub project: &'a Project,
    compose: &'a Compose,
    pub sandbox: Sandbox,
    /// Name of the compose project.
    name: String,
    _agent: Option<Agent>,
}

impl<'a> Side<'a> {
    fn new(bench: &'a Bench, project: &'a Project, compose: &'a Compose) -> Self {
        let mut sandbox = Sandbox::new().with("DOCKER_HOST", bench.api.host());
        project::copy(&project.folder, &sandbox.work());
        // Above the project's own folder, so that compose and its hashes know nothing of it.
        let settings = "gateway: {host_gateway: false}\n";
        std::fs::write(sandbox.path("ollamactl.yaml"), settings).expect("written");
        // Where docker's command line finds its plugins, and ollamactl the release to agree with.
        let plugins = sandbox.path("home/.docker/cli-plugins");
        std::fs::create_dir_all(&plugins).expect("created");
        for name in ["docker-compose", "docker-buildx"] {
            let from = compose.program.with_file_name(name);
            std::os::unix::fs::symlink(from, plugins.join(name)).expect("linked");
        }
        if let Some(config) = &project.about.docker_config {
            let path = sandbox.path("home/.docker/config.json");
            std::fs::write(path, config.to_string()).expect("written");
        }
        sandbox.set("IMAGE", &bench.image);
        sandbox.set("COMPOSE_PROGRESS", "plain");
        for (key, value) in &project.about.environment {
            sandbox.set(key, value);
        }
        let agent = project.about.agent.then(|| Agent::start(&sandbox.path("")));
        if let Some(agent) = &agent {
            sandbox.set("SSH_AUTH_SOCK", &agent.socket().display().to_string());
        }
        let name = project.about.project_name.clone().unwrap_or_else(|| {
            let name = format!("octl-compat-{}", project.name);
            sandbox.set("COMPOSE_PROJECT_NAME", &name);
            name
        });
        let side = Self {
            bench,
            project,
            compose,
            sandbox,
            name,
            _agent: agent,
        };
        side.clear();
        side
    }

    /// The table's word, and what is wrong with it.
    fn compare(&self) -> (&'static str, Vec<String>) {
        if let Some(since) = &self.project.about.since
            && self.compose.is_before(since)
        {
            let refused = self.compose("config --quiet").status != 0;
            let fault = format!("compose is expected to refuse this before {since}, and does not");
            return ("not read", if refused { Vec::new() } else { vec![fault] });
        }
        if let Some(refused) = &self.project.about.refused
            && let Some(faults) = self.refused(refused)
        {
            return (self.word(), faults);
        }
        (
            self.word(),
            self.both().err().into_iter().flatten().collect(),
        )
    }

    /// Whether this release does nothing with the project's key.
    fn is_ignored(&self) -> bool {
        let about = &self.project.about;
        let since = about.ignored_before.as_ref();
        since.is_some_and(|since| self.compose.is_before(since))
    }

    fn word(&self) -> &'static str {
        match &self.project.about.refused {
            _ if self.is_ignored() => "read, without effect",
            Some(refused) if refused.by_compose => "the same, or refused by both",
            Some(_) => "the same, or refused by ollamactl",
            None if self.project.about.create_only => "created the same",
            None => "the same",
        }
    }

    /// Where the engine cannot do it, what is not refused as it must be; `None`: it can.
    fn refused(&self, refused: &Refused) -> Option<Vec<String>> {
        let engine = string(&self.bench.api.get("/version")["ApiVersion"]);
        let number = |version: &str| {
            let parts = version
                .split('.')
                .map_while(|part| part.parse::<u32>().ok());
            parts.collect::<Vec<_>>()
        };
        let old = |before: &String| number(&engine) < number(before);
        let ours = self.ours_up();
        self.clear();
        if !refused.before_api.as_ref().map_or(ours.status != 0, old) {
            return None;
        }
        let theirs = self.compose_up();
        let mut faults = Vec::new();
        if ours.status == 0 || !ours.stderr.contains(&refused.says) {
            faults.push(format!("is to be refused: {ours}"));
        }
        if refused.by_compose && (theirs.status == 0 || !theirs.stderr.contains(&refused.says)) {
            faults.push(format!("is to be refused: {theirs}"));
        }
        Some(faults)
    }

    fn both(&self) -> Result<(), Vec<String>> {
        self.prepare();
        let theirs = self.made(&self.compose_up())?;
        self.settled("ollamactl on compose's", &theirs, &self.ours_up())?;
        let stopped_by_ours = self.commands_of_ours()?;
        self.clear();
        self.prepare();
        let ours = self.made(&self.ours_up())?;
        let differences = theirs.differences(&ours);
        if self.is_ignored() {
            if differences.is_empty() {
                return Err(vec![
                    "compose is expected to ignore this, and does not".to_owned(),
                ]);
            }
        } else if !differences.is_empty() {
            return Err(differences);
        }
        self.settled("compose on ollamactl's", &ours, &self.compose_up())?;
        let stopped_by_compose = self.commands_of_compose()?;
        if !self.is_ignored() && stopped_by_ours != stopped_by_compose {
            let files = format!("{stopped_by_ours:#?}\n{stopped_by_compose:#?}");
            return Err(vec![format!("stopped, its files differ: {files}")]);
        }
        self.compose_down()
    }

    /// Makes what must be there before.
    fn prepare(&self) {
        let external = &self.project.about.external;
        for name in &external.networks {
            self.bench.api.create("/networks/create", name);
        }
        for name in &external.volumes {
            self.bench.api.create("/volumes/create", name);
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.bench.api, &self.name, &self.project.text)
    }

    /// What an `up` made; it must have made something.
    fn made(&self, up: &Output) -> Result<Snapshot, Vec<String>> {
        let mut snapshot = self.snapshot();
        if up.status != 0 || snapshot.runs.is_empty() {
            return Err(vec![up.to_string()]);
        }
        snapshot.add_images(&self.bench.api, &self.name);
        for (path, file) in self.files() {
            snapshot.things.insert(format!("file {path}"), file.into());
        }
        Ok(snapshot)
    }

    /// The files that must be the same, as they are now.
    fn files(&self) -> Vec<(String, String)> {
        let container = format!("{}-{SERVICE}-1", self.name);
        let file = |path: &String| {
            let file = self.bench.api.file(&container, path);
            let file = file.map_or_else(|| "absent".to_owned(), |file| described(&file));
            (path.clone(), file)
        };
        self.project.about.files.iter().map(file).collect()
    }

    /// An `up` on what is there already must leave it all alone.
    fn settled(&self, who: &str, before: &Snapshot, up: &Output) -> Result<(), Vec<String>> {
        let after = self.snapshot();
        if up.status == 0 && after.runs == before.runs {
            return Ok(());
        }
        let runs = format!("{:#?} became {:#?}", before.runs, after.runs);
        Err(vec![format!("{who} is not left alone: {runs}\n{up}")])
    }

    pub fn program(&self) -> String {
        self.compose.program.to_string_lossy().into_owned()
    }

    /// The services that have containers.
    pub fn services(&self) -> Vec<String> {
        let mut services = self.services_of_containers();
        services.dedup();
        services
    }

    /// How many containers a service has.
    pub fn containers_of(&self, service: &str) -> usize {
        let services = self.services_of_containers();
        services.iter().filter(|name| *name == service).count()
    }

    fn services_of_containers(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        let labels = snapshot
            .things
            .values()
            .map(|thing| string(&thing["Config"]["Labels"]["com.docker.compose.service"]));
        labels.filter(|service| !service.is_empty()).collect()
    }

    pub fn compose(&self, words: &str) -> Output {
        let options = self.project.about.options.iter().map(String::as_str);
        let words: Vec<&str> = options.chain(words.split_whitespace()).collect();
        self.sandbox.start(&self.program(), words).finish()
    }

    fn compose_up(&self) -> Output {
        let how = if self.project.about.create_only {
            "--no-start"
        } else {
            "--detach"
        };
        self.compose(&format!("up {how} {SERVICE}"))
    }

    pub fn ours(&self, words: &str) -> Output {
        let options = self.project.about.options.iter().map(String::as_str);
        // `logs -f` follows.
        let options = options.map(|option| if option == "-f" { "--file" } else { option });
        let words: Vec<&str> = words.split_whitespace().chain(options).collect();
        self.sandbox.run(words)
    }

    fn ours_up(&self) -> Output {
        self.ours(if self.project.about.create_only {
            "gateway up --no-start"
        } else {
            "gateway up"
        })
    }

    /// What the gateway's container is after it was stopped; one that never ran stays so.
    fn stopped(&self) -> &'static str {
        if self.project.about.create_only {
            "created"
        } else {
            "exited"
        }
    }

    /// The gateway's container as `compose ps` shows it.
    fn must_be(&self, state: &str) -> Result<(), Vec<String>> {
        let ps = must(
            self.compose(&format!("ps --all --format json {SERVICE}")),
            0,
            SERVICE,
        )?;
        let shown = format!("\"State\":\"{state}\"");
        if ps.stdout.replace(": ", ":").contains(&shown) {
            return Ok(());
        }
        Err(vec![format!("is to be {state}: {ps}")])
    }

    /// `config`, which reads, and `logs`, `stop`, `up` and `down` of ollamactl on compose's container.
    /// The files after the stop.
    fn commands_of_ours(&self) -> Result<Vec<(String, String)>, Vec<String>> {
        self.same_config()?;
        logs::compare(self)?;
        must(self.ours("gateway stop --timeout 0"), 0, "")?;
        self.must_be(self.stopped())?;
        let files = self.files();
        if !self.project.about.create_only {
            must(self.ours("gateway up"), 0, "")?;
            self.must_be("running")?;
        }
        must(self.ours("gateway down --timeout 0"), 0, "")?;
        let left = self.services();
        if left.iter().any(|service| service == SERVICE) {
            return Err(vec![format!("ollamactl's down leaves {left:?}")]);
        }
        Ok(files)
    }

    /// `ps`, `logs`, `stop` and `start` of compose on ollamactl's container. The files after the stop.
    fn commands_of_compose(&self) -> Result<Vec<(String, String)>, Vec<String>> {
        self.must_be(if self.project.about.create_only {
            "created"
        } else {
            "running"
        })?;
        logs::compare(self)?;
        must(self.compose(&format!("stop --timeout 0 {SERVICE}")), 0, "")?;
        self.must_be(self.stopped())?;
        let files = self.files();
        if self.project.about.create_only {
            return Ok(files);
        }
        must(self.compose(&format!("start {SERVICE}")), 0, "")?;
        self.must_be("running")?;
        Ok(files)
    }

    /// Like compose of this release, which `config` does not look for.
    fn our_config(&self, words: &str) -> Output {
        let options = self.project.about.options.join(" ");
        let (release, binary) = (&self.compose.release, env!("CARGO_BIN_EXE_ollamactl"));
        let variable = format!("OLLAMACTL_COMPOSE_VERSION={release}");
        self.sandbox
            .shell(&format!("{variable} {binary} {words} {options}"))
    }

    /// The canonical model, whole and of the gateway alone, in both forms.
    fn same_config(&self) -> Result<(), Vec<String>> {
        for what in ["", SERVICE] {
            let theirs = must(self.compose(&format!("config {what}")), 0, "services:")?;
            let ours = must(
                self.our_config(&format!("gateway config {what}")),
                0,
                "services:",
            )?;
            if theirs.stdout != ours.stdout {
                return Err(vec![format!("config differs:\n{theirs}\n{ours}")]);
            }
            let theirs = self.compose(&format!("config --format json {what}"));
            let ours = self.our_config(&format!("gateway config --json {what}"));
            if theirs.json() != ours.json() {
                return Err(vec![format!("config in JSON differs:\n{theirs}\n{ours}")]);
            }
        }
        for what in ["--services", "--volumes", "--images"] {
            let (theirs, ours) = (
                self.compose(&format!("config {what}")),
                self.our_config(&format!("gateway config {what}")),
            );
            let sorted = |output: &Output| {
                let mut lines: Vec<String> = output.stdout.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            };
            if sorted(&theirs) != sorted(&ours) {
                return Err(vec![format!("config {what} differs:\n{theirs}\n{ours}")]);
            }
        }
        Ok(())
    }

    /// Compose takes away all that ollamactl made.
    fn compose_down(&self) -> Result<(), Vec<String>> {
        let down = must(
            self.compose("--profile * down --volumes --timeout 0"),
            0,
            "",
        )?;
        let left = self.snapshot().things;
        if left.is_empty() {
            return Ok(());
        }
        let left: Vec<&String> = left.keys().collect();
        Err(vec![format!("compose's down leaves {left:?}\n{down}")])
    }

    /// Takes away everything of the project.
    fn clear(&self) {
        let api = &self.bench.api;
        let label = format!("com.docker.compose.project={}", self.name);
        for one in list(&api.labelled("/containers/json?all=1&", &label)) {
            api.delete(&format!("/containers/{}?force=1&v=1", string(&one["Id"])));
        }
        let external = &self.project.about.external;
        for one in list(&api.labelled("/networks?", &label)) {
            api.delete(&format!("/networks/{}", string(&one["Id"])));
        }
        for name in &external.networks {
            api.delete(&format!("/networks/{name}"));
        }
        for one in list(&api.labelled("/volumes?", &label)["Volumes"]) {
            api.delete(&format!("/volumes/{}", string(&one["Name"])));
        }
        for name in &external.volumes {
            api.delete(&format!("/volumes/{name}"));
        }
        for image in list(&api.images_of(&self.name)) {
            for tag in list(&image["RepoTags"]) {
                api.delete(&format!("/images/{}?force=1", string(&tag)));
            }
        }
    }
}

impl Drop for Side<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Who owns a file, who may read it, and what it says.
fn described(archive: &[u8]) -> String {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive
        .entries()
        .expect("an archive")
        .next()
        .expect("a file")
        .expect("readable");
    let mut content = String::new();
    entry.read_to_string(&mut content).expect("text");
    let header = entry.header();
    let number = |number: std::io::Result<u64>| number.expect("a number");
    format!(
        "mode {:o} uid {} gid {}: {content}",
        header.mode().expect("a mode"),
        number(header.uid()),
        number(header.gid()),
    )
}

fn must(output: Output, status: i32, prints: &str) -> Result<Output, Vec<String>> {
    if output.status == status && output.stdout.contains(prints) {
        return Ok(output);
    }
    Err(vec![format!("is to print {prints:?}: {output}")])
}
