//! Fetches model files: sources, resume, checks and atomic installation.
