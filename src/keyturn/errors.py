"""Errors of the key layer. A refused key is a value (:class:`keyturn.model.Refused`), never an exception.

KeyturnError
├── InvalidScope    a scope is not one that this installation offers
├── InvalidKeyName  a key's name is empty, too long or holds control characters
├── InvalidExpiry   a key would expire in the past
├── InvalidNetwork  a network a key may come from is none
├── InvalidLimit    a key's own pace makes no sense
├── KeyIsRevoked    a revoked key cannot be changed or brought back
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


class InvalidNetwork(KeyturnError):
    """A network a key may come from is none."""

    code = "invalid_network"


class InvalidLimit(KeyturnError):
    """A key's own pace makes no sense."""

    code = "invalid_limit"


class KeyIsRevoked(KeyturnError):
    """A revoked key cannot be changed or brought back."""

    code = "key_revoked"


class KeyNotFound(KeyturnError):
    """No such key in this project."""

    code = "key_not_found"
