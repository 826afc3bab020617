"""A network's own coin, ether and its like, at addresses that were given out."""
