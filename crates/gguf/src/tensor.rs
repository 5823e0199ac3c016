//! Tensor descriptions.

use std::io::Read;

use super::GgufError;
use super::reader::Reader;

/// One entry of the tensor table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// From the start of the data section.
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) layout: Layout,
}

/// What a tensor looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Its sizes, the ones that the file leaves out being 1.
    pub(super) shape: [u64; 4],
    /// The type's number.
    pub(super) kind: u32,
}

/// ggml keeps names in 64 bytes with a zero at the end.
const NAME_LIMIT: u64 = 63;
const DIMENSIONS_LIMIT: u32 = 4;

pub(super) fn read<R: Read>(reader: &mut Reader<R>) -> Result<Tensor, GgufError> {
    let name = reader.text("a tensor's name", NAME_LIMIT)?;
    let dimensions = reader.u32("a tensor's shape")?;
    if dimensions == 0 || dimensions > DIMENSIONS_LIMIT {
        return Err(GgufError::Shape { name, reason: "it must have one to four dimensions" });
    }
    let mut shape = [1; 4];
    let mut elements: u64 = 1;
    for (_, place) in (0..dimensions).zip(&mut shape) {
        let size = reader.u64("a tensor's shape")?;
        *place = size;
        let product = elements.checked_mul(size).filter(|n| *n > 0 && i64::try_from(*n).is_ok());
        match product {
            Some(product) => elements = product,
            None => return Err(GgufError::Shape { name, reason: "a size is zero or the product overflows" }),
        }
    }
    let kind = reader.u32("a tensor's type")?;
    let Some((block, block_bytes)) = block_of(kind) else {
        return Err(GgufError::TensorType { name, kind });
    };
    let [row, ..] = shape;
    if row % block != 0 {
        return Err(GgufError::Shape { name, reason: "a row is not a whole number of blocks" });
    }
    let Some(bytes) = (elements / block).checked_mul(block_bytes) else {
        return Err(GgufError::Shape { name, reason: "its size overflows" });
    };
    let offset = reader.u64("a tensor's offset")?;
    Ok(Tensor { name, offset, bytes, layout: Layout { shape, kind } })
}

/// Elements and bytes of a block, by the type's number: the table of `ggml_type` in llama.cpp 0.8 (`ggml.h`,
/// `ggml-common.h`). Withdrawn numbers are absent.
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),      // F32, I32
        1 | 25 | 30 => (1, 2), // F16, I16, BF16
        2 | 20 => (32, 18),    // Q4_0, IQ4_NL
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        9 => (32, 36),         // Q8_1
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        15 => (256, 292),      // Q8_K
        16 | 35 => (256, 66),  // IQ2_XXS, TQ2_0
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        24 | 43 => (1, 1),     // I8, F8_E4M3
        27 | 28 => (1, 8),     // I64, F64
        29 => (256, 56),       // IQ1_M
        34 => (256, 54),       // TQ1_0
        39 => (32, 17),        // MXFP4
        40 => (64, 36),        // NVFP4
        41 => (128, 18),       // Q1_0
        42 => (64, 18),        // Q2_0
        _ => return None,
    })
}
