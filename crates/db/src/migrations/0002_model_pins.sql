-- Models that are kept in memory. They belong to the machine, not to a workspace.
CREATE TABLE model_pins (
  model_id TEXT NOT NULL PRIMARY KEY,
  pinned_at BIGINT NOT NULL
);
