"""What is said of a session's money: which message, and which sums stand in it."""
