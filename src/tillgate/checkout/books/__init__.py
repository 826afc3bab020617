"""Books: what a project sold, received and gave back in a month, and the balances before and after it."""
