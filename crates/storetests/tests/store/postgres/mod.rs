//! What a Postgres server adds. Tests find one through `HUTONG_TEST_POSTGRES`, which `./x test` sets; without it they say
//! that they were skipped.

mod holds;
mod proxy;
pub(crate) mod schema;
mod seat;
mod server;
mod tls;

use super::world::Opened;

pub(crate) async fn open() -> Option<Opened> {
    let schema = schema::Schema::new().await?;
    let db = store::Db::open(schema.options()).await.unwrap();
    Some(Opened { db, keep: Box::new(schema) })
}

crate::conformance::suite!(crate::postgres::open);
