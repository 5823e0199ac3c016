//! HTTP: routes, documents, streams, sessions and limits.
