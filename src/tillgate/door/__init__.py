"""The door: every credential becomes one Principal, or a refusal. No HTTP objects, no business words."""

from tillgate.door.keys import API_SCOPES, Admitted, KeyDoor, RateLimited

__all__ = ["API_SCOPES", "Admitted", "KeyDoor", "RateLimited"]
