"""Products: what a merchant sells, at a price of theirs or of the buyer's."""
