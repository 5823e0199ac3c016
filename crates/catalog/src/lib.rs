//! Reads the text of data/: models and agents.
