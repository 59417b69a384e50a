//! Compose files, read as compose reads them. Pure: files and text in, a typed project out; no
//! engine, no terminal.

mod canonical;
mod closure;
mod complete;
mod core_tags;
mod decode;
mod decode_deploy;
mod decode_parts;
mod decode_project;
mod decode_service;
mod discover;
mod dotenv;
mod emit;
mod extend;
mod extensions;
mod hash;
mod interpolate;
mod load;
mod merge;
mod model;
mod names;
mod node;
mod number;
mod omit;
mod order;
mod path;
mod read;
mod rebase;
mod references;
mod release;
mod scalar;
mod service;
mod short;
mod time;
mod units;
mod words;
mod yaml;

pub use discover::{FILE_NAMES, Files, find, variable};
pub use hash::Dialect;
pub use load::load;
pub use model::{FileObject, Ipam, IpamPool, LoadOptions, Network, Project, Volume};
pub use names::normalize;
pub use release::Release;
pub use service::{
    BindOptions, BlockIo, Build, Condition, Dependency, Deploy, Develop, Device, DeviceRequest,
    EnvFile, ExtraHost, FileReference, Healthcheck, Hook, Logging, Mount, Placement, Port,
    Preference, Resource, Resources, RestartPolicy, Service, ServiceNetwork, ThrottledDevice,
    TmpfsOptions, Trigger, Ulimit, UpdateConfig, VolumeOptions, WeightedDevice,
};
pub use units::{Argv, Bytes, Interval};

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod tests;
