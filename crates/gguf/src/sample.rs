//! Builds small model files for tests, sound ones and broken ones.

/// A file in the making; fields are public so that a test can bend any of them.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) version: u32,
    pub(super) values: Vec<(String, Vec<u8>)>,
    pub(super) tensors: Vec<SampleTensor>,
    pub(super) alignment: usize,
    /// Written instead of the real counts.
    pub(super) tensor_count: Option<u64>,
    pub(super) key_count: Option<u64>,
}

#[derive(Clone)]
pub(super) struct SampleTensor {
    pub(super) name: String,
    pub(super) shape: Vec<u64>,
    pub(super) kind: u32,
    pub(super) offset: u64,
    pub(super) data: Vec<u8>,
}

pub(super) fn text(value: &str) -> Vec<u8> {
    let mut bytes = u64::try_from(value.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend(value.as_bytes());
    bytes
}

pub(super) fn typed(kind: u32, value: &[u8]) -> Vec<u8> {
    [kind.to_le_bytes().as_slice(), value].concat()
}

pub(super) fn count(value: u32) -> Vec<u8> {
    typed(4, &value.to_le_bytes())
}

pub(super) fn array(kind: u32, length: u64, elements: &[u8]) -> Vec<u8> {
    let body = [kind.to_le_bytes().as_slice(), &length.to_le_bytes(), elements].concat();
    typed(9, &body)
}

impl Sample {
    /// A sound model with two layers and two tensors.
    pub(super) fn sound() -> Self {
        let tokens = [text("a"), text("b"), text("c")].concat();
        let values = [
            ("general.architecture", typed(8, &text("llama"))),
            ("general.name", typed(8, &text("Tiny"))),
            ("llama.block_count", count(2)),
            ("llama.embedding_length", count(64)),
            ("llama.context_length", count(128)),
            ("llama.feed_forward_length", count(256)),
            ("llama.attention.head_count", count(4)),
            ("llama.attention.head_count_kv", array(5, 2, &[1, 0, 0, 0, 2, 0, 0, 0])),
            ("llama.rope.freq_base", typed(6, &10_000_f32.to_le_bytes())),
            ("tokenizer.ggml.tokens", array(8, 3, &tokens)),
            ("tokenizer.ggml.scores", array(6, 2, &[0; 8])),
            ("tokenizer.chat_template", typed(8, &text("{{ messages }}"))),
            ("flag", typed(7, &[1])),
        ];
        let tensors = vec![
            SampleTensor { name: "a".to_owned(), shape: vec![32, 3], kind: 2, offset: 0, data: vec![1; 54] },
            SampleTensor { name: "b".to_owned(), shape: vec![5], kind: 0, offset: 64, data: vec![2; 20] },
        ];
        Self {
            version: 3,
            values: values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            tensors,
            alignment: 32,
            tensor_count: None,
            key_count: None,
        }
    }

    pub(super) fn set(mut self, key: &str, value: Vec<u8>) -> Self {
        self.values.retain(|(name, _)| name != key);
        self.values.push((key.to_owned(), value));
        self
    }

    pub(super) fn without(mut self, key: &str) -> Self {
        self.values.retain(|(name, _)| name != key);
        self
    }

    /// The file, and where each of its structures ends.
    pub(super) fn build(&self) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = b"GGUF".to_vec();
        let mut ends = vec![bytes.len()];
        let mut add = |bytes: &mut Vec<u8>, piece: &[u8]| {
            bytes.extend(piece);
            ends.push(bytes.len());
        };
        add(&mut bytes, &self.version.to_le_bytes());
        let real = |n: usize| u64::try_from(n).unwrap();
        add(&mut bytes, &self.tensor_count.unwrap_or(real(self.tensors.len())).to_le_bytes());
        add(&mut bytes, &self.key_count.unwrap_or(real(self.values.len())).to_le_bytes());
        for (key, value) in &self.values {
            add(&mut bytes, &text(key));
            add(&mut bytes, &value[..4]);
            add(&mut bytes, &value[4..]);
        }
        for tensor in &self.tensors {
            add(&mut bytes, &text(&tensor.name));
            add(&mut bytes, &u32::try_from(tensor.shape.len()).unwrap().to_le_bytes());
            for size in &tensor.shape {
                add(&mut bytes, &size.to_le_bytes());
            }
            add(&mut bytes, &tensor.kind.to_le_bytes());
            add(&mut bytes, &tensor.offset.to_le_bytes());
        }
        for tensor in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(self.alignment), 0);
            add(&mut bytes, &tensor.data);
        }
        (bytes, ends)
    }
}
