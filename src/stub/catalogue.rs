//! The registry that the stub pulls from: it has every model, made up from the name alone, except
//! those whose name begins with `nosuchmodel` or whose tag ends with `cloud`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::name::Name;
use super::weights;
use crate::units;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Media types of the layers.
pub(super) const WEIGHTS: &str = "application/vnd.ollama.image.model";
pub(super) const TEMPLATE: &str = "application/vnd.ollama.image.template";
pub(super) const LICENSE: &str = "application/vnd.ollama.image.license";
pub(super) const PARAMS: &str = "application/vnd.ollama.image.params";
pub(super) const SYSTEM: &str = "application/vnd.ollama.image.system";

const TEMPLATE_TEXT: &str =
    "{{- range .Messages }}<|{{ .Role }}|>{{ .Content }}\n{{ end }}<|assistant|>";
/// With the tools that may be called; the recorded models have none.
const TOOLS_TEMPLATE: &str = "{{- if .Tools }}<|tools|>{{ .Tools }}\n{{ end }}\
    {{- range .Messages }}<|{{ .Role }}|>{{ .Content }}\n{{ end }}<|assistant|>";
/// The family of models that embed.
const EMBEDS: &str = "bert";
const LICENSE_TEXT: &str = "ollamactl stub\n\n\
    This model has no weights. It stands in for a model in tests and CI, and may be used freely.\n";
const PARAMS_TEXT: &str = r#"{"stop":["<|user|>"],"temperature":0.1}"#;
/// Those of the recorded models.
const TINY_PARAMS: &str = r#"{"num_predict":32,"stop":["<|user|>"],"temperature":0.1}"#;
/// The size at which the weights of a `corrupt…` model are cut.
const CUT: u64 = 200_000;

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
    /// Of these blobs.
    pub(super) fn new(config: Layer, layers: Vec<Layer>) -> Self {
        Self {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            config,
            layers,
        }
    }

    /// The file's bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data")
    }

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
    /// The model that a created one is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
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
            from: None,
        };
        Self { layer, head }
    }

    /// Whether these are a model's weights.
    pub(super) fn is_weights(&self) -> bool {
        self.layer.media_type == WEIGHTS
    }

    /// A text as a blob.
    pub(super) fn text(media_type: &str, text: &str) -> Self {
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
        if name.model.starts_with("garbage") {
            head = weights::garbage();
        }
        if revision > 0 {
            head.extend(format!("revision {revision}\n").into_bytes());
        }
        let weights = Blob::new(WEIGHTS, head, weights_size(name));
        let config = Config::of(name, &weights.layer).blob();
        let (template, parameters) = if is_tiny(name) {
            (TEMPLATE_TEXT, TINY_PARAMS)
        } else {
            (TOOLS_TEMPLATE, PARAMS_TEXT)
        };
        let mut blobs = vec![
            weights,
            Blob::text(TEMPLATE, template),
            Blob::text(LICENSE, LICENSE_TEXT),
            Blob::text(PARAMS, parameters),
        ];
        let layers = blobs.iter().map(|blob| blob.layer.clone()).collect();
        let manifest = Manifest::new(config.layer.clone(), layers).bytes();
        blobs.push(config);
        Some(Self { manifest, blobs })
    }
}

/// What a model of this family and template can do: those of an embedding model embed, and a template that
/// mentions tools can call them.
pub(super) fn capabilities(config: &Config, template: &str) -> &'static [&'static str] {
    match (config.model_family == EMBEDS, template.contains(".Tools")) {
        (true, _) => &["embedding"],
        (false, true) => &["completion", "tools"],
        (false, false) => &["completion"],
    }
}

/// Lower-case hexadecimal digits of a SHA-256.
pub(super) fn hex(hash: impl AsRef<[u8]>) -> String {
    units::hex(hash.as_ref())
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

impl Config {
    /// What the name of a model tells, and the digest of its weights.
    pub(super) fn of(name: &Name, weights: &Layer) -> Self {
        let family = family(&name.to_lowercase());
        Self {
            model_format: "gguf".to_owned(),
            model_family: family.clone(),
            model_families: vec![family],
            model_type: parameter_size(name),
            file_type: quantization(&name.tag),
            architecture: "amd64".to_owned(),
            os: "linux".to_owned(),
            rootfs: RootFs {
                r#type: "layers".to_owned(),
                diff_ids: vec![weights.digest.clone()],
            },
        }
    }

    /// Of weights from elsewhere, which nothing is known of.
    pub(super) fn unknown(weights: &Layer) -> Self {
        let tiny = Name::parse("tiny").expect("a name");
        Self {
            file_type: "unknown".to_owned(),
            ..Self::of(&tiny, weights)
        }
    }

    /// As a blob.
    pub(super) fn blob(&self) -> Blob {
        Blob::text(CONFIG, &serde_json::to_string(self).expect("plain data"))
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

/// The letters that a name begins with: `llama` of `llama3.1`. Embedding models are known by parts of their
/// names.
fn family(name: &Name) -> String {
    let embeds = ["embed", "minilm", "bge"];
    if embeds.iter().any(|part| name.model.contains(part)) {
        return EMBEDS.to_owned();
    }
    let letters = name.model.split(|c: char| !c.is_ascii_alphabetic()).next();
    let letters = letters.filter(|text| !text.is_empty() && !is_tiny(name));
    letters.unwrap_or("llama").to_owned()
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
    match name.model.as_str() {
        model if model.starts_with("corrupt") => return CUT,
        _ if is_tiny(name) => return 470_848,
        _ => {}
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
