-- The coin that an address was seen to have, of what only that shows (decimal, wei): what of it came or left is settled
-- when all that transactions moved is known.
ALTER TABLE chain_transfers ADD COLUMN held_atomic TEXT;
