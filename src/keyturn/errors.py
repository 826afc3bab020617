"""Errors of the key layer. A refused key is a value (:class:`keyturn.keys.model.Refused`), never an exception.

KeyturnError
├── InvalidKey        what was asked for makes no key
│   ├── InvalidScope    a scope is not one that this installation offers
│   ├── InvalidKeyName  a key's name is empty, too long or holds control characters
│   ├── InvalidExpiry   a key would expire in the past
│   ├── InvalidNetwork  a network a key may come from is none
│   ├── InvalidOrigin   a web origin a key may come from is none
│   ├── InvalidApp      an app identifier is none
│   ├── InvalidLimit    a key's own rate limit makes no sense
│   ├── InvalidAllow    a key would be allowed by name what there is not, or is no publishable one
│   ├── InvalidLabel    an external id, metadata or a tag is none
│   ├── InvalidPortalSession  a session of the portal would allow or lead to what it cannot
│   ├── InvalidKind     a format has no such keys, or a kind cannot be restricted so
│   └── StrongerThanParent  a key would make one that may more than itself
├── KeyConflict       a key is not in a state that allows this
│   ├── KeyIsRevoked    a revoked key cannot be changed or brought back
│   ├── RotationPending a rotation waits for its successor's first use
│   ├── PortalNotSetUp  nobody has said at which address customers reach the portal
│   ├── TooManyKeys     a customer has as many keys as are allowed
│   ├── KeyExists       a key with this digest is already there
│   └── NameReused      an Idempotency-Key was sent before with another request
├── KeyNotFound       no such key in this project
├── PortalSessionNotFound  no such session in this project
├── BadReport         a report of leaked keys is not from whom it says, or is none
└── PublicKeysUnavailable  whether it is genuine is unknown at the moment
"""


class KeyturnError(Exception):
    """Root of this package's errors. ``code`` is stable; the text is for the caller."""

    code = "keyturn_error"


class InvalidKey(KeyturnError):
    """What was asked for makes no key; nothing was made or changed.

    Attributes:
        field: what of the key is wrong, as :class:`keyturn.KeyWish` calls it; ``format`` is beside it.
        about: of several things that may be allowed by name, the one that is wrong; empty where it is not about one.
    """

    code = "invalid_key"
    field = ""

    def __init__(self, message: str = "", *, field: str | None = None, about: str = "") -> None:
        super().__init__(message)
        if field is not None:
            self.field = field
        self.about = about


class InvalidScope(InvalidKey):
    """A scope is not one that this installation offers."""

    code = "invalid_scope"
    field = "scopes"


class InvalidKeyName(InvalidKey):
    """A key's name is empty, too long or holds control characters."""

    code = "invalid_key_name"
    field = "name"


class InvalidExpiry(InvalidKey):
    """A key would expire in the past."""

    code = "invalid_expiry"
    field = "expires_at"


class InvalidNetwork(InvalidKey):
    """A network a key may come from is none."""

    code = "invalid_network"
    field = "networks"


class InvalidOrigin(InvalidKey):
    """A web origin a key may come from is none."""

    code = "invalid_origin"
    field = "origins"


class InvalidApp(InvalidKey):
    """An app identifier is none."""

    code = "invalid_app_identifier"
    field = "apps"


class InvalidQuota(InvalidKey):
    """A monthly quota makes no sense."""

    code = "invalid_quota"
    field = "monthly_quota"


class InvalidLimit(InvalidKey):
    """A key's own rate limit makes no sense."""

    code = "invalid_limit"
    field = "limit"


class InvalidAllow(InvalidKey):
    """A key would be allowed by name what there is not, or is no publishable one."""

    code = "invalid_allow"
    field = "allow"


class InvalidKind(InvalidKey):
    """A format has no such keys, or a kind cannot be restricted so."""

    code = "invalid_kind"
    field = "kind"


class InvalidLabel(InvalidKey):
    """An external id, metadata or a tag is none."""

    code = "invalid_label"


class InvalidPortalSession(InvalidKey):
    """A session of the portal would allow or lead to what it cannot."""

    code = "invalid_portal_session"


class StrongerThanParent(InvalidKey):
    """A key would make one that may more than itself."""

    code = "stronger_than_parent"


class KeyConflict(KeyturnError):
    """A key is not in a state that allows this."""

    code = "key_conflict"


class KeyIsRevoked(KeyConflict):
    """A revoked key cannot be changed or brought back."""

    code = "key_revoked"


class RotationPending(KeyConflict):
    """A rotation waits for its successor's first use."""

    code = "rotation_pending"


class TooManyDescendants(KeyConflict):
    """A key has made as many keys as it may, or stands at the end of a chain that may not be longer."""

    code = "too_many_descendants"


class TooManyKeys(KeyConflict):
    """A customer has as many keys as are allowed."""

    code = "too_many_keys"


class TooManySecrets(KeyConflict):
    """A key has as many secrets that are still accepted as it may."""

    code = "too_many_secrets"


class KeyExists(KeyConflict):
    """A key with this digest is already there."""

    code = "key_exists"


class NameReused(KeyConflict):
    """An Idempotency-Key was sent before, with another request."""

    code = "idempotency_key_reused"


class KeyNotFound(KeyturnError):
    """No such key in this project."""

    code = "key_not_found"


class PortalNotSetUp(KeyConflict):
    """Nobody has said at which address customers reach the portal."""

    code = "portal_not_set_up"


class PortalSessionNotFound(KeyturnError):
    """No such session of the portal in this project."""

    code = "portal_session_not_found"


class BadReport(KeyturnError):
    """A report of leaked keys is not from whom it says, or is none; nothing was done about it."""

    code = "bad_report"


class PublicKeysUnavailable(KeyturnError):
    """The public keys to check a report with are unavailable at the moment."""

    code = "public_keys_unavailable"
