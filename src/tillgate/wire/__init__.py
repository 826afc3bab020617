"""What every HTTP language of this server shares: routes and dialects as values, reading, acting, expanding."""
