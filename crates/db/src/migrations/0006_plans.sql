-- Plans that members hold, vouchers, what is said about movements of money, and what admins did to others.

-- At most one for a member, beside the plan of their role. When it is over the row stays and says why.
CREATE TABLE subscriptions (
  member_id TEXT NOT NULL PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  version BIGINT NOT NULL, -- one more with each change; whoever changes it says which one they saw
  plan TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('paid', 'trial', 'given')),
  anchor BIGINT NOT NULL,
  every TEXT NOT NULL CHECK (every IN ('month', 'year')),
  begins_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  paid BIGINT NOT NULL CHECK (paid >= 0),
  currency TEXT NOT NULL,
  next TEXT NOT NULL CHECK (next IN ('renew', 'change', 'end')),
  next_plan TEXT,
  ended_at BIGINT,
  ended_because TEXT CHECK (ended_because IN ('unpaid', 'cancelled', 'plan_gone', 'over')),
  CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
  CHECK ((next = 'change') = (next_plan IS NOT NULL))
);
CREATE INDEX subscriptions_due ON subscriptions (ends_at, member_id) WHERE ended_at IS NULL;

-- A member tries a plan once.
CREATE TABLE plan_trials (
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  plan TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member_id, plan)
);

CREATE TABLE vouchers (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  digest TEXT NOT NULL, -- SHA-256 of the code: how it is found
  sealed_code TEXT NOT NULL, -- encrypted with the key file of the installation: how it is shown to admins
  amount BIGINT CHECK (amount > 0), -- credit, or a plan for so many days
  currency TEXT,
  plan TEXT,
  days BIGINT,
  most_members BIGINT NOT NULL CHECK (most_members > 0),
  redeemed BIGINT NOT NULL CHECK (redeemed <= most_members),
  valid_from BIGINT NOT NULL,
  expires_at BIGINT,
  note TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  UNIQUE (workspace_id, digest),
  CHECK ((amount IS NULL) <> (plan IS NULL)),
  CHECK ((amount IS NULL) = (currency IS NULL)),
  CHECK ((plan IS NULL) = (days IS NULL))
);
CREATE INDEX vouchers_of_workspace ON vouchers (workspace_id, created_at, id);

-- It outlives the member: a voucher does not become redeemable again.
CREATE TABLE voucher_redemptions (
  voucher_id TEXT NOT NULL REFERENCES vouchers (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (voucher_id, member_id)
);

-- What is said about a movement beside its reason.
CREATE TABLE ledger_notes (
  command_id TEXT NOT NULL PRIMARY KEY REFERENCES ledger_commands (id),
  workspace_id TEXT NOT NULL,
  plan TEXT, -- the plan that was bought or given back
  note TEXT
);

-- What those who run the workspace did to the money and the plans of others. Rows are added and never changed.
CREATE TABLE admin_acts (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor_id TEXT NOT NULL,
  carrier TEXT NOT NULL CHECK (carrier IN ('session', 'key', 'local')),
  subject_id TEXT NOT NULL, -- the member or voucher that it was done to
  act TEXT NOT NULL -- JSON: what was done
);
CREATE INDEX admin_acts_of_workspace ON admin_acts (workspace_id, at, id);

CREATE INDEX ledger_entries_beside_runs ON ledger_entries (workspace_id, account, at, command_id) WHERE run_id IS NULL;
CREATE INDEX charges_by_wallet ON charges (workspace_id, member_id, began_at, run_id) WHERE pay = 'wallet';
