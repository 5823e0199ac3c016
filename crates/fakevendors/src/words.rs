//! What the models here say: words without meaning, always the same for the same question.

use std::borrow::Cow;

/// The words, each with the blank before it. Some have characters of several bytes, some what JSON escapes.
const WORDS: [&str; 64] = [
    " lane",
    " door",
    " the",
    " wall",
    " a",
    " tea",
    " house",
    " of",
    " 胡同",
    " street",
    " roof",
    " old",
    " in",
    " cat",
    " 门",
    " bell",
    " and",
    " tree",
    " lamp",
    " to",
    " 槐树",
    " stone",
    " yard",
    " north",
    " at",
    " noon",
    " 茶",
    " rain",
    " is",
    " grey",
    " brick",
    " café",
    " 说：“好”",
    " bird",
    " cage",
    " with",
    " swing",
    " 🏮",
    " gate",
    " red",
    " by",
    " bicycle",
    " \"so\"",
    " morning",
    " 早上",
    " market",
    " on",
    " pear",
    " stall",
    " for",
    " 一碗面",
    " neighbour",
    " key",
    " from",
    " window",
    " sun.\n",
    " 院子",
    " step",
    " near",
    " chess",
    " game",
    " under",
    " 🌳",
    " eaves",
];

/// The token at a place of a text. The first two are the same in every text: one of single bytes, one that is not.
pub(crate) fn word(seed: u64, at: u32) -> &'static str {
    let place = match at {
        0 => 2,
        1 => 8,
        _ => mix(seed.wrapping_add(at.into())) % 64,
    };
    usize::try_from(place).ok().and_then(|place| WORDS.get(place)).copied().unwrap_or(" lane")
}

/// So many tokens.
pub(crate) fn words(seed: u64, count: u32) -> Vec<Cow<'static, str>> {
    (0..count).map(|at| Cow::Borrowed(word(seed, at))).collect()
}

/// A number for bytes (FNV-1a), of which every bit depends on all of them.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let folded = bytes.iter().fold(seed ^ 0xCBF2_9CE4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    mix(folded)
}

/// The finish of SplitMix64 (Steele et al. 2014).
fn mix(number: u64) -> u64 {
    let first = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    second ^ (second >> 31)
}

/// Tokens of a text, as the vendors here count them: four bytes each.
pub(crate) fn tokens_of(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

/// A text in pieces of a few characters.
pub(crate) fn pieces(text: &str) -> Vec<Cow<'static, str>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= 5).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        pieces.push(Cow::Owned(piece.to_owned()));
        rest = behind;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same_and_another_does_not() {
        assert_eq!(words(7, 40), words(7, 40));
        assert_ne!(words(7, 40), words(8, 40));
        assert_eq!(words(7, 40)[..20], words(7, 20));
        assert!(word(7, 0).is_ascii() && !word(7, 1).is_ascii());
    }

    #[test]
    fn pieces_are_the_text_again_and_end_between_characters() {
        let text = "{\"name\":\"胡同 café\",\"n\":12}";
        assert_eq!(pieces(text).concat(), text);
        assert!(pieces("").is_empty());
    }
}
