"""``tillgate api``: every operation of the native API as a command, over HTTP, with a key's own rights."""
