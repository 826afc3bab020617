"""What is known of how keys are used: usage, request log, advice, explanations, audit log, expiry."""
