//! Counting and hashing rows.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::value::Value;

use super::{Table, TransferError};

/// The table of the ledger itself: entries are never changed and never removed.
const LEDGER: &str = "ledger_entries";

/// What data is, table by table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest {
    /// In the order in which tables travel.
    pub tables: Vec<TableDigest>,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDigest {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its rows as lines of JSON arrays, in the order of their keys; hexadecimal.
    pub sha256: String,
}

impl Digest {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The hash of the ledger's entries, if there is a ledger.
    pub fn ledger(&self) -> Option<&TableDigest> {
        self.tables.iter().find(|table| table.table == LEDGER)
    }

    /// Nothing when both are the same data; else the first table that differs.
    pub(crate) fn compare(&self, other: &Self) -> Result<(), TransferError> {
        let pairs = self.tables.iter().zip(&other.tables);
        let differing = pairs.filter(|(one, two)| one != two).map(|(one, _)| one.table.clone()).next();
        match differing {
            Some(table) => Err(TransferError::Differs(table)),
            None if self.tables.len() != other.tables.len() => {
                Err(TransferError::Damaged("it has other tables than it should".to_owned()))
            }
            None => Ok(()),
        }
    }
}

/// Makes a digest of rows that come table by table.
#[derive(Debug)]
pub(crate) struct Digester<'a> {
    tables: &'a [Table],
    sums: Vec<(u64, Sha256)>,
}

impl<'a> Digester<'a> {
    pub(crate) fn new(tables: &'a [Table]) -> Self {
        Self { tables, sums: vec![(0, Sha256::new()); tables.len()] }
    }

    /// Takes a row of the table at this place in; gives its line, with the line's end.
    pub(crate) fn add(&mut self, table: usize, row: &[Value]) -> Result<String, StoreError> {
        let mut line = serde_json::to_string(row).map_err(StoreError::other)?;
        line.push('\n');
        let (rows, hash) = self.sums.get_mut(table).ok_or_else(|| StoreError::other("a table too many"))?;
        *rows += 1;
        hash.update(line.as_bytes());
        Ok(line)
    }

    /// What they were.
    pub(crate) fn finish(self) -> Digest {
        let tables = self.tables.iter().zip(self.sums).map(|(table, (rows, hash))| TableDigest {
            table: table.name.clone(),
            rows,
            sha256: hex::encode(hash.finalize()),
        });
        Digest { tables: tables.collect() }
    }
}
