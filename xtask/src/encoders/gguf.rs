//! Writes model files of version 3, as `docs/gguf.md` of ggml describes them.

const ALIGNMENT: usize = 32;
/// Numbers of `enum gguf_type`.
const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// A file in the making. All tensors are of 32-bit floats.
#[derive(Default)]
pub(super) struct Gguf {
    keys: u64,
    values: Vec<u8>,
    tensors: u64,
    table: Vec<u8>,
    data: Vec<u8>,
}

impl Gguf {
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.value(key, STRING, &string(value));
    }

    pub(super) fn count(&mut self, key: &str, value: u32) {
        self.value(key, U32, &value.to_le_bytes());
    }

    pub(super) fn number(&mut self, key: &str, value: f32) {
        self.value(key, F32, &value.to_le_bytes());
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) {
        self.value(key, BOOL, &[u8::from(value)]);
    }

    pub(super) fn texts(&mut self, key: &str, values: &[String]) {
        let elements: Vec<u8> = values.iter().flat_map(|value| string(value)).collect();
        self.array(key, STRING, values.len(), &elements);
    }

    pub(super) fn counts(&mut self, key: &str, values: &[i32]) {
        let elements: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, I32, values.len(), &elements);
    }

    /// A tensor of rows and columns, or of one row; `data` in that order.
    pub(super) fn tensor(&mut self, name: &str, shape: &[u64], data: &[u8]) {
        self.tensors += 1;
        self.table.extend(string(name));
        self.table.extend(u32::try_from(shape.len()).unwrap_or(u32::MAX).to_le_bytes());
        // The size that varies fastest comes first.
        self.table.extend(shape.iter().rev().flat_map(|size| size.to_le_bytes()));
        let float = 0_u32;
        self.table.extend(float.to_le_bytes());
        self.table.extend(length(self.data.len()));
        self.data.extend(data);
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
    }

    /// The whole file.
    pub(super) fn bytes(self) -> Vec<u8> {
        let head =
            [b"GGUF\x03\0\0\0".as_slice(), &self.tensors.to_le_bytes(), &self.keys.to_le_bytes()].concat();
        let mut file = [head, self.values, self.table].concat();
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend(self.data);
        file
    }

    fn array(&mut self, key: &str, kind: u32, count: usize, elements: &[u8]) {
        self.value(key, ARRAY, &[kind.to_le_bytes().as_slice(), &length(count), elements].concat());
    }

    fn value(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.keys += 1;
        self.values.extend(string(key));
        self.values.extend(kind.to_le_bytes());
        self.values.extend(value);
    }
}

fn string(value: &str) -> Vec<u8> {
    [length(value.len()).as_slice(), value.as_bytes()].concat()
}

fn length(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap_or(u64::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_begins_at_a_multiple_and_sizes_are_turned_round() {
        let mut file = Gguf::default();
        file.text("general.architecture", "bert");
        file.tensor("a", &[2, 3], &[7; 24]);
        file.tensor("b", &[1], &[9; 4]);
        let bytes = file.bytes();
        assert_eq!(bytes.len() % ALIGNMENT, 0);
        assert_eq!(&bytes[bytes.len() - 64..][..24], [7; 24]);
        assert_eq!(&bytes[bytes.len() - 32..][..4], [9; 4]);
        let sizes = [3_u64.to_le_bytes(), 2_u64.to_le_bytes()].concat();
        assert!(bytes.windows(16).any(|window| window == sizes));
    }
}
