"""A treasury: payments go to addresses of a contract that can move their money to one address only."""
