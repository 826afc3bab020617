"""Setting another password by a link that comes by mail."""
