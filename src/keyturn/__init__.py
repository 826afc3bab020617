"""Keyturn: API keys that are shown once, kept as SHA-256, and refused everywhere once revoked."""

from keyturn.changing import KeyChanges, change, set_enabled
from keyturn.errors import (
    InvalidExpiry,
    InvalidKeyName,
    InvalidLimit,
    InvalidNetwork,
    InvalidScope,
    KeyIsRevoked,
    KeyNotFound,
    KeyturnError,
)
from keyturn.issuing import Issued, Issuer
from keyturn.limiting import DEFAULT_LIMIT, Allowance, Limit, Limiter
from keyturn.model import Key, Mode, Need, RefusalReason, Refused, Status, Verified, is_scope_name
from keyturn.ports import Clock, KeyStore
from keyturn.restrictions import checked_limit, parse_rate
from keyturn.revoking import Revocation, revoke
from keyturn.secret import NATIVE, KeyDigest, KeyFormat, KeySecret, generate, parse
from keyturn.usage import LastUsed
from keyturn.verifying import Verifier, decide

__all__ = [
    "DEFAULT_LIMIT",
    "NATIVE",
    "Allowance",
    "Clock",
    "InvalidExpiry",
    "InvalidKeyName",
    "InvalidLimit",
    "InvalidNetwork",
    "InvalidScope",
    "Issued",
    "Issuer",
    "Key",
    "KeyChanges",
    "KeyDigest",
    "KeyFormat",
    "KeyIsRevoked",
    "KeyNotFound",
    "KeySecret",
    "KeyStore",
    "KeyturnError",
    "LastUsed",
    "Limit",
    "Limiter",
    "Mode",
    "Need",
    "RefusalReason",
    "Refused",
    "Revocation",
    "Status",
    "Verified",
    "Verifier",
    "change",
    "checked_limit",
    "decide",
    "generate",
    "is_scope_name",
    "parse",
    "parse_rate",
    "revoke",
    "set_enabled",
]
