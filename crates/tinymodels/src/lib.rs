//! Tiny models of random weights whose state cannot be cut, made when a test needs them: no such model is small enough to
//! be fetched. They say nothing that makes sense, and all of it hangs on every token before.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what serves tests may panic")]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use stdx::{Rng, SeededRng};

/// What keeps a state from being cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Most layers see a window of the last tokens only (Gemma 3).
    Sliding,
    /// All that was read is in one state of a fixed size (Mamba).
    Recurrent,
    /// Layers with short convolutions between layers with attention (LFM2).
    Hybrid,
    /// The same, and the attention has a window, too.
    SlidingHybrid,
}

/// All of them.
pub const KINDS: [Kind; 4] = [Kind::Sliding, Kind::Recurrent, Kind::Hybrid, Kind::SlidingHybrid];

/// Tokens that a layer with a window sees.
const WINDOW: u32 = 64;
/// Sizes that all have in common.
const WIDTH: u64 = 64;
const INNER: u64 = 128;
const HEAD: u64 = 16;
const QUERIES: u64 = 4;
const KEYS: u64 = 2;
/// Of the convolutions, and of the recurrent state.
const TAPS: u64 = 4;
const STATE: u64 = 16;
const RANK: u64 = 8;
/// What the longest prompt of a test has room in.
const CONTEXT: u32 = 2048;

/// A model to be made.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What it is to be.
    pub kind: Kind,
    /// States of models with other layers have another form.
    pub layers: u64,
    /// The model whose words and chat template it has.
    pub words: PathBuf,
}

impl Recipe {
    /// One with the words and the chat template of another model's file.
    pub fn new(kind: Kind, words: PathBuf) -> Self {
        // One more than Gemma 3 has between two layers that see everything.
        Self { kind, layers: 7, words }
    }

    /// Writes the model into a folder.
    ///
    /// # Panics
    /// When a file cannot be read or written.
    pub fn make(&self, folder: &Path) -> PathBuf {
        let Self { kind, layers, words } = self;
        let mut file = Gguf::default();
        let vocabulary = file.copy_tokenizer(words);
        match kind {
            Kind::Sliding => sliding(&mut file, *layers),
            Kind::Recurrent => recurrent(&mut file, *layers),
            Kind::Hybrid => hybrid(&mut file, *layers),
            Kind::SlidingHybrid => {
                hybrid(&mut file, *layers);
                file.count("lfm2.attention.sliding_window", WINDOW);
            }
        }
        file.table("token_embd.weight", &[WIDTH, vocabulary], -3);
        // Not the words' own vectors: what is said would be what was said last.
        file.table("output.weight", &[WIDTH, vocabulary], -1);
        let path = folder.join(format!("{kind:?}-{layers}.gguf"));
        std::fs::write(&path, file.bytes()).unwrap();
        path
    }
}

/// The keys that every model has.
fn head(file: &mut Gguf, architecture: &str, layers: u64, heads: u64, inner: u64) {
    file.text("general.architecture", architecture);
    file.text("general.name", "A tiny model of random weights");
    let mut count =
        |key: &str, n: u64| file.count(&format!("{architecture}.{key}"), u32::try_from(n).unwrap());
    count("context_length", u64::from(CONTEXT));
    count("embedding_length", WIDTH);
    count("block_count", layers);
    count("feed_forward_length", inner);
    count("attention.head_count", heads);
    file.number(&format!("{architecture}.attention.layer_norm_rms_epsilon"), 1e-6);
}

fn sliding(file: &mut Gguf, layers: u64) {
    head(file, "gemma3", layers, QUERIES, INNER);
    file.count("gemma3.attention.head_count_kv", u32::try_from(KEYS).unwrap());
    file.count("gemma3.attention.key_length", u32::try_from(HEAD).unwrap());
    file.count("gemma3.attention.value_length", u32::try_from(HEAD).unwrap());
    file.count("gemma3.attention.sliding_window", WINDOW);
    for layer in 0..layers {
        attention(file, layer);
        forward(file, layer);
        file.filled(&format!("blk.{layer}.post_attention_norm.weight"), WIDTH, 1.0);
        file.filled(&format!("blk.{layer}.post_ffw_norm.weight"), WIDTH, 1.0);
    }
    file.filled("output_norm.weight", WIDTH, 1.0);
}

fn recurrent(file: &mut Gguf, layers: u64) {
    // As the converter of llama.cpp writes it: neither heads nor a feed-forward layer.
    head(file, "mamba", layers, 0, 0);
    for (key, n) in
        [("conv_kernel", TAPS), ("inner_size", INNER), ("state_size", STATE), ("time_step_rank", RANK)]
    {
        file.count(&format!("mamba.ssm.{key}"), u32::try_from(n).unwrap());
    }
    for layer in 0..layers {
        let name = |part: &str| format!("blk.{layer}.{part}");
        file.filled(&name("attn_norm.weight"), WIDTH, 1.0);
        file.linear(&name("ssm_in.weight"), &[WIDTH, 2 * INNER]);
        file.linear(&name("ssm_conv1d.weight"), &[TAPS, INNER]);
        file.filled(&name("ssm_conv1d.bias"), INNER, 0.0);
        file.linear(&name("ssm_x.weight"), &[INNER, RANK + 2 * STATE]);
        file.linear(&name("ssm_dt.weight"), &[RANK, INNER]);
        file.filled(&name("ssm_dt.bias"), INNER, -1.0);
        // How fast it forgets: some of it at once, some of it hardly.
        file.tensor(&name("ssm_a"), &[STATE, INNER], |noise| -noise.powi(4));
        file.filled(&name("ssm_d"), INNER, 1.0);
        file.linear(&name("ssm_out.weight"), &[INNER, WIDTH]);
    }
    file.filled("output_norm.weight", WIDTH, 1.0);
}

fn hybrid(file: &mut Gguf, layers: u64) {
    head(file, "lfm2", layers, QUERIES, INNER);
    let attends = |layer: u64| layer % 2 == 1;
    let keys: Vec<u32> = (0..layers).map(|layer| if attends(layer) { 2 } else { 0 }).collect();
    file.counts("lfm2.attention.head_count_kv", &keys);
    file.count("lfm2.shortconv.l_cache", 3);
    for layer in 0..layers {
        let name = |part: &str| format!("blk.{layer}.{part}");
        if attends(layer) {
            attention(file, layer);
        } else {
            file.filled(&name("attn_norm.weight"), WIDTH, 1.0);
            file.linear(&name("shortconv.in_proj.weight"), &[WIDTH, 3 * WIDTH]);
            file.linear(&name("shortconv.conv.weight"), &[3, WIDTH]);
            file.linear(&name("shortconv.out_proj.weight"), &[WIDTH, WIDTH]);
        }
        forward(file, layer);
    }
    file.filled("token_embd_norm.weight", WIDTH, 1.0);
}

fn attention(file: &mut Gguf, layer: u64) {
    let name = |part: &str| format!("blk.{layer}.{part}.weight");
    file.filled(&name("attn_norm"), WIDTH, 1.0);
    file.linear(&name("attn_q"), &[WIDTH, QUERIES * HEAD]);
    file.linear(&name("attn_k"), &[WIDTH, KEYS * HEAD]);
    file.linear(&name("attn_v"), &[WIDTH, KEYS * HEAD]);
    file.linear(&name("attn_output"), &[QUERIES * HEAD, WIDTH]);
    // So much that it looks at some tokens and not at all of them alike.
    file.filled(&name("attn_q_norm"), HEAD, 3.0);
    file.filled(&name("attn_k_norm"), HEAD, 1.0);
}

fn forward(file: &mut Gguf, layer: u64) {
    let name = |part: &str| format!("blk.{layer}.{part}.weight");
    file.filled(&name("ffn_norm"), WIDTH, 1.0);
    file.linear(&name("ffn_gate"), &[WIDTH, INNER]);
    file.linear(&name("ffn_up"), &[WIDTH, INNER]);
    file.linear(&name("ffn_down"), &[INNER, WIDTH]);
}

const ALIGNMENT: usize = 32;
/// Numbers of the types of values and tensors.
const U32: u32 = 4;
const FLOAT: u32 = 6;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const F32: u32 = 0;
const F16: u32 = 1;

/// A model file in the making.
#[derive(Debug)]
struct Gguf {
    rng: SeededRng,
    keys: u64,
    values: Vec<u8>,
    tensors: u64,
    table: Vec<u8>,
    data: Vec<u8>,
}

impl Default for Gguf {
    fn default() -> Self {
        let rng = SeededRng::new(0);
        Self { rng, keys: 0, values: Vec::new(), tensors: 0, table: Vec::new(), data: Vec::new() }
    }
}

impl Gguf {
    fn value(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.keys += 1;
        self.values.extend([string(key).as_slice(), &kind.to_le_bytes(), value].concat());
    }

    fn text(&mut self, key: &str, value: &str) {
        self.value(key, TEXT, &string(value));
    }

    fn count(&mut self, key: &str, value: u32) {
        self.value(key, U32, &value.to_le_bytes());
    }

    fn counts(&mut self, key: &str, values: &[u32]) {
        let elements: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.value(key, ARRAY, &[U32.to_le_bytes().as_slice(), &length(values.len()), &elements].concat());
    }

    fn number(&mut self, key: &str, value: f32) {
        self.value(key, FLOAT, &value.to_le_bytes());
    }

    /// Takes over the words and the chat template of a real model. Returns how many words there are.
    fn copy_tokenizer(&mut self, from: &Path) -> u64 {
        let mut bytes = Vec::new();
        File::open(from).unwrap().take(16 << 20).read_to_end(&mut bytes).unwrap();
        let keys = u64::from_le_bytes(bytes[16..24].try_into().unwrap());
        let mut words = 0;
        let mut source = Source { bytes: &bytes, at: 24 };
        for _ in 0..keys {
            let begin = source.at;
            let key = source.text();
            let kind = source.word();
            let count = source.skip(kind);
            if key.starts_with(b"tokenizer.") {
                self.keys += 1;
                self.values.extend(&bytes[begin..source.at]);
            }
            if key == b"tokenizer.ggml.tokens" {
                words = count;
            }
        }
        words
    }

    fn entry(&mut self, name: &str, shape: &[u64], kind: u32, data: &[u8]) {
        self.tensors += 1;
        self.table.extend(string(name));
        self.table.extend(u32::try_from(shape.len()).unwrap().to_le_bytes());
        self.table.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
        self.table.extend([kind.to_le_bytes().as_slice(), &length(self.data.len())].concat());
        self.data.extend(data);
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
    }

    /// What `shaped` makes of random numbers from -1 to 1.
    fn tensor(&mut self, name: &str, shape: &[u64], shaped: impl Fn(f32) -> f32) {
        let noise = self.noise(shape);
        let number = |two: &[u8]| f32::from(u16::from_le_bytes([two[0], two[1]])) / 32_767.5 - 1.0;
        let data: Vec<u8> = noise.chunks(2).flat_map(|two| shaped(number(two)).to_le_bytes()).collect();
        self.entry(name, shape, F32, &data);
    }

    /// A matrix whose outputs are about as large as its inputs.
    fn linear(&mut self, name: &str, shape: &[u64]) {
        let inputs = f32::from(u16::try_from(shape[0]).unwrap());
        self.tensor(name, shape, |noise| noise * (3.0 / inputs).sqrt());
    }

    fn filled(&mut self, name: &str, size: u64, value: f32) {
        self.tensor(name, &[size], |_| value);
    }

    /// A large matrix, in half the space: numbers of either sign from 2 to the power of `exponent` to twice that.
    fn table(&mut self, name: &str, shape: &[u64], exponent: i16) {
        let power = u16::try_from(exponent + 15).unwrap() << 10;
        let mut data = self.noise(shape);
        for two in data.chunks_mut(2) {
            let bits = u16::from_le_bytes([two[0], two[1]]) & 0x83ff | power;
            two.copy_from_slice(&bits.to_le_bytes());
        }
        self.entry(name, shape, F16, &data);
    }

    /// Two random bytes for each number of a tensor.
    fn noise(&self, shape: &[u64]) -> Vec<u8> {
        let mut noise = vec![0; usize::try_from(shape.iter().product::<u64>() * 2).unwrap()];
        self.rng.fill(&mut noise);
        noise
    }

    fn bytes(self) -> Vec<u8> {
        let head =
            [b"GGUF\x03\0\0\0".as_slice(), &self.tensors.to_le_bytes(), &self.keys.to_le_bytes()].concat();
        let mut file = [head, self.values, self.table].concat();
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(self.data);
        file
    }
}

fn string(value: &str) -> Vec<u8> {
    [length(value.len()).as_slice(), value.as_bytes()].concat()
}

fn length(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap().to_le_bytes()
}

/// Walks through the keys of another file.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Source<'a> {
    fn take(&mut self, count: u64) -> &'a [u8] {
        let begin = self.at;
        self.at += usize::try_from(count).unwrap();
        &self.bytes[begin..self.at]
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.long();
        self.take(length)
    }

    /// Passes over a value; tells how many there were.
    fn skip(&mut self, kind: u32) -> u64 {
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            TEXT => {
                self.text();
                return 1;
            }
            _ => {
                let (kind, count) = (self.word(), self.long());
                for _ in 0..count {
                    self.skip(kind);
                }
                return count;
            }
        };
        self.take(size);
        1
    }
}
