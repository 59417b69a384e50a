//! Compose files, read as compose reads them. Pure: files and text in, a typed project out; no
//! engine, no terminal.

mod canonical;
mod closure;
mod complete;
mod conflicts;
mod consistent;
mod decode;
mod files;
mod hash;
mod load;
mod merge;
mod model;
mod platforms;
mod references;
mod release;
mod yaml;

pub use files::discover::{FILE_NAMES, Files, find, variable};
pub use load::load;
pub use model::names::{explicit, normalize};
pub use model::service::{
    BindOptions, BlockIo, Build, Condition, Dependency, Deploy, Develop, Device, DeviceRequest,
    EnvFile, ExtraHost, FileReference, Healthcheck, Hook, Logging, Mount, Placement, Port,
    Preference, Resource, Resources, RestartPolicy, Service, ServiceNetwork, ThrottledDevice,
    TmpfsOptions, Trigger, Ulimit, UpdateConfig, VolumeOptions, WeightedDevice,
};
pub use model::units::{Argv, Bytes, Interval};
pub use model::{FileObject, Ipam, IpamPool, LoadOptions, Network, Project, Volume};
pub use release::{Dialect, Release};

#[cfg(test)]
mod tests;
