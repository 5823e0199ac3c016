//! Broken inputs for tests: made from sound ones by the same steps in every run, so that what fails once fails again.
//! The fuzzers in `fuzz/` look further; what they find becomes a sample here.

use stdx::{Rng, SeededRng};

/// Numbers that break counts, lengths and offsets.
const EXTREMES: [u64; 10] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 1 << 32, 1 << 60, 1 << 63, u64::MAX];
/// Steps from a sound input to a broken one, at most.
const STEPS: usize = 4;

/// Gives `count` broken inputs to `try_one`.
pub fn mutants(samples: &[Vec<u8>], count: usize, mut try_one: impl FnMut(&[u8])) {
    let dice = Dice(SeededRng::new(0x4755_4647));
    for _ in 0..count {
        let mut bytes = samples[dice.below(samples.len())].clone();
        for _ in 0..=dice.below(STEPS) {
            mutate(&mut bytes, &samples[dice.below(samples.len())], &dice);
        }
        try_one(&bytes);
    }
}

/// One step; `other` lends pieces.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &Dice) {
    let at = dice.below(bytes.len().max(1));
    match dice.below(8) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
        1 if !bytes.is_empty() => bytes[at] = dice.byte(),
        2 => bytes.truncate(at),
        3 => bytes.insert(at.min(bytes.len()), dice.byte()),
        4 => drop(bytes.drain(at.min(bytes.len())..(at + dice.below(32)).min(bytes.len()))),
        5 => overwrite(bytes, at, &EXTREMES[dice.below(EXTREMES.len())].to_le_bytes()[..dice.width()]),
        6 => overwrite(bytes, at, &dice.word().to_le_bytes()[..dice.width()]),
        _ => {
            let from = dice.below(other.len().max(1));
            let piece = &other[from.min(other.len())..(from + dice.below(64)).min(other.len())];
            bytes.splice(at.min(bytes.len())..at.min(bytes.len()), piece.iter().copied());
        }
    }
}

fn overwrite(bytes: &mut [u8], at: usize, piece: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(piece) {
        *to = *from;
    }
}

struct Dice(SeededRng);

impl Dice {
    fn word(&self) -> u64 {
        let mut word = [0; 8];
        self.0.fill(&mut word);
        u64::from_le_bytes(word)
    }

    fn byte(&self) -> u8 {
        self.word().to_le_bytes()[0]
    }

    fn below(&self, limit: usize) -> usize {
        usize::try_from(self.word() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// Bytes of a number: one, two, four or eight.
    fn width(&self) -> usize {
        1 << self.below(4)
    }
}

#[test]
fn the_same_mutants_come_in_every_run_and_no_two_in_a_row_are_alike() {
    let take = || {
        let mut all = Vec::new();
        mutants(&[b"a sound input".to_vec(), b"another one".to_vec()], 500, |bytes| all.push(bytes.to_vec()));
        all
    };
    let all = take();
    assert_eq!(all, take());
    assert!(all.windows(2).filter(|pair| pair[0] == pair[1]).count() < 25);
}
