"""Errors of the key layer. A refused key is a value (:class:`keyturn.model.Refused`), never an exception.

KeyturnError
├── InvalidScope    a scope is not one that this installation offers
├── InvalidKeyName  a key's name is empty, too long or holds control characters
├── InvalidExpiry   a key would expire in the past
└── KeyNotFound     no such key in this project
"""


class KeyturnError(Exception):
    """Root of this package's errors. ``code`` is stable; the text is for the caller."""

    code = "keyturn_error"


class InvalidScope(KeyturnError):
    """A scope is not one that this installation offers."""

    code = "invalid_scope"


class InvalidKeyName(KeyturnError):
    """A key's name is empty, too long or holds control characters."""

    code = "invalid_key_name"


class InvalidExpiry(KeyturnError):
    """A key would expire in the past."""

    code = "invalid_expiry"


class KeyNotFound(KeyturnError):
    """No such key in this project."""

    code = "key_not_found"
