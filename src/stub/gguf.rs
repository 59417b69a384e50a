//! What a model's weights file would say of itself: the recorded model's metadata under other names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::catalogue::WEIGHTS;
use super::store::Installed;

/// Length of the vectors that the stub embeds into.
pub(super) const EMBEDDING_LENGTH: usize = 64;
/// Words of the vocabulary.
const VOCABULARY: usize = 323;
const LAYERS: usize = 2;

/// The largest weights of the recorded models, in bytes.
const TINY: u64 = 1_000_000;

/// The context length that a model claims; the smallest ones have a small one.
pub(super) fn context_length(model: &Installed) -> u64 {
    let weights = model.manifest.layer(WEIGHTS);
    let tiny = weights.is_some_and(|layer| layer.size < TINY);
    if tiny { 512 } else { 4096 }
}

/// The metadata, by key; with `vocabulary`, the long lists too.
pub(super) fn metadata(model: &Installed, vocabulary: bool) -> BTreeMap<String, Value> {
    let family = &model.config.model_family;
    let general = [
        ("architecture", json!(family)),
        ("file_type", json!(0)),
        ("parameter_count", json!(115_392)),
    ];
    let own = [
        ("attention.head_count", json!(4)),
        ("attention.head_count_kv", json!(2)),
        ("attention.layer_norm_rms_epsilon", json!(0.00001)),
        ("block_count", json!(LAYERS)),
        ("context_length", json!(context_length(model))),
        ("embedding_length", json!(EMBEDDING_LENGTH)),
        ("feed_forward_length", json!(128)),
        ("rope.dimension_count", json!(16)),
        ("rope.freq_base", json!(10_000)),
        ("vocab_size", json!(VOCABULARY)),
    ];
    let list = |list: fn() -> Value| if vocabulary { list() } else { Value::Null };
    let tokenizer = [
        ("add_bos_token", json!(true)),
        ("bos_token_id", json!(1)),
        ("eos_token_id", json!(2)),
        ("model", json!("llama")),
        ("scores", list(|| json!(vec![0; VOCABULARY]))),
        ("token_type", list(|| json!(token_types()))),
        ("tokens", list(|| json!(tokens()))),
        ("unknown_token_id", json!(0)),
    ];
    let general = general.map(|(key, value)| (format!("general.{key}"), value));
    let own = own.map(|(key, value)| (format!("{family}.{key}"), value));
    let tokenizer = tokenizer.map(|(key, value)| (format!("tokenizer.ggml.{key}"), value));
    general.into_iter().chain(own).chain(tokenizer).collect()
}

fn tokens() -> Vec<String> {
    let special = ["<unk>", "<s>", "</s>"].map(str::to_owned);
    let bytes = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>"));
    let words = (0..).map(|n| format!("\u{2581}stub{n}"));
    let tokens = special.into_iter().chain(bytes).chain(words);
    tokens.take(VOCABULARY).collect()
}

fn token_types() -> Vec<u8> {
    let special = [2, 3, 3].into_iter();
    let bytes = std::iter::repeat_n(6, 256);
    let tokens = special.chain(bytes).chain(std::iter::repeat(1));
    tokens.take(VOCABULARY).collect()
}

/// The tensors, as `/api/show` lists them: name and shape.
pub(super) fn tensors() -> Vec<(String, Vec<usize>)> {
    let whole = [
        ("token_embd", vec![64, 323]),
        ("output_norm", vec![64]),
        ("output", vec![64, 323]),
    ];
    let block = [
        ("attn_norm", vec![64]),
        ("ffn_norm", vec![64]),
        ("attn_q", vec![64, 64]),
        ("attn_k", vec![64, 32]),
        ("attn_v", vec![64, 32]),
        ("attn_output", vec![64, 64]),
        ("ffn_gate", vec![64, 128]),
        ("ffn_up", vec![64, 128]),
        ("ffn_down", vec![128, 64]),
    ];
    let whole = whole.map(|(name, shape)| (format!("{name}.weight"), shape));
    let blocks = (0..LAYERS).flat_map(|n| {
        let tensor = move |(name, shape)| (format!("blk.{n}.{name}.weight"), shape);
        block.clone().map(tensor)
    });
    whole.into_iter().chain(blocks).collect()
}
