//! Commands that are run inside a container that runs.

use std::collections::BTreeMap;

use crate::compose::model::omit::canonical;
use crate::compose::model::units::Argv;

canonical! {
    /// A command inside the container.
    pub struct Hook {
        /// The command.
        pub command: Argv,
        /// Who runs it.
        pub user: String,
        /// With full privileges.
        pub privileged: bool,
        /// Where.
        pub working_dir: String,
        /// Variables besides the container's own; `None`: named but unset.
        pub environment: BTreeMap<String, Option<String>>,
    }
}
