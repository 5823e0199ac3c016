-- Payments for no order that somebody has put away: credited to a member, or seen to at the gateway. What is said of one
-- afterwards is to be looked at again.
CREATE TABLE settled_strays (
  gateway TEXT NOT NULL,
  payment TEXT NOT NULL,
  settled_at BIGINT NOT NULL, -- everything that was heard up to then is put away
  settled_by TEXT NOT NULL, -- the member who did so
  note TEXT NOT NULL, -- what was done; empty for a credit
  PRIMARY KEY (gateway, payment)
);
