"""Admission: every credential becomes one Principal, or a refusal. No HTTP objects, no business words."""

from tillgate.access.key_events import KeyEventLog
from tillgate.access.keys import API_SCOPES, PUBLISHABLE_SCOPES, principal_of
from tillgate.access.visitors import VisitorLimit, visitor

__all__ = ["API_SCOPES", "PUBLISHABLE_SCOPES", "KeyEventLog", "VisitorLimit", "principal_of", "visitor"]
