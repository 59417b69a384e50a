//! Logs that are files: the last lines without reading the file, and new lines as they come.

mod clean;
mod follow;
mod since;
mod tail;

pub use clean::clean;
pub use follow::Follower;
pub use since::{Since, lines_since, since};
pub use tail::last_lines;
