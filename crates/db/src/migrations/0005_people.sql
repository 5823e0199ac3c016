-- Who may come in, and what they may do: sign-up, invitations, groups, recovery, second factors, limits of keys.

-- closed: nobody; invite: whoever has a link; open: whoever asks and is let in.
ALTER TABLE workspaces ADD COLUMN sign_up TEXT NOT NULL DEFAULT 'invite' CHECK (sign_up IN ('closed', 'invite', 'open'));

ALTER TABLE members ADD COLUMN kind TEXT NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service'));
ALTER TABLE members ADD COLUMN suspended_at BIGINT;
ALTER TABLE members ADD COLUMN agents TEXT; -- a JSON array: the agents a guest was invited to; absent: all

ALTER TABLE sessions ADD COLUMN client TEXT; -- what the browser calls itself
CREATE INDEX sessions_of_member_by_age ON sessions (member_id, workspace_id, created_at, id);

ALTER TABLE api_keys ADD COLUMN scope TEXT; -- JSON: faces, models, agents, origins, rate; absent: no limits
ALTER TABLE api_keys ADD COLUMN budget_micros BIGINT;
ALTER TABLE api_keys ADD COLUMN budget_term TEXT CHECK (budget_term IN ('day', 'month', 'once'));
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT;
ALTER TABLE api_keys ADD COLUMN previous_hash TEXT; -- the token before the last rotation
ALTER TABLE api_keys ADD COLUMN previous_until BIGINT; -- how long it still opens
CREATE UNIQUE INDEX api_keys_by_previous ON api_keys (previous_hash);
CREATE INDEX api_keys_of_member_by_age ON api_keys (member_id, workspace_id, created_at, id);

CREATE TABLE groups (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (workspace_id, name)
);

CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_of_member ON group_members (member_id, workspace_id, group_id);
CREATE INDEX group_members_of_workspace ON group_members (workspace_id, group_id, member_id);

CREATE TABLE invitations (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  agents TEXT, -- a JSON array for guests
  group_ids TEXT NOT NULL, -- a JSON array
  most_uses BIGINT NOT NULL,
  uses BIGINT NOT NULL,
  made_by TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX invitations_of_workspace ON invitations (workspace_id, created_at, id);
CREATE INDEX invitations_of_maker ON invitations (made_by);

CREATE TABLE join_requests (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  login TEXT NOT NULL,
  login_key TEXT NOT NULL,
  name TEXT NOT NULL,
  locale TEXT NOT NULL,
  note TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (workspace_id, login_key)
);
CREATE INDEX join_requests_of_workspace ON join_requests (workspace_id, created_at, id);

-- At most one for a member: a new link takes the place of the one before.
CREATE TABLE recovery_links (
  member_id TEXT NOT NULL PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  drops_second_factor BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE second_factors (
  member_id TEXT NOT NULL PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  sealed_secret TEXT NOT NULL, -- encrypted with the key file of the installation
  created_at BIGINT NOT NULL,
  confirmed_at BIGINT, -- absent until the first right code
  last_step BIGINT -- the time step of the last code that was used
);

CREATE TABLE recovery_codes (
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  PRIMARY KEY (member_id, code_hash)
);
