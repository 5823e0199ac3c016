//! Bringing data to the newest form: a step at a time, whole or not at all.
//!
//! Each step is a transaction, as everything about tables is on this engine, so no copy is made before: `hutong db backup`
//! makes one. One program at a time takes steps; the others wait and find them taken.

use tokio_postgres::Client;

use crate::StoreError;
use crate::error::Cause;
use crate::migrations::Migration;

use super::failure::classify_setup;

/// Half of a lock's name; the other half is the schema. "HuTg" in ASCII, as on files.
const LOCK: i32 = 0x4875_5467;

/// Takes the steps that are missing.
///
/// # Errors
/// `Corrupt` when the schema holds tables of another program, `Newer` when this program does not know its form.
pub(super) async fn run(client: &Client, steps: &[Migration]) -> Result<(), StoreError> {
    let schema = schema(client).await?;
    let lock = format!("pg_advisory_lock({LOCK}, hashtext('{}'))", schema.replace('\'', "''"));
    client.batch_execute(&format!("SELECT {lock}")).await.map_err(classify_setup)?;
    let taken = take_missing(client, &schema, steps).await;
    let unlock = lock.replacen("lock", "unlock", 1);
    client.batch_execute(&format!("SELECT {unlock}")).await.map_err(classify_setup)?;
    taken
}

/// Where our tables are: the first schema of the search path that is there.
async fn schema(client: &Client) -> Result<String, StoreError> {
    let row = client.query_one("SELECT CAST(current_schema() AS TEXT)", &[]).await.map_err(classify_setup)?;
    let schema: Option<String> = row.try_get(0).map_err(classify_setup)?;
    schema.ok_or_else(|| StoreError::CannotOpen(Cause::new("the search path names no schema that is there")))
}

async fn take_missing(client: &Client, schema: &str, steps: &[Migration]) -> Result<(), StoreError> {
    let version = match version(client, schema).await? {
        Some(version) => version,
        None => {
            let ours =
                "CREATE TABLE hutong_data (version BIGINT NOT NULL); INSERT INTO hutong_data VALUES (0)";
            in_transaction(client, ours).await?;
            0
        }
    };
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(StoreError::Newer { found: version, known });
    }
    for (step, number) in steps.iter().zip(1_u32..).filter(|(_, number)| *number > version) {
        let sql = format!("{}\n; UPDATE hutong_data SET version = {number}", in_dialect(step.sql));
        in_transaction(client, &sql).await?;
    }
    Ok(())
}

/// How many steps were taken; nothing in a schema that nobody has used.
async fn version(client: &Client, schema: &str) -> Result<Option<u32>, StoreError> {
    let tables =
        "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = CAST($1 AS TEXT) AND c.relkind IN ('r', 'p')";
    let tables = client.query(tables, &[&schema]).await.map_err(classify_setup)?;
    if tables.is_empty() {
        return Ok(None);
    }
    if !tables.iter().any(|row| row.try_get(0).is_ok_and(|name: String| name == "hutong_data")) {
        let cause = format!(
            "the schema \"{schema}\" holds tables of another program; give Hutong a database or a schema of its own"
        );
        return Err(StoreError::Corrupt(Cause::new(cause)));
    }
    let row = client.query_one("SELECT version FROM hutong_data", &[]).await.map_err(classify_setup)?;
    let version: i64 = row.try_get(0).map_err(classify_setup)?;
    Ok(Some(u32::try_from(version).unwrap_or(u32::MAX)))
}

/// Takes all tables of a schema away, when there is no workspace among them. False when there is one.
pub(super) async fn clear(client: &Client) -> Result<bool, StoreError> {
    let schema = schema(client).await?;
    if version(client, &schema).await?.is_none() {
        return Ok(true);
    }
    let used = "SELECT 1 FROM pg_class WHERE oid = to_regclass('workspaces')";
    if !client.query(used, &[]).await.map_err(classify_setup)?.is_empty() {
        let workspaces =
            client.query("SELECT 1 FROM workspaces LIMIT 1", &[]).await.map_err(classify_setup)?;
        if !workspaces.is_empty() {
            return Ok(false);
        }
    }
    let names = "SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
                 WHERE relnamespace = CAST(quote_ident($1) AS regnamespace) AND relkind IN ('r', 'p')";
    let row = client.query_one(names, &[&schema]).await.map_err(classify_setup)?;
    let names: String = row.try_get(0).map_err(classify_setup)?;
    client.batch_execute(&format!("DROP TABLE {names}")).await.map_err(classify_setup)?;
    Ok(true)
}

async fn in_transaction(client: &Client, sql: &str) -> Result<(), StoreError> {
    let done = client.batch_execute(&format!("BEGIN;\n{sql}\n; COMMIT")).await.map_err(classify_setup);
    if done.is_err() {
        // If this is not heard, the connection is lost, and the transaction with it.
        drop(client.batch_execute("ROLLBACK").await);
    }
    done
}

/// Texts are compared byte by byte, as on every engine, whatever the language of the database is.
fn in_dialect(sql: &str) -> String {
    let mut dialect = String::with_capacity(sql.len());
    for piece in sql.split_inclusive(" TEXT") {
        dialect.push_str(piece);
        if piece.strip_suffix(" TEXT").is_some_and(|before| !before.ends_with(" AS")) {
            dialect.push_str(" COLLATE \"C\"");
        }
    }
    dialect
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_compared_byte_by_byte() {
        assert_eq!(
            in_dialect("CREATE TABLE a (\n  id TEXT NOT NULL,\n  note TEXT\n);"),
            "CREATE TABLE a (\n  id TEXT COLLATE \"C\" NOT NULL,\n  note TEXT COLLATE \"C\"\n);"
        );
        assert_eq!(in_dialect("SELECT CAST(1 AS TEXT)"), "SELECT CAST(1 AS TEXT)");
    }
}
