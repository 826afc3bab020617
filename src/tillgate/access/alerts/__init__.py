"""What a merchant is alerted to: in the dashboard, by a webhook and by mail, once for each cause."""
