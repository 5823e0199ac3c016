-- What members buy through payment gateways. What was heard of an order is its evidence; what the order is worth, its status
-- and its flags are functions of that, and stand here for lists. Orders outlive their members: the books refer to them.
CREATE TABLE orders (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  member_id TEXT NOT NULL,
  product TEXT NOT NULL, -- JSON of payments::Product
  currency TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price > 0), -- micro-units
  gateway TEXT NOT NULL,
  reference TEXT, -- the gateway's name for what it began
  next TEXT, -- JSON of ports::NextStep; absent until the gateway has begun
  placed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, -- until when the gateway takes a payment
  evidence TEXT NOT NULL, -- JSON of payments::Evidence
  version BIGINT NOT NULL, -- one more at every change of the evidence
  status TEXT NOT NULL, -- payments::Status
  seen TEXT NOT NULL, -- JSON list of payments::Flag: those that a person has looked at
  look BIGINT NOT NULL CHECK (look IN (0, 1)), -- 1 while a person has to look at it
  ask_at BIGINT, -- when the gateway is asked next; absent when it has nothing to say any more
  asked_at BIGINT
);
CREATE INDEX orders_of_member ON orders (workspace_id, member_id, placed_at, id);
CREATE INDEX orders_of_workspace ON orders (workspace_id, placed_at, id);
CREATE INDEX orders_to_look_at ON orders (workspace_id, placed_at, id) WHERE look = 1;
CREATE INDEX orders_to_ask ON orders (ask_at, id) WHERE ask_at IS NOT NULL;

-- A payment is for one order.
CREATE TABLE order_payments (
  gateway TEXT NOT NULL,
  payment TEXT NOT NULL,
  order_id TEXT NOT NULL REFERENCES orders (id),
  PRIMARY KEY (gateway, payment)
);

-- What was asked to be given back, and by whom.
CREATE TABLE order_refunds (
  id TEXT NOT NULL PRIMARY KEY,
  order_id TEXT NOT NULL REFERENCES orders (id),
  payment TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL
);
CREATE INDEX order_refunds_of_order ON order_refunds (order_id, asked_at, id);

-- What was said about payments and by whom, for people who ask what happened. Nothing depends on it.
CREATE TABLE payment_messages (
  gateway TEXT NOT NULL,
  event TEXT NOT NULL,
  line BIGINT NOT NULL, -- a message may say several things
  payment TEXT NOT NULL,
  order_id TEXT, -- absent when it is about no order of ours
  said_by TEXT, -- the member who said it; absent when the gateway did
  fact TEXT NOT NULL, -- JSON of money::payment::Fact
  outcome TEXT NOT NULL,
  heard_at BIGINT NOT NULL,
  PRIMARY KEY (gateway, event, line)
);
CREATE INDEX payment_messages_of_order ON payment_messages (order_id, heard_at, gateway, event, line);
CREATE INDEX payment_messages_stray ON payment_messages (heard_at, gateway, event, line) WHERE order_id IS NULL;
CREATE INDEX payment_messages_of_payment ON payment_messages (gateway, payment, heard_at, event, line)
  WHERE order_id IS NULL;
