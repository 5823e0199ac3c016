//! Providers of models as they were set by whoever runs the workspace. They belong to the machine, as models do.

use db::{Db, Expect, Json, Query, Row, StoreError, Write, params};
use ports::StoredSite;

/// Never fails.
pub const PUT: &str = "provider_put";
/// Fails when nothing was set for it.
pub const DELETE: &str = "provider_delete";

/// Keeps what was set, in the place of what was set before.
pub fn put(provider: &StoredSite) -> Write {
    Write {
        name: PUT,
        sql: "INSERT INTO providers (site, sealed_key, base_url, blanks, models, is_on, changed_at)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
              ON CONFLICT (site) DO UPDATE SET sealed_key = excluded.sealed_key, base_url = excluded.base_url,
                blanks = excluded.blanks, models = excluded.models, is_on = excluded.is_on,
                changed_at = excluded.changed_at",
        params: params![
            &provider.site,
            provider.sealed_key.clone(),
            provider.base_url.clone(),
            Json(&provider.blanks),
            provider.models.as_ref().map(Json),
            provider.is_on,
            provider.changed_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Forgets what was set, the key with it. Fails as an expectation named [`DELETE`] when there is nothing.
pub fn delete(site: &str) -> Write {
    Write {
        name: DELETE,
        sql: "DELETE FROM providers WHERE site = ?1",
        params: params![site],
        expect: Expect::Changed(1),
    }
}

/// All that was set, by site.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db) -> Result<Vec<StoredSite>, StoreError> {
    let sql = "SELECT p.site, p.sealed_key, p.base_url, p.blanks, p.models, p.is_on, p.changed_at
               FROM providers p WHERE p.site > ?1 ORDER BY p.site";
    db.rows(Query { sql, params: params![""] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<StoredSite, StoreError> {
    Ok(StoredSite {
        site: row.take()?,
        sealed_key: row.take()?,
        base_url: row.take()?,
        blanks: row.take::<Json<_>>()?.0,
        models: row.take::<Option<Json<_>>>()?.map(|models| models.0),
        is_on: row.take()?,
        changed_at: row.take()?,
    })
}
