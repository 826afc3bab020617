"""From a credential to a decision: the hot path, one page."""

from keyturn.model import Key, Need, RefusalReason, Refused, Status, Verified
from keyturn.ports import Clock, KeyStore
from keyturn.restrictions import is_within
from keyturn.secret import KeyFormat, parse
from keyturn.usage import LastUsed

SCHEME = "bearer"


def decide(key: Key | None, need: Need | None, now: int, *, address: str | None = None) -> Verified | Refused:
    """Whether the holder of this key may do what is needed (None: just be let in). Pure; the order is a promise:
    status, expiry, network, scope.

    What the caller did not prove to hold is not told: only a digest's match leads to a key at all,
    so ``revoked`` and ``expired`` are said to nobody but the bearer of the whole text.
    """
    if key is None:
        return Refused(RefusalReason.UNKNOWN)
    if key.status is not Status.ACTIVE:
        disabled = key.status is Status.DISABLED
        return Refused(RefusalReason.DISABLED if disabled else RefusalReason.REVOKED, key)
    if key.expires_at is not None and now >= key.expires_at:
        return Refused(RefusalReason.EXPIRED, key)
    if key.networks and not is_within(address, key.networks):
        return Refused(RefusalReason.ADDRESS_NOT_ALLOWED, key)
    if need is not None and need.scope not in key.scopes:
        return Refused(RefusalReason.SCOPE_MISSING, key, need)
    return Verified(key)


def bearer_of(authorization: str) -> str | None:
    """The token of ``Authorization: Bearer <token>`` (RFC 6750, 2.1); None if it is anything else."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != SCHEME or not token or " " in token:
        return None
    return token


class Verifier:
    """Answers for presented keys out of a store, which says what was committed before it was asked: nothing stale."""

    def __init__(self, store: KeyStore, format: KeyFormat, clock: Clock, last_used: LastUsed) -> None:
        self._store = store
        self._format = format
        self._clock = clock
        self._last_used = last_used

    async def verify(
        self, authorization: str | None, need: Need | None, *, address: str | None = None
    ) -> Verified | Refused:
        """Decide about the value of an ``Authorization`` header.

        Args:
            need: what the endpoint asks for; None where any valid key will do.
            address: the IP address the request came from, for keys that are bound to networks.
        """
        if authorization is None or not authorization.strip():
            return Refused(RefusalReason.MISSING)
        token = bearer_of(authorization)
        secret = parse(self._format, token) if token is not None else None
        if secret is None:
            return Refused(RefusalReason.MALFORMED)
        key = await self._store.by_digest(secret.digest())
        now = self._clock.now()
        decision = decide(key, need, now, address=address)
        if isinstance(decision, Verified):
            self._last_used.note(decision.key.id, now)
        return decision
