-- How much of what was produced is reasoning.
ALTER TABLE runs ADD COLUMN reasoning_tokens BIGINT;
