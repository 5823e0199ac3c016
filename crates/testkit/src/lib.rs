//! A running app for tests: mock clock, scripted models, temporary data.
