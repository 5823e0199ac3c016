-- What the member has for a plan that was paid through a gateway: JSON of payments::Delivery. Absent for anything else that
-- is bought, and before it is paid.
ALTER TABLE orders ADD COLUMN delivery TEXT;

-- Payments for no order that somebody has seen to at the gateway. What is said of one afterwards is to be looked at again.
CREATE TABLE settled_strays (
  gateway TEXT NOT NULL,
  payment TEXT NOT NULL,
  settled_at BIGINT NOT NULL,
  settled_by TEXT NOT NULL, -- the member who said so
  note TEXT NOT NULL, -- what was done
  PRIMARY KEY (gateway, payment)
);
