-- Providers of models as they were set in the page or the terminal. Like models they belong to the machine, not to a
-- workspace. Keys are sealed: the key file lies beside the database, never in it.
CREATE TABLE providers (
  site TEXT NOT NULL PRIMARY KEY, -- `vendor`, or `vendor.endpoint`
  sealed_key TEXT, -- absent: it needs none, or its key is in the environment
  base_url TEXT, -- absent: where the vendor is
  blanks TEXT NOT NULL, -- what stands for the words in braces of the address, as JSON
  models TEXT, -- the models that are offered, as JSON; absent: those that have a price
  is_on BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
