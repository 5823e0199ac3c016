-- What the member has for a plan that was paid through a gateway: JSON of payments::Delivery. Absent for anything else that
-- is bought, and before it is paid.
ALTER TABLE orders ADD COLUMN delivery TEXT;
