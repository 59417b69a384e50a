//! Logs that are files: the lines that are asked for without reading the rest, and new ones as they come.

mod clean;
mod follow;
mod lines;
mod moment;
mod range;
mod stamp;
mod tail;

pub use clean::{Cleaner, clean};
pub use follow::Follower;
pub use lines::Lines;
pub use moment::moment;
pub use range::Selection;
pub use stamp::time_of;
