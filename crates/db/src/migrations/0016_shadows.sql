-- What a watched policy would have chosen is told by what was really used: `would_save` is `cost` less `would_cost`, and absent where
-- one of them is. `model` is who was asked first, and `asked` what was asked for.
ALTER TABLE shadows ADD COLUMN cost BIGINT; -- micro-units: what was really used; absent where something of it has no price
ALTER TABLE shadows ADD COLUMN would_cost BIGINT; -- micro-units: what the same tokens would have cost at the choice
