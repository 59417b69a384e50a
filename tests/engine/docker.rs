//! The engine as the tests look at it: blocking, and in `docker inspect`'s words.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream};

use ollamactl::engine::models::{ContainerCreateBody, VolumeCreateRequest};
use ollamactl::engine::{Endpoint, Engine};
use ollamactl::error::Result;
use serde_json::Value;

/// Compose's label of everything that belongs to a project.
const PROJECT: &str = "com.docker.compose.project";

/// A connection to the engine of the environment.
pub struct Docker {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
}

impl Docker {
    /// Fails where no engine answers: whoever asks for this suite must have one.
    pub fn connect() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let engine = runtime
            .block_on(Engine::from_environment())
            .expect("the engine suite needs an engine (.ci/docker up)");
        Self { runtime, engine }
    }

    #[track_caller]
    fn get<T>(&self, call: impl Future<Output = Result<T>>) -> T {
        let answer = self.runtime.block_on(call);
        answer.unwrap_or_else(|error| panic!("{error} {:?}", error.causes()))
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        self.engine.endpoint()
    }

    /// The address by which containers call this machine.
    pub fn host_gateway(&self) -> std::net::IpAddr {
        let address = self.engine.info().host_gateway;
        address.expect("an engine with a default bridge")
    }

    /// A container, as `docker inspect` prints it.
    #[track_caller]
    pub fn inspect(&self, name: &str) -> Option<Value> {
        let found = self.get(self.engine.container(name));
        found.map(|container| serde_json::to_value(container).expect("JSON"))
    }

    /// Whether there is a volume of this name.
    #[track_caller]
    pub fn has_volume(&self, name: &str) -> bool {
        self.get(self.engine.volume(name)).is_some()
    }

    /// Whether there is an image of this name.
    #[track_caller]
    pub fn has_image(&self, name: &str) -> bool {
        self.get(self.engine.image(name)).is_some()
    }

    /// Names of the project's containers, sorted.
    #[track_caller]
    pub fn containers(&self, project: &str) -> Vec<String> {
        let found = self.get(self.engine.containers(&[of(project)]));
        let names = found
            .into_iter()
            .filter_map(|container| container.names?.pop());
        let mut names: Vec<String> = names
            .map(|name| name.trim_start_matches('/').to_owned())
            .collect();
        names.sort();
        names
    }

    /// Names of the project's networks, sorted.
    #[track_caller]
    pub fn networks(&self, project: &str) -> Vec<String> {
        let found = self.get(self.engine.networks_labelled(&of(project)));
        let mut names: Vec<String> = found.into_iter().filter_map(|found| found.name).collect();
        names.sort();
        names
    }

    /// Removes a volume.
    #[track_caller]
    pub fn remove_volume(&self, name: &str) {
        self.get(self.engine.remove_volume(name));
    }

    /// Creates a volume without any label.
    #[track_caller]
    pub fn create_volume(&self, name: &str) {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            ..VolumeCreateRequest::default()
        };
        self.get(self.engine.create_volume(request));
    }

    /// Gives a container another name.
    #[track_caller]
    pub fn rename(&self, name: &str, other: &str) {
        self.get(self.engine.rename_container(name, other));
    }

    /// Removes a container that does not run.
    #[track_caller]
    pub fn remove(&self, name: &str) {
        self.get(self.engine.remove_container(name, true));
    }

    /// Creates a container without any label, and does not start it.
    #[track_caller]
    pub fn create_stranger(&self, name: &str, image: &str) {
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            ..ContainerCreateBody::default()
        };
        self.get(self.engine.create_container(name, "", body));
    }

    /// Creates a container as compose would for this service, and does not start it.
    #[track_caller]
    pub fn create(&self, project: &str, service: &str, image: &str) -> String {
        let name = format!("{project}-{service}-1");
        let label = |key: &str, value: &str| {
            let key = format!("com.docker.compose.{key}");
            (key, value.to_owned())
        };
        let labels = HashMap::from([
            label("project", project),
            label("service", service),
            label("oneoff", "False"),
            label("container-number", "1"),
            label("config-hash", "somebody else's"),
        ]);
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            labels: Some(labels),
            ..ContainerCreateBody::default()
        };
        self.get(self.engine.create_container(&name, "", body));
        name
    }
}

fn of(project: &str) -> String {
    format!("{PROJECT}={project}")
}

/// A connection to `to` that comes from `from`.
pub fn connect_from(from: SocketAddr, to: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(to),
        socket2::Type::STREAM,
        None,
    )
    .expect("a socket");
    socket.bind(&from.into()).expect("bound");
    socket.connect(&to.into()).expect("connected");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(30)))
        .expect("set");
    stream
}
