use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};

use catalog::ModelSpec;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::{each_block, len, remove_file, write_whole};
use crate::store::Places;

/// A file on its way: the bytes so far, their hash, and a journal that lets the next process go on.
#[derive(Debug)]
pub(crate) struct Part {
    places: Places,
    file: File,
    hasher: Sha256,
    len: u64,
    total: u64,
    journal: Journal,
    /// Nobody else may write while this lives, not even when the task that made it is gone.
    _lock: File,
}

/// What is known about the bytes of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Journal {
    /// The hash that the whole file is to have; a part for another file is of no use.
    sha256: String,
    /// The source of the last bytes.
    source: Option<String>,
    /// What that source called the version that it sent.
    etag: Option<String>,
    /// Positions at which a whole piece of a file in pieces ended.
    boundaries: Vec<u64>,
}

impl Part {
    /// Opens what an earlier attempt left, or begins anew. Bytes that are there are hashed; `at` hears the position
    /// and may stop the work by an error.
    pub(crate) fn open(
        places: Places,
        spec: &ModelSpec,
        lock: File,
        at: impl FnMut(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        fs::create_dir_all(&places.folder)?;
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&places.part)?;
        let journal: Option<Journal> =
            fs::read(&places.journal).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let journal = journal.filter(|journal| journal.sha256 == spec.sha256);
        let known = journal.is_some() && file.metadata()?.len() <= spec.bytes;
        let mut part = Self {
            places,
            file,
            hasher: Sha256::new(),
            len: 0,
            total: spec.bytes,
            journal: journal.unwrap_or_else(|| Journal { sha256: spec.sha256.clone(), ..Journal::default() }),
            _lock: lock,
        };
        if known {
            part.read_back(at)?
        } else {
            part.restart()?
        }
        Ok(part)
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.total.saturating_sub(self.len)
    }

    /// The version that `source` sent last time, when the last bytes came from it.
    pub(crate) fn etag_of(&self, source: &str) -> Option<&str> {
        self.journal.etag.as_deref().filter(|_| self.journal.source.as_deref() == Some(source))
    }

    /// Adds bytes at the end.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if len(bytes) > self.remaining() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more bytes than the file has"));
        }
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.len = self.len.saturating_add(len(bytes));
        Ok(())
    }

    /// Throws all bytes away.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = Sha256::new();
        self.len = 0;
        self.journal.boundaries.clear();
        self.journal.etag = None;
        self.save()
    }

    /// Writes down whose bytes come next.
    pub(crate) fn begin(&mut self, source: &str, etag: Option<&str>) -> io::Result<()> {
        self.journal.source = Some(source.to_owned());
        self.journal.etag = etag.map(str::to_owned);
        self.save()
    }

    /// Writes down that a piece ends here; its bytes are on the disk before the journal says so.
    pub(crate) fn end_piece(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.journal.boundaries.push(self.len);
        self.save()
    }

    /// Goes back to the end of the last whole piece; gives the number of whole pieces.
    pub(crate) fn back_to_piece(&mut self) -> io::Result<usize> {
        let reached = self.len;
        self.journal.boundaries.retain(|end| *end <= reached);
        let end = self.journal.boundaries.last().copied().unwrap_or(0);
        if end < self.len {
            self.file.set_len(end)?;
            self.read_back(|_| Ok(()))?;
        }
        Ok(self.journal.boundaries.len())
    }

    /// The SHA-256 of the bytes so far.
    pub(crate) fn sha256(&self) -> String {
        hex::encode(self.hasher.clone().finalize())
    }

    /// Forgets the journal once the file is where it belongs.
    pub(crate) fn finished(&self) -> io::Result<()> {
        remove_file(&self.places.journal)
    }

    fn read_back(&mut self, mut at: impl FnMut(u64) -> io::Result<()>) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        let (mut hasher, mut position) = (Sha256::new(), 0_u64);
        each_block(&mut self.file, |block| {
            hasher.update(block);
            position = position.saturating_add(len(block));
            at(position)
        })?;
        (self.hasher, self.len) = (hasher, position);
        Ok(())
    }

    fn save(&self) -> io::Result<()> {
        write_whole(&self.places.journal, &serde_json::to_vec(&self.journal)?)
    }
}
