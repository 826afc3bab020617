"""The door: every credential becomes one Principal, or a refusal. No HTTP objects, no business words."""

from tillgate.door.key_events import KeyEventLog
from tillgate.door.keys import API_SCOPES, PUBLISHABLE_SCOPES, principal_of
from tillgate.door.visitors import VisitorPace, visitor

__all__ = ["API_SCOPES", "PUBLISHABLE_SCOPES", "KeyEventLog", "VisitorPace", "principal_of", "visitor"]
