//! Whether this machine has a GPU that Ollama could use, driver or not.

use std::path::Path;

/// The GPU of this machine, for people; `None` where none is seen.
pub fn gpu() -> Option<String> {
    gpu_below(Path::new("/"))
}

/// NVIDIA's and AMD's device nodes come with their drivers; a card without a driver is seen on the bus.
fn gpu_below(root: &Path) -> Option<String> {
    let exists = |path: &str| root.join(path).exists();
    if exists("dev/nvidia0") {
        return Some("an NVIDIA GPU".to_owned());
    }
    if exists("dev/kfd") {
        return Some("an AMD GPU".to_owned());
    }
    let cards = std::fs::read_dir(root.join("sys/class/drm")).ok()?;
    let vendors = cards.flatten().filter_map(|card| {
        let vendor = std::fs::read_to_string(card.path().join("device/vendor")).ok()?;
        Some(vendor.trim().to_owned())
    });
    // AMD's and Intel's numbers are also those of processors with graphics, which Ollama leaves aside.
    let mut nvidia = vendors.filter(|vendor| vendor == "0x10de");
    nvidia
        .next()
        .map(|_| "an NVIDIA GPU, whose driver is not loaded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> Option<String> {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        gpu_below(root.path())
    }

    #[test]
    fn gpus_are_known_by_their_devices() {
        assert_eq!(with(&[]), None);
        assert_eq!(
            with(&[("dev/nvidia0", "")]).as_deref(),
            Some("an NVIDIA GPU")
        );
        assert_eq!(with(&[("dev/kfd", "")]).as_deref(), Some("an AMD GPU"));
        let bus = "sys/class/drm/card0/device/vendor";
        assert_eq!(with(&[(bus, "0x8086\n")]), None);
        let bare = with(&[(bus, "0x10de\n")]).expect("a card");
        assert!(bare.contains("driver"), "{bare}");
    }
}
