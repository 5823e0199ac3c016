//! What the rest of the engine wants to know of a model.

use super::GgufError;
use super::header::Header;
use super::value::Value;

/// Facts of a language model, from its header. Counts are of the model, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// For example `qwen2` or `llama`.
    pub architecture: String,
    /// The name its makers gave it.
    pub name: Option<String>,
    /// Transformer blocks.
    pub layers: u32,
    /// Attention heads of a layer, the most of any layer.
    pub heads: u32,
    /// Key-value heads of each layer; 0 for a layer without attention.
    pub kv_heads: Vec<u32>,
    /// Numbers of four bytes that a layer keeps of all that was read, for each sequence, where it has such a state; 0 for
    /// a model without.
    pub recurrent_length: u64,
    /// Width of the residual stream.
    pub embedding_length: u32,
    /// Width of a key's head.
    pub key_length: u32,
    /// Width of a value's head.
    pub value_length: u32,
    /// Width of the feed-forward layer, the most of any layer; 0 when the header does not say.
    pub feed_forward_length: u32,
    /// The context it was trained for, in tokens.
    pub context_length: u32,
    /// Entries of the vocabulary; 0 when the header does not say.
    pub vocabulary: u32,
    /// Tensors in the file.
    pub tensors: u64,
    /// What they take together.
    pub tensor_bytes: u64,
    /// The file's length.
    pub file_bytes: u64,
    /// Whether it brings a template for chats.
    pub has_chat_template: bool,
}

/// Far above any model, far below what could overflow a size.
const WIDTH_LIMIT: u32 = 1 << 24;
const LAYERS_LIMIT: u32 = 1 << 12;
const CONTEXT_LIMIT: u32 = 1 << 30;

impl ModelFacts {
    pub(super) fn gather(header: &Header, file_bytes: u64) -> Result<Self, GgufError> {
        if let Some(Value::Count(parts)) = header.values.get("split.count")
            && *parts > 1
        {
            return Err(GgufError::Split(*parts));
        }
        let architecture = header.architecture()?.to_owned();
        let keys = Keys { header, architecture: &architecture };
        let layers = keys.required("block_count", LAYERS_LIMIT)?;
        let embedding_length = keys.required("embedding_length", WIDTH_LIMIT)?;
        let context_length = keys.required("context_length", CONTEXT_LIMIT)?;
        let heads = keys.most("attention.head_count", WIDTH_LIMIT)?.unwrap_or(0).max(1);
        let kv_heads = keys.kv_heads(layers)?;
        let recurrent_length = keys.recurrent_length(embedding_length, heads)?;
        let head = (embedding_length / heads).max(1);
        let feed_forward_length = keys.most("feed_forward_length", WIDTH_LIMIT)?.unwrap_or(0);
        let key_length = keys.most("attention.key_length", WIDTH_LIMIT)?.unwrap_or(head);
        let value_length = keys.most("attention.value_length", WIDTH_LIMIT)?.unwrap_or(head);
        let vocabulary = match header.values.get("tokenizer.ggml.tokens") {
            Some(Value::Array(n)) => u32::try_from(*n).unwrap_or(u32::MAX),
            _ => 0,
        };
        let has_chat_template = matches!(
            header.values.get("tokenizer.chat_template"),
            Some(Value::Text(text)) if !text.trim().is_empty()
        );
        let name = match header.values.get("general.name") {
            Some(Value::Text(text)) => Some(text.chars().take(200).collect()),
            _ => None,
        };
        Ok(Self {
            name,
            layers,
            heads,
            kv_heads,
            recurrent_length,
            embedding_length,
            key_length,
            value_length,
            feed_forward_length,
            context_length,
            vocabulary,
            tensors: u64::try_from(header.tensors.len()).unwrap_or(u64::MAX),
            tensor_bytes: header.tensor_bytes,
            file_bytes,
            has_chat_template,
            architecture,
        })
    }
}

/// Looks keys up below the architecture's name.
struct Keys<'a> {
    header: &'a Header,
    architecture: &'a str,
}

impl Keys<'_> {
    fn full(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn error(&self, name: &str) -> GgufError {
        GgufError::Key(self.full(name))
    }

    /// A count from 1 to `limit`.
    fn required(&self, name: &str, limit: u32) -> Result<u32, GgufError> {
        match self.most(name, limit)? {
            Some(n) if n > 0 => Ok(n),
            _ => Err(self.error(name)),
        }
    }

    /// A count, or the largest of a list of counts; nothing when the key is absent.
    fn most(&self, name: &str, limit: u32) -> Result<Option<u32>, GgufError> {
        let number = match self.header.values.get(&self.full(name)) {
            None => return Ok(None),
            Some(Value::Count(n)) => *n,
            Some(Value::Counts(list)) => list.iter().copied().max().unwrap_or(0),
            Some(_) => return Err(self.error(name)),
        };
        u32::try_from(number).ok().filter(|n| *n <= limit).map(Some).ok_or_else(|| self.error(name))
    }

    /// Key-value heads of each layer: as many as there are heads when it is not said, as in models without attention, which
    /// have none of either. Where full attention comes at an interval, the layers between have none.
    fn kv_heads(&self, layers: u32) -> Result<Vec<u32>, GgufError> {
        let mut heads = match self.per_layer("attention.head_count_kv", layers)? {
            Some(heads) => heads,
            None => self.per_layer("attention.head_count", layers)?.unwrap_or_default(),
        };
        heads.resize(usize::try_from(layers).unwrap_or(0), 0);
        let name = "full_attention_interval";
        match self.most(name, LAYERS_LIMIT)? {
            None => {}
            // The library would divide by it.
            Some(0) => return Err(self.error(name)),
            Some(interval) => {
                for (number, heads) in (1..).zip(&mut heads) {
                    *heads = if u32::is_multiple_of(number, interval) { *heads } else { 0 };
                }
            }
        }
        Ok(heads)
    }

    /// As `n_embd_r` and `n_embd_s` of llama.cpp's `llama_hparams`: what convolutions look back on and the state proper, of
    /// the kinds of Mamba, of RWKV, of short convolutions (LFM2) and of delta attention (Kimi).
    fn recurrent_length(&self, width: u32, heads: u32) -> Result<u64, GgufError> {
        let key = |name: &str| self.most(name, WIDTH_LIMIT).map(|n| u64::from(n.unwrap_or(0)));
        let (width, heads) = (u64::from(width), u64::from(heads));
        let product = |factors: &[u64]| factors.iter().copied().fold(1, u64::saturating_mul);
        let back = key("ssm.conv_kernel")?.saturating_sub(1);
        let (inner, state) = (key("ssm.inner_size")?, key("ssm.state_size")?);
        let groups = product(&[2, key("ssm.group_count")?, state]);
        let (wkv, kda) = (key("wkv.head_size")?, key("kda.head_dim")?);
        let shift = self.most("token_shift_count", WIDTH_LIMIT)?.map_or(2, u64::from);
        let parts = [
            product(&[back, inner.saturating_add(groups)]),
            product(&[state, inner]),
            if wkv == 0 { 0 } else { product(&[width, wkv.saturating_add(shift)]) },
            product(&[width, key("shortconv.l_cache")?.saturating_sub(1)]),
            product(&[3, if back == 0 { 3 } else { back }, heads, kda]),
            product(&[kda, kda, heads]),
        ];
        Ok(parts.into_iter().fold(0, u64::saturating_add))
    }

    /// One count for each layer; nothing when the key is absent.
    fn per_layer(&self, name: &str, layers: u32) -> Result<Option<Vec<u32>>, GgufError> {
        let length = usize::try_from(layers).unwrap_or(0);
        match self.header.values.get(&self.full(name)) {
            Some(Value::Counts(list)) if list.len() >= length => list
                .iter()
                .take(length)
                .map(|n| u32::try_from(*n).ok().filter(|n| *n <= WIDTH_LIMIT).ok_or_else(|| self.error(name)))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(Value::Counts(_)) => Err(self.error(name)),
            _ => Ok(self.most(name, WIDTH_LIMIT)?.map(|n| vec![n; length])),
        }
    }
}
