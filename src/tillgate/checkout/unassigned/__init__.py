"""Money at an address of a project that fits no payment."""
