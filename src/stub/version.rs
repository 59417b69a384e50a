//! Which Ollama is imitated: the two whose behaviour was recorded.

/// A version of Ollama. They differ in the programs that run models, in the lines of a pull and in
/// a few texts; where nothing is said, the newer one is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// v0.24.0, whose models run in `ollama runner` processes.
    V0_24,
    /// v0.33.0-rc2, whose models run in `llama-server` processes.
    #[default]
    V0_33,
}

impl Version {
    /// The imitated version that a version number means: anything below 0.30 is the older one, for
    /// that is where the model runner changed.
    pub fn parse(text: &str) -> Self {
        let mut numbers = text.trim().trim_start_matches('v').split('.');
        let mut next = || numbers.next()?.parse::<u32>().ok();
        match (next(), next()) {
            (Some(0), Some(minor)) if minor < 30 => Self::V0_24,
            _ => Self::V0_33,
        }
    }

    /// As the stub tells it, marked as not being Ollama.
    pub fn text(self) -> &'static str {
        self.pick("0.24.0-stub", "0.33.0-rc2-stub")
    }

    /// The one of two things that belongs to this version.
    pub(super) fn pick<T>(self, older: T, newer: T) -> T {
        match self {
            Self::V0_24 => older,
            Self::V0_33 => newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_the_recorded_version_nearest_to_it() {
        for (text, version) in [
            ("0.24.0", Version::V0_24),
            ("v0.5.7", Version::V0_24),
            ("0.30.1", Version::V0_33),
            ("0.33.0-rc2", Version::V0_33),
            ("1.2", Version::V0_33),
            ("", Version::V0_33),
        ] {
            assert_eq!(Version::parse(text), version, "{text:?}");
        }
    }
}
