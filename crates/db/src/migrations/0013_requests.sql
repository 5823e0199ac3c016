-- Requests to models, when they are over: who asked whom, and what came of it. What they cost and which tokens they took stands
-- with the charge of the same id. They are deleted when their time is over.
CREATE TABLE requests (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  key_id TEXT,
  at BIGINT NOT NULL, -- when it began
  face TEXT NOT NULL, -- an address below /v1, or `runs`
  agent_id TEXT,
  asked TEXT NOT NULL, -- the model, agent or policy that was asked for
  model TEXT NOT NULL, -- who answered, or would have
  vendor TEXT, -- absent for this machine
  policy TEXT, -- who chose
  state TEXT NOT NULL,
  finish_reason TEXT,
  error_code TEXT,
  first_token_ms BIGINT,
  took_ms BIGINT NOT NULL,
  attempts TEXT, -- JSON of traffic::RecordedAttempt; absent when no provider was asked
  trace_id TEXT -- where the caller gave one
);
CREATE INDEX requests_newest ON requests (workspace_id, at, id);
CREATE INDEX requests_newest_of_member ON requests (member_id, workspace_id, at, id);
CREATE INDEX requests_failed ON requests (workspace_id, at, id) WHERE error_code IS NOT NULL;

-- What was said in them, where an operator wants that; gone sooner than they are.
CREATE TABLE request_texts (
  request_id TEXT NOT NULL PRIMARY KEY REFERENCES requests (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  asked TEXT NOT NULL,
  answered TEXT NOT NULL
);
CREATE INDEX request_texts_oldest ON request_texts (workspace_id, at, request_id);
