-- The most that a member, a group or the whole workspace may spend, in micro-units of the workspace's currency. What a key
-- may spend stands with the key.
CREATE TABLE budgets (
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  scope TEXT NOT NULL CHECK (scope IN ('member', 'group', 'workspace')),
  subject_id TEXT NOT NULL, -- the id of the member, the group or the workspace
  member_id TEXT REFERENCES members (id) ON DELETE CASCADE, -- the subject again, so that a budget goes with it
  group_id TEXT REFERENCES groups (id) ON DELETE CASCADE,
  most BIGINT NOT NULL CHECK (most >= 0),
  term TEXT NOT NULL CHECK (term IN ('day', 'month', 'once')),
  alert_at TEXT, -- a JSON array of percents; absent: the usual ones
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, scope, subject_id)
);
CREATE INDEX budgets_of_member ON budgets (member_id);
CREATE INDEX budgets_of_group ON budgets (group_id);

-- A word that much of a limit is used: one for each threshold of each limit in each of its periods.
CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  member_id TEXT REFERENCES members (id) ON DELETE CASCADE, -- whose limit it is; absent: one of many
  scope TEXT NOT NULL CHECK (scope IN ('plan', 'key', 'member', 'group', 'workspace')),
  subject_id TEXT NOT NULL, -- the id of the key, the member, the group or the workspace
  name TEXT NOT NULL, -- what that was called
  stretch TEXT NOT NULL, -- a window (5h, day, month) or the term of a budget (day, month, once)
  measure TEXT NOT NULL CHECK (measure IN ('credits', 'tokens', 'requests')),
  percent BIGINT NOT NULL,
  used BIGINT NOT NULL,
  most BIGINT NOT NULL,
  period_begin BIGINT NOT NULL,
  period_end BIGINT, -- absent: it goes on for ever
  at BIGINT NOT NULL,
  UNIQUE (workspace_id, scope, subject_id, stretch, measure, most, period_begin, percent)
);
CREATE INDEX alerts_of_member ON alerts (member_id, workspace_id, at, id);
CREATE INDEX alerts_of_workspace ON alerts (workspace_id, at, id);

-- Who has read which; others see it still.
CREATE TABLE alert_dismissals (
  alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  PRIMARY KEY (alert_id, member_id)
);
CREATE INDEX alert_dismissals_of_member ON alert_dismissals (member_id, alert_id);
