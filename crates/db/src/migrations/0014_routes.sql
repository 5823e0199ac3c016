-- How the models of runs and calls were chosen where none was named, and what came of it.
CREATE TABLE routes (
  run_id TEXT NOT NULL PRIMARY KEY, -- of a run, or of a call that keeps no thread
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  policy TEXT NOT NULL,
  currency TEXT NOT NULL,
  route TEXT NOT NULL, -- JSON: the choice and its reasons
  ending TEXT, -- JSON: what came of it; absent until the end
  model TEXT, -- who answered; absent until the end, and where nobody did
  cost BIGINT, -- micro-units: what was really used; absent where something of it has no price
  reference BIGINT, -- micro-units: what the answer would have cost at the reference
  saved BIGINT, -- micro-units: the difference; below zero it cost more
  CHECK ((saved IS NULL) OR (cost IS NOT NULL AND reference IS NOT NULL AND saved = reference - cost))
);
CREATE INDEX routes_of_workspace ON routes (workspace_id, decided_at);

-- What a policy would have chosen that is only watched.
CREATE TABLE shadows (
  run_id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  watched TEXT NOT NULL, -- the policy that is watched
  asked TEXT NOT NULL, -- what was asked for: a policy or a model
  model TEXT NOT NULL, -- who was asked
  choice TEXT, -- who would have been; absent: nobody
  currency TEXT NOT NULL,
  would_save BIGINT -- micro-units, by what both were expected to cost; absent where one of them has no price
);
CREATE INDEX shadows_of_workspace ON shadows (workspace_id, decided_at);
