//! The registry that the stub pulls from: it has every model, made up from the name alone, except
//! those whose name begins with `nosuchmodel` or whose tag ends with `cloud`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::name::Name;

/// Length of the vectors that the stub embeds into.
pub(super) const EMBEDDING_LENGTH: usize = 64;
/// The context length that every model claims.
pub(super) const CONTEXT_LENGTH: u64 = 4096;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Media types of the layers.
pub(super) const WEIGHTS: &str = "application/vnd.ollama.image.model";
pub(super) const TEMPLATE: &str = "application/vnd.ollama.image.template";
pub(super) const LICENSE: &str = "application/vnd.ollama.image.license";
pub(super) const PARAMS: &str = "application/vnd.ollama.image.params";

const TEMPLATE_TEXT: &str =
    "{{- range .Messages }}<|{{ .Role }}|>{{ .Content }}\n{{ end }}<|assistant|>";
const LICENSE_TEXT: &str = "ollamactl stub\n\n\
    This model has no weights. It stands in for a model in tests and CI, and may be used freely.\n";
const PARAMS_TEXT: &str = r#"{"stop":["<|user|>"]}"#;

/// A Docker manifest of schema 2, as Ollama keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    schema_version: u8,
    media_type: String,
    pub(super) config: Layer,
    pub(super) layers: Vec<Layer>,
}

impl Manifest {
    /// All blobs, in the order in which they are pulled.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().chain([&self.config])
    }

    /// The size of the model as listed: all blobs.
    pub(super) fn size(&self) -> u64 {
        self.blobs().map(|layer| layer.size).sum()
    }

    /// The layer of this media type.
    pub(super) fn layer(&self, media_type: &str) -> Option<&Layer> {
        self.layers
            .iter()
            .find(|layer| layer.media_type == media_type)
    }
}

/// One blob of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layer {
    pub(super) media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub(super) digest: String,
    /// Bytes.
    pub(super) size: u64,
}

/// The config blob: what Ollama lists as a model's details.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    pub(super) model_format: String,
    pub(super) model_family: String,
    pub(super) model_families: Vec<String>,
    /// Number of parameters, for people: `8.0B`.
    pub(super) model_type: String,
    /// Quantisation: `Q6_K`.
    pub(super) file_type: String,
    architecture: String,
    os: String,
    rootfs: RootFs,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct RootFs {
    r#type: String,
    diff_ids: Vec<String>,
}

/// A blob's bytes: `head`, then zeros up to `size`, which cost nothing in a sparse file.
pub(super) struct Blob {
    pub(super) layer: Layer,
    pub(super) head: Vec<u8>,
}

impl Blob {
    fn new(media_type: &str, head: Vec<u8>, size: u64) -> Self {
        let layer = Layer {
            media_type: media_type.to_owned(),
            digest: digest(&head, size),
            size,
        };
        Self { layer, head }
    }

    /// Whether these are a model's weights.
    pub(super) fn is_weights(&self) -> bool {
        self.layer.media_type == WEIGHTS
    }

    fn text(media_type: &str, text: &str) -> Self {
        Self::new(media_type, text.as_bytes().to_vec(), text.len() as u64)
    }
}

/// A model as the registry has it.
pub(super) struct Model {
    /// The manifest's bytes.
    pub(super) manifest: Vec<u8>,
    /// The blobs, in the order of the manifest: layers, then config.
    pub(super) blobs: Vec<Blob>,
}

impl Model {
    /// Makes the model of this name; each `revision` has other weights. Hashes them, which takes a
    /// moment.
    pub(super) fn make(name: &Name, revision: u64) -> Option<Self> {
        let name = &name.to_lowercase();
        if name.model.starts_with("nosuchmodel") || name.tag.ends_with("cloud") {
            return None;
        }
        let mut head = format!("ollamactl stub: no weights of {}\n", name.full()).into_bytes();
        if revision > 0 {
            head.extend(format!("revision {revision}\n").into_bytes());
        }
        let weights = Blob::new(WEIGHTS, head, weights_size(name));
        let config = serde_json::to_string(&config(name, &weights)).expect("plain data");
        let mut blobs = vec![
            weights,
            Blob::text(TEMPLATE, TEMPLATE_TEXT),
            Blob::text(LICENSE, LICENSE_TEXT),
            Blob::text(PARAMS, PARAMS_TEXT),
        ];
        let layers = blobs.iter().map(|blob| blob.layer.clone()).collect();
        let config = Blob::text(CONFIG, &config);
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            config: config.layer.clone(),
            layers,
        };
        blobs.push(config);
        let manifest = serde_json::to_vec(&manifest).expect("plain data");
        Some(Self { manifest, blobs })
    }
}

/// What a model can do. Names of embedding models are known by their parts; `tiny…` has no tools.
pub(super) fn capabilities(name: &Name) -> &'static [&'static str] {
    let name = &name.to_lowercase();
    let embeds = ["embed", "minilm", "bge"]
        .iter()
        .any(|part| name.model.contains(part));
    match (embeds, is_tiny(name)) {
        (true, _) => &["embedding"],
        (false, true) => &["completion"],
        (false, false) => &["completion", "tools"],
    }
}

/// Lower-case hexadecimal digits of a SHA-256.
pub(super) fn hex(hash: impl AsRef<[u8]>) -> String {
    use std::fmt::Write;
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The first 12 digits of a digest.
pub(super) fn short(layer: &Layer) -> &str {
    let digits = layer.digest.trim_start_matches("sha256:");
    digits.get(..12).unwrap_or(digits)
}

/// The digest of a head and zeros up to `size`.
pub(super) fn digest(head: &[u8], size: u64) -> String {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut hash = Sha256::new();
    hash.update(head);
    let mut left = size - head.len() as u64;
    while left > 0 {
        let step = left.min(ZEROS.len() as u64);
        hash.update(&ZEROS[..usize::try_from(step).expect("at most the buffer")]);
        left -= step;
    }
    format!("sha256:{}", hex(hash.finalize()))
}

fn config(name: &Name, weights: &Blob) -> Config {
    let family = family(&name.model);
    Config {
        model_format: "gguf".to_owned(),
        model_family: family.clone(),
        model_families: vec![family],
        model_type: parameter_size(name),
        file_type: quantization(&name.tag),
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        rootfs: RootFs {
            r#type: "layers".to_owned(),
            diff_ids: vec![weights.layer.digest.clone()],
        },
    }
}

/// The number of parameters, for people.
fn parameter_size(name: &Name) -> String {
    match billions(name) {
        Some(billions) if billions < 1.0 => format!("{:.0}M", billions * 1000.0),
        Some(billions) => format!("{billions:.1}B"),
        None if is_tiny(name) => "117K".to_owned(),
        None => "8.0B".to_owned(),
    }
}

/// Whether a model is as small as those of the recordings.
fn is_tiny(name: &Name) -> bool {
    name.model.starts_with("tiny")
}

/// The letters that a name begins with: `llama` of `llama3.1`.
fn family(model: &str) -> String {
    let letters = model.split(|c: char| !c.is_ascii_alphabetic()).next();
    letters
        .filter(|text| !text.is_empty())
        .unwrap_or("stub")
        .to_owned()
}

/// `Q6_K` of `8b-instruct-q6_K`.
fn quantization(tag: &str) -> String {
    let mut words = tag.split('-');
    let found = words.find(|word| {
        let digit = word.strip_prefix('q').and_then(|rest| rest.chars().next());
        digit.is_some_and(|c| c.is_ascii_digit()) || matches!(*word, "fp16" | "f16" | "f32")
    });
    found.unwrap_or("q4_k_m").to_uppercase()
}

/// Billions of parameters, where the tag or the name tells: `8b`, `0.5b`, `22m`.
fn billions(name: &Name) -> Option<f64> {
    let words = name.tag.split('-').chain(name.model.split('-'));
    words.into_iter().find_map(|word| {
        let (number, unit) = word.split_at_checked(word.len().checked_sub(1)?)?;
        let number: f64 = number
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && *n > 0.0)?;
        match unit {
            "b" => Some(number),
            "m" => Some(number / 1000.0),
            _ => None,
        }
    })
}

/// Bytes of a model's weights: 8 MiB for each billion parameters (an 8b model has 64 MiB), within
/// limits; about half a MiB for a model called `tiny…`.
fn weights_size(name: &Name) -> u64 {
    const MIB: f64 = 1_048_576.0;
    if is_tiny(name) {
        return 470_848;
    }
    let mib = (billions(name).unwrap_or(8.0) * 8.0).clamp(1.0, 128.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a small positive number"
    )]
    let bytes = (mib * MIB) as u64;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    #[test]
    fn models_follow_from_their_names() {
        let model = Model::make(&name("llama3.1:8b-instruct-q6_K"), 0).expect("exists");
        let config: Config = serde_json::from_slice(&model.blobs[4].head).expect("a config");
        let details = (config.model_family, config.model_type, config.file_type);
        assert_eq!(details, ("llama".into(), "8.0B".into(), "Q6_K".into()));
        assert_eq!(model.blobs[0].layer.size, 64 << 20);
        assert!(Model::make(&name("nosuchmodel:7b"), 0).is_none());
    }

    #[test]
    fn the_manifest_agrees_with_the_blobs() {
        let model = Model::make(&name("tiny"), 0).expect("exists");
        let manifest: Manifest = serde_json::from_slice(&model.manifest).expect("a manifest");
        let blobs: Vec<_> = model.blobs.iter().map(|blob| &blob.layer).collect();
        assert_eq!(manifest.blobs().collect::<Vec<_>>(), blobs);
    }

    #[test]
    fn a_digest_covers_the_zeros() {
        let mut bytes = b"head".to_vec();
        bytes.resize(100_000, 0);
        let expected = format!("sha256:{}", hex(Sha256::digest(&bytes)));
        assert_eq!(digest(b"head", 100_000), expected);
    }
}
