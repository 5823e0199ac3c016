//! The workers inside this program.

use std::io::{self, Read as _};

use flate2::read::DeflateDecoder;

/// A worker, packed.
#[derive(Clone, Copy)]
pub struct Packed {
    /// The name of its level.
    pub level: &'static str,
    /// The SHA-256 of the program in hexadecimal.
    pub sha256: &'static str,
    /// The program, deflated (RFC 1951).
    pub deflated: &'static [u8],
}

/// No program is larger; what unpacks to more is broken.
const MOST: u64 = 512 << 20;

impl Packed {
    /// All that this program carries, in the order of their names.
    pub fn all() -> &'static [Self] {
        include!(concat!(env!("OUT_DIR"), "/carried.rs"))
    }

    /// The program.
    ///
    /// # Errors
    /// When what was packed is broken.
    pub(crate) fn program(&self) -> io::Result<Vec<u8>> {
        let mut program = Vec::new();
        DeflateDecoder::new(self.deflated).take(MOST).read_to_end(&mut program)?;
        Ok(program)
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed")
            .field("level", &self.level)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// A program made of this text.
    pub(crate) fn packed(level: &'static str, program: &str) -> Packed {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(program.as_bytes()).unwrap();
        let sha256 = hex::encode(Sha256::digest(program)).leak();
        Packed { level, sha256, deflated: encoder.finish().unwrap().leak() }
    }

    #[test]
    fn what_was_packed_comes_out_again() {
        assert_eq!(packed("v3", "#!/bin/sh\n").program().unwrap(), b"#!/bin/sh\n");
        assert!(Packed { deflated: b"\xff\xff\xff", ..packed("v3", "") }.program().is_err());
    }

    #[test]
    fn every_carried_worker_is_whole_and_belongs_to_a_level() {
        let levels = crate::Levels::read().unwrap().levels;
        for packed in Packed::all() {
            assert!(levels.iter().any(|level| level.name == packed.level), "{packed:?}");
            assert_eq!(hex::encode(Sha256::digest(packed.program().unwrap())), packed.sha256);
        }
    }
}
