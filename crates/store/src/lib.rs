//! The only SQL: batches with expectations, migrations and repositories.
