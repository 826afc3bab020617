"""The door: every credential becomes one Principal, or a refusal. No HTTP objects, no business words."""

from tillgate.door.key_events import KeyEventLog
from tillgate.door.keys import API_SCOPES, PUBLISHABLE_SCOPES, Admitted, Caller, KeyDoor, RateLimited
from tillgate.door.visitors import VisitorPace, visitor

__all__ = [
    "API_SCOPES",
    "PUBLISHABLE_SCOPES",
    "Admitted",
    "Caller",
    "KeyDoor",
    "KeyEventLog",
    "RateLimited",
    "VisitorPace",
    "visitor",
]
