"""CORS for keys (Fetch standard, 3.2). A preflight carries no key, so it is answered by the union of all registered
origins; then the key's own list decides. Credentials are never allowed: a key is sent in a header of its own.

What a preflight is told is no permission. It may be a few seconds old, therefore; what the key's list says may not.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from keyturn.keys.model import KnownKey
from keyturn.keys.restrictions import ANY_ORIGIN, ORIGIN_LENGTH_MAX, is_origin_among, origin_patterns
from keyturn.stores.ports import OriginStore

REMEMBERED_SECONDS: Final = 2
REMEMBERED_MAX: Final = 1_000
PREFLIGHT_SECONDS: Final = 600
ALLOWED_HEADERS: Final = (
    b"authorization, content-type, idempotency-key, idempotency-visitor, x-api-key, x-app-identifier"
)
EXPOSED_HEADERS: Final = b"idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-request-id"

Headers = list[tuple[bytes, bytes]]

VARY: Final = (b"vary", b"Origin")


class Preflights(Protocol):
    """Answers browsers that ask before they call."""

    async def preflight(self, origin: str, methods: Sequence[str]) -> Headers:
        """The headers of the answer to ``OPTIONS``; ``methods`` are those that the path has."""
        ...


class EveryOrigin:
    """Pages of every origin may call. A key is not among the headers that they may send to what asks for none: it does
    not belong in a page."""

    def __init__(self, *, with_keys: bool = False) -> None:
        """
        Args:
            with_keys: whether pages may send a key, because what they call asks for one.
        """
        self._headers = ALLOWED_HEADERS if with_keys else b"content-type, idempotency-key, idempotency-visitor"

    async def preflight(self, origin: str, methods: Sequence[str]) -> Headers:
        """The same for every origin, so that whoever keeps it may give it to others."""
        return [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", self._headers),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]


class Origins:
    """Answers preflights, from memory where the same origin asked a moment ago."""

    def __init__(self, store: OriginStore, monotonic_ns: Callable[[], int]) -> None:
        self._store = store
        self._monotonic_ns = monotonic_ns
        self._known: OrderedDict[str, tuple[int, bool]] = OrderedDict()

    async def preflight(self, origin: str, methods: Sequence[str]) -> Headers:
        """The headers of the answer to ``OPTIONS``; it allows nothing to an origin that no key is for.

        Args:
            methods: those that the path has.
        """
        if not await self._is_registered(origin):
            return [VARY]
        return [
            VARY,
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]

    async def _is_registered(self, origin: str) -> bool:
        if len(origin) > ORIGIN_LENGTH_MAX:  # no key has one like that, and none is remembered
            return False
        now = self._monotonic_ns()
        known = self._known.get(origin)
        if known is not None and now < known[0]:
            return known[1]
        registered = await self._store.knows_origin((*origin_patterns(origin), ANY_ORIGIN))
        self._known[origin] = (now + REMEMBERED_SECONDS * 1_000_000_000, registered)
        self._known.move_to_end(origin)
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
        return registered


def answer_headers(origin: str, key: KnownKey | None) -> Headers:
    """What an answer to a request with an ``Origin`` carries: the browser may read it if the key is for that origin."""
    if key is None or key.terms.canary or not is_origin_among(origin, key.terms.origins):
        return [VARY]
    return [
        VARY,
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", EXPOSED_HEADERS),
    ]
