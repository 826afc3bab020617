"""What a key is, and its life: issued, changed, rotated, revoked, imported."""
