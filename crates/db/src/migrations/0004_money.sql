-- Amounts are micro-units (1e-6) of a currency. Entries are never changed and never removed.
CREATE TABLE ledger_commands (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  at BIGINT NOT NULL,
  act TEXT NOT NULL -- JSON of ledger::Act: the same id with another act is refused
);
CREATE INDEX ledger_commands_of_workspace ON ledger_commands (workspace_id, at, id);

CREATE TABLE ledger_entries (
  command_id TEXT NOT NULL REFERENCES ledger_commands (id),
  line BIGINT NOT NULL,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  run_id TEXT,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount <> 0), -- above zero a credit, below a debit
  PRIMARY KEY (command_id, line)
);
CREATE INDEX ledger_entries_of_account ON ledger_entries (workspace_id, account, at, command_id, line);
CREATE INDEX ledger_entries_of_workspace ON ledger_entries (workspace_id, at, command_id, line);
CREATE INDEX ledger_entries_of_run ON ledger_entries (run_id);

-- The accounts that have a floor: wallets and allowances. What a hold has stands in the hold, and the balances of the
-- workspace's own accounts are sums of their entries, so that no two runs wait for one row.
CREATE TABLE ledger_balances (
  workspace_id TEXT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  least BIGINT NOT NULL, -- the floor: below zero for a credit line
  PRIMARY KEY (workspace_id, account, currency),
  CHECK (amount >= least)
);

CREATE TABLE holds (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  run_id TEXT NOT NULL UNIQUE,
  currency TEXT NOT NULL,
  legs TEXT NOT NULL, -- JSON of ledger::Leg, in the order in which they are spent
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'released', 'expired')),
  charge BIGINT NOT NULL
);
CREATE INDEX holds_of_workspace ON holds (workspace_id, id);
CREATE INDEX holds_open ON holds (expires_at, id) WHERE state = 'open';

-- What each run costs its member: the ceiling while it goes on, the charge when it is over. Windows of plans and budgets
-- are sums of these rows. It outlives the run and its thread.
CREATE TABLE charges (
  run_id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  key_id TEXT,
  began_at BIGINT NOT NULL,
  agent_id TEXT,
  model TEXT NOT NULL,
  plan TEXT NOT NULL,
  pay TEXT NOT NULL CHECK (pay IN ('allowance', 'wallet', 'included')),
  currency TEXT NOT NULL,
  credits BIGINT NOT NULL CHECK (credits >= 0),
  tokens BIGINT NOT NULL CHECK (tokens >= 0),
  price TEXT, -- JSON of catalog::Price as it was when the run began; absent when the model is unpriced
  settled_at BIGINT,
  amount BIGINT, -- what was charged
  basis TEXT, -- what it was measured by: ledger::Basis
  usage TEXT, -- JSON of money::Usage
  costs TEXT, -- JSON of money::Money, one for each attempt
  CHECK ((settled_at IS NULL) = (amount IS NULL))
);
CREATE INDEX charges_of_member ON charges (workspace_id, member_id, began_at, run_id);
CREATE INDEX charges_of_workspace ON charges (workspace_id, began_at, run_id);
CREATE INDEX charges_of_key ON charges (key_id, began_at);
CREATE INDEX charges_open ON charges (began_at, run_id) WHERE settled_at IS NULL;
