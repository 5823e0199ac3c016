-- Each time a model is asked again in one turn has a charge of its own.
ALTER TABLE charges ADD COLUMN turn_of TEXT; -- the run of which it is a later step; absent: it is a first one, or a call
CREATE INDEX charges_of_turn ON charges (turn_of) WHERE turn_of IS NOT NULL;

-- Tools that change something and that a member allowed for the whole of a thread.
CREATE TABLE tool_leaves (
  thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  tool TEXT NOT NULL,
  given_at BIGINT NOT NULL,
  PRIMARY KEY (thread_id, tool)
);
