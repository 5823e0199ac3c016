//! Local models: worker process, client and supervisor.
