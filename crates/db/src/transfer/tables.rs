//! Which tables there are.

use std::collections::BTreeSet;

use crate::StoreError;
use crate::migrations::Migration;
use crate::sqlite;

/// A table, as the migrations make it on every engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// In the order in which they were added.
    pub(crate) columns: Vec<String>,
    /// The columns that tell its rows apart.
    pub(crate) key: Vec<String>,
    /// The tables its rows refer to.
    pub(crate) parents: BTreeSet<String>,
}

impl Table {
    /// All its rows in the order of their keys.
    pub(crate) fn select(&self) -> String {
        format!("SELECT {} FROM {} ORDER BY {}", names(&self.columns), quoted(&self.name), names(&self.key))
    }

    /// One row more.
    pub(crate) fn insert(&self) -> String {
        let marks: Vec<String> = (1..=self.columns.len()).map(|number| format!("?{number}")).collect();
        let marks = marks.join(", ");
        format!("INSERT INTO {} ({}) VALUES ({marks})", quoted(&self.name), names(&self.columns))
    }

    /// Away with all its rows.
    pub(crate) fn clear(&self) -> String {
        format!("DELETE FROM {}", quoted(&self.name))
    }
}

/// The tables that some steps make, parents before their children.
pub(crate) fn of(steps: &[Migration]) -> Result<Vec<Table>, StoreError> {
    let mut waiting = sqlite::tables(steps)?;
    let mut sorted: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let there: BTreeSet<String> = sorted.iter().map(|table| table.name.clone()).collect();
        let (ready, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|table| {
            table.parents.iter().all(|parent| *parent == table.name || there.contains(parent))
        });
        if ready.is_empty() {
            return Err(StoreError::other("some tables refer to each other in a circle"));
        }
        sorted.extend(ready);
        waiting = others;
    }
    Ok(sorted)
}

fn names(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;

    #[test]
    fn every_table_has_a_key_and_comes_after_its_parents() {
        let tables = of(migrations::ALL).unwrap();
        let place = |name: &str| tables.iter().position(|table| table.name == name);
        assert!(tables.len() >= 22, "{}", tables.len());
        for table in &tables {
            assert!(!table.key.is_empty() && !table.columns.is_empty(), "{}", table.name);
            for parent in table.parents.iter().filter(|parent| **parent != table.name) {
                assert!(place(parent) < place(&table.name), "{parent} {}", table.name);
            }
        }
        let members = tables.iter().find(|table| table.name == "group_members").unwrap();
        assert_eq!(
            members.select(),
            "SELECT \"group_id\", \"member_id\", \"workspace_id\" FROM \"group_members\" ORDER BY \"group_id\", \"member_id\""
        );
        assert_eq!(
            members.insert(),
            "INSERT INTO \"group_members\" (\"group_id\", \"member_id\", \"workspace_id\") VALUES (?1, ?2, ?3)"
        );
    }

    #[test]
    fn older_data_has_the_tables_of_its_time() {
        let first = of(&migrations::ALL[..1]).unwrap();
        assert!(first.iter().all(|table| table.name != "ledger_entries"));
    }
}
