-- One text for every engine: BIGINT and TEXT only, times in microseconds, booleans as 0 and 1.
-- A table ends with a line `);` (SQLite makes it STRICT there).

CREATE TABLE workspaces (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE members (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  login TEXT NOT NULL,
  login_key TEXT NOT NULL, -- the login in lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  locale TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (workspace_id, login_key)
);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX api_keys_of_workspace ON api_keys (workspace_id, created_at, id);
CREATE INDEX api_keys_of_member ON api_keys (member_id);

CREATE TABLE layouts (
  member_id TEXT NOT NULL PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  layout TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE threads (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  agent_id TEXT NOT NULL,
  title TEXT,
  leaf_id TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX threads_newest ON threads (member_id, workspace_id, updated_at, id);
CREATE INDEX threads_newest_of_agent ON threads (member_id, workspace_id, agent_id, updated_at, id);

CREATE TABLE messages (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  parent_id TEXT, -- checked when written: a message of the same thread
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  parts TEXT NOT NULL,
  run_id TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX messages_newest ON messages (thread_id, created_at, id);

CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  reply_id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'cancelled', 'failed', 'interrupted')),
  finish_reason TEXT,
  input_tokens BIGINT,
  cached_tokens BIGINT,
  output_tokens BIGINT,
  first_token_ms BIGINT,
  decode_ms BIGINT,
  error_code TEXT,
  error_detail TEXT,
  created_at BIGINT NOT NULL,
  cancel_requested_at BIGINT,
  finished_at BIGINT,
  CHECK ((finished_at IS NULL) = (state IN ('queued', 'running')))
);
CREATE INDEX runs_of_thread ON runs (thread_id);
CREATE INDEX runs_live ON runs (member_id, workspace_id, created_at, id) WHERE finished_at IS NULL;

CREATE TABLE run_events (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  frames TEXT NOT NULL, -- a JSON array of wire::Frame, first_seq to last_seq without a gap
  PRIMARY KEY (run_id, first_seq)
);
