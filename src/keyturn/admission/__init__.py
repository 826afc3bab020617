"""Admission: where the key is, whether it is valid, what the call needs, and the lease that proves a revocation."""
