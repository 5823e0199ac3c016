//! Pins: models that are kept in memory. They belong to the machine, as the models do, and to no workspace.

use db::{Db, Expect, Query, StoreError, Write, params};
use stdx::Timestamp;

/// Never fails: what is pinned stays as it is.
pub const PUT: &str = "pin_put";
/// Never fails: what is not pinned stays so.
pub const DELETE: &str = "pin_delete";

/// Pins a model.
pub fn put(model: &str, now: Timestamp) -> Write {
    Write {
        name: PUT,
        sql: "INSERT INTO model_pins (model_id, pinned_at) VALUES (?1, ?2) ON CONFLICT (model_id) DO NOTHING",
        params: params![model, now],
        expect: Expect::Any,
    }
}

/// Takes a pin back.
pub fn delete(model: &str) -> Write {
    Write {
        name: DELETE,
        sql: "DELETE FROM model_pins WHERE model_id = ?1",
        params: params![model],
        expect: Expect::Any,
    }
}

/// The pinned models, the one that was pinned first at the front.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT model_id FROM model_pins ORDER BY pinned_at, model_id";
    db.rows(Query { sql, params: params![] }).await?.iter_mut().map(|row| row.take()).collect()
}
