"""A project as its buyers meet it: what it says of itself, and how its sessions behave."""
