//! Platforms of images: `os/architecture/variant`, with the names that containerd makes one of several.

/// A platform, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: String,
}

impl Platform {
    /// Reads `linux/arm64/v8`, or its beginning; of a name alone, `arm64` or `linux`, the rest is this machine's.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, '/');
        let first = parts.next().unwrap_or_default();
        match parts.next() {
            Some(architecture) => Self::new(first, architecture, parts.next().unwrap_or_default()),
            None if SYSTEMS.contains(&first.to_lowercase().as_str()) => {
                Self::new(first, std::env::consts::ARCH, "")
            }
            None => Self::new("linux", first, ""),
        }
    }

    /// The same spelling for all that mean the same (`platforms.Normalize` of containerd).
    pub fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let (architecture, variant) = (architecture.to_lowercase(), variant.to_lowercase());
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", ""),
            ("aarch64" | "arm64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
            ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
            ("i386", _) => ("386", ""),
            (architecture, variant) => (architecture, variant),
        };
        Self {
            os: match os.to_lowercase().as_str() {
                "macos" => "darwin".to_owned(),
                os => os.to_owned(),
            },
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        }
    }
}

/// What a platform of one word may be besides an architecture.
const SYSTEMS: [&str; 5] = ["linux", "windows", "darwin", "macos", "freebsd"];

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn one_platform_has_several_spellings() {
        for (one, other) in [
            ("linux/arm64", "linux/aarch64/v8"),
            ("linux/amd64", "Linux/x86_64"),
            ("arm64", "linux/arm64"),
            ("linux/arm", "linux/armhf"),
            ("linux/386", "linux/i386"),
        ] {
            assert_eq!(Platform::parse(one), Platform::parse(other), "{one}");
        }
        let others = [
            "linux/amd64",
            "linux/arm/v7",
            "windows/arm64",
            "linux/arm64/v9",
        ];
        for other in others {
            assert_ne!(
                Platform::parse("linux/arm64"),
                Platform::parse(other),
                "{other}"
            );
        }
    }
}
