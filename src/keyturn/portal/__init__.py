"""Self-service: sessions in which customers of an API manage their own keys on a page, within what its maker allows."""
