-- A hold looks at its member's windows, and an entry stands in as many trees as it has indexes: both are the price of every run.

-- A window is summed up from the index alone.
DROP INDEX charges_of_member;
CREATE INDEX charges_of_member ON charges (workspace_id, member_id, began_at, run_id, credits, tokens);
-- What goes on is few, however much there was.
DROP INDEX charges_open;
CREATE INDEX charges_open ON charges (workspace_id, member_id, run_id) WHERE settled_at IS NULL;
DROP INDEX charges_of_key;
CREATE INDEX charges_of_key ON charges (key_id, began_at, credits) WHERE key_id IS NOT NULL;

-- Whoever reads all of a workspace's entries sorts them.
DROP INDEX ledger_commands_of_workspace;
DROP INDEX ledger_entries_of_workspace;
DROP INDEX ledger_entries_of_run;
CREATE INDEX ledger_entries_of_run ON ledger_entries (run_id) WHERE run_id IS NOT NULL;
