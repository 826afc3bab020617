"""What is wrong with networks and their tokens, so that people are alerted to it: once, until it is over."""
