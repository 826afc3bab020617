"""CORS for keys (Fetch standard, 3.2). A preflight carries no key, so it is answered by the union of all registered
origins; then the key's own list decides. Credentials are never allowed: a key is sent in a header of its own. The
headers that a page asks for are allowed, whichever they are: what a server reads of them is no matter of CORS.

What a preflight is told is no permission. It may be a few seconds old, therefore; what the key's list says may not.
"""

import re
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
CREDENTIAL_HEADERS: Final = frozenset({"authorization", "x-api-key"})
REQUESTED_MAX: Final = 2_000
EXPOSED_HEADERS: Final = b"etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-request-id"

Headers = list[tuple[bytes, bytes]]

VARY: Final = (b"vary", b"Origin")
# RFC 9110, 5.6.2. Neither an asterisk, which would stand for every name, nor what is no name.
_NAME: Final = re.compile(r"[!#$%&'+.^_`|~0-9a-z-]{1,100}", re.ASCII)


class Preflights(Protocol):
    """Answers browsers that ask before they call."""

    async def preflight(self, origin: str, methods: Sequence[str], requested: str | None = None) -> Headers:
        """The headers of the answer to ``OPTIONS``.

        Args:
            methods: those that the path has.
            requested: ``Access-Control-Request-Headers``: those that the page wants to send.
        """
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
        self._refused = frozenset() if with_keys else CREDENTIAL_HEADERS

    async def preflight(self, origin: str, methods: Sequence[str], requested: str | None = None) -> Headers:
        """The same for every origin, so that whoever keeps it may give it to others."""
        return [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", _allowed(requested, self._headers, self._refused)),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]


class Origins:
    """Answers preflights, from memory where the same origin asked a moment ago."""

    def __init__(self, store: OriginStore, monotonic_ns: Callable[[], int]) -> None:
        self._store = store
        self._monotonic_ns = monotonic_ns
        self._known: OrderedDict[str, tuple[int, bool]] = OrderedDict()

    async def preflight(self, origin: str, methods: Sequence[str], requested: str | None = None) -> Headers:
        """The headers of the answer to ``OPTIONS``; it allows nothing to an origin that no key is for.

        Args:
            methods: those that the path has.
            requested: ``Access-Control-Request-Headers``: those that the page wants to send.
        """
        if not await self.is_registered(origin):
            return [VARY]
        return [
            VARY,
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", _allowed(requested, ALLOWED_HEADERS)),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]

    async def is_registered(self, origin: str) -> bool:
        """Whether there is a key for pages of this origin; as it was two seconds ago at most."""
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


def _allowed(requested: str | None, usual: bytes, refused: frozenset[str] = frozenset()) -> bytes:
    """The headers that a page may send: those that it asks for, or the usual ones where it names none."""
    if requested is None or len(requested) > REQUESTED_MAX:
        return usual
    names = dict.fromkeys(one.strip().lower() for one in requested.split(","))
    return ", ".join(one for one in names if _NAME.fullmatch(one) and one not in refused).encode() or usual


def answer_headers(origin: str, key: KnownKey | None) -> Headers:
    """What an answer to a request with an ``Origin`` carries: the browser may read it if the key is for that origin."""
    if key is None or key.terms.canary or not is_origin_among(origin, key.terms.origins):
        return [VARY]
    return [
        VARY,
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", EXPOSED_HEADERS),
    ]
