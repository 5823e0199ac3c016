-- Answers that programs can come back to: what was asked and what was told, in the words of the face of responses.
CREATE TABLE responses (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  previous_id TEXT, -- the answer that it goes on from
  asked TEXT NOT NULL, -- the request
  told TEXT NOT NULL, -- the document, as it is now
  is_over BIGINT NOT NULL CHECK (is_over IN (0, 1)),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL -- deleted then
);
CREATE INDEX responses_of_member ON responses (member_id);
CREATE INDEX responses_by_expiry ON responses (expires_at);
