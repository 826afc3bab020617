"""Admission: every credential becomes one Principal, or a refusal. No HTTP objects, no business words."""

from tillgate.access.key_events import KeyEventLog
from tillgate.access.keys import (
    ALLOW,
    API_SCOPES,
    KEY_FORMATS,
    PUBLISHABLE_SCOPES,
    RETURN,
    checked_allow,
    price_set_by,
    principal_of,
    returns_of,
)
from tillgate.access.visitors import CodeTries, InvitationLimits, Keyless, PasswordTries, VisitorLimit, visitor

__all__ = [
    "ALLOW",
    "API_SCOPES",
    "KEY_FORMATS",
    "PUBLISHABLE_SCOPES",
    "RETURN",
    "CodeTries",
    "InvitationLimits",
    "KeyEventLog",
    "Keyless",
    "PasswordTries",
    "VisitorLimit",
    "checked_allow",
    "price_set_by",
    "principal_of",
    "returns_of",
    "visitor",
]
