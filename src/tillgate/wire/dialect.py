"""A dialect as a value: everything in which one HTTP language of this server differs from another."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from keyturn import Allowance, Refused
from keyturn.http.denials import Headers
from keyturn.http.pipeline import JSON, Answer
from keyturn.http.vocabulary import Forms
from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import TillgateError
from tillgate.base.principal import Principal
from tillgate.events.styles import Style
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Expansions
from tillgate.wire.fields import FORMS
from tillgate.wire.paging import Paging
from tillgate.wire.routing import Route

# A longer path is nobody's, and is not looked through.
PATH_LENGTH_MAX: Final = 2_048
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Of an open route: nobody in particular, of no project.
NOBODY: Final = Principal("", False, "buyer", "visitor")


class ErrorCode(NamedTuple):
    """One kind of refusal, as a language tells it.

    Attributes:
        meaning: what was wrong.
        todo: what whoever called is to do.
    """

    status: int
    meaning: str
    todo: str


class ErrorStyle(NamedTuple):
    """How refusals and failures are told; each is given the id of the request.

    Attributes:
        refused: at admission.
        rate_limited: a key over its rate limit, or one visitor who uses it, which the last argument says.
        failed: everything else, unknown paths included.
        error: the type of the bodies of all these; None where they are not described.
        unauthorized: that of a 401, where it is another.
        codes: each code that it has beside the native ones; of a language without codes, each status.
        native_codes: whether the native API's codes are told as well, with the meaning that they have there.
    """

    refused: Callable[[Refused, str], Answer]
    rate_limited: Callable[[Allowance, str, bool], Answer]
    failed: Callable[[TillgateError, str], Answer]
    error: Any = None
    unauthorized: Any = None
    codes: Mapping[str, ErrorCode] = MappingProxyType({})
    native_codes: bool = False


class IdempotencyPolicy(NamedTuple):
    """How retries are made safe.

    Attributes:
        header: names the request, in lower case.
        visitor_header: brings the random value that a visitor with a publishable key holds.
        methods: those on which it is honoured.
        window_ms: for how long the same name is the same request.
        namespace: names of one dialect never meet those of another.
        replayed: what is answered to a retry, out of what was answered first.
    """

    namespace: str
    header: bytes = b"idempotency-key"
    visitor_header: bytes = b"idempotency-visitor"
    methods: frozenset[str] = WRITING
    window_ms: int = DAY_MS
    replayed: Callable[[Answer], Answer] = lambda answer: answer.adding(((b"idempotency-replayed", b"true"),))


class Spelling(NamedTuple):
    """How a dialect writes ids.

    Attributes:
        read: an id of this server out of a text in a path; None where it cannot be one.
        is_id: whether a text has an id's form, and may be logged.
    """

    read: Callable[[str], str | None] = lambda text: text
    is_id: Callable[[str], bool] = ids.is_typed


class Visitors(NamedTuple):
    """Who calls an open route without a key, in a language whose paths name the project.

    Attributes:
        principal: who that is, by the path's variables. A key that such a caller presents all the same is looked at,
            and refused where it is wrong. The name that it may give a request, or the visitor's value beside it, has to
            be one that nobody guesses: it says who may be given the answer again.
        any_origin: pages of every origin may call, and read the answers; but never with a key.
    """

    principal: Callable[[Mapping[str, str]], Principal]
    any_origin: bool = True


class SignedIn(NamedTuple):
    """Who calls by a token that is no key, such as somebody with an account who has signed in. All of such a dialect's
    routes are open; like a key, neither a password nor a token is accepted without TLS.

    Attributes:
        principal: who that is, by the token of ``Authorization: Bearer``, empty where none came, and the address it
            came from; raises to refuse.
        what: the token, for the description of routes that ask for it.
    """

    principal: Callable[[ApiContext, str, str | None], Awaitable[Principal]]
    what: str


class Snippet(NamedTuple):
    """Something ready to be pasted by whoever moves a shop here.

    Attributes:
        label: what it does.
        text: with ``{host}`` for this server's address, ``{base}`` for the dialect's base URL, ``{key}`` for a key,
            ``{project}`` for the project's id and ``{product}`` for a product's. What names a product stands on that
            one's page as well.
    """

    label: str
    text: str


class Dialect(NamedTuple):
    """One HTTP language.

    Attributes:
        mounts: the paths below which it is spoken, such as ``/api/v1``; the first stands in its base URL. An empty one
            is the root of the host, where only the dialect's own routes belong to it. Dialects may share one.
        encode: an answer of a route into a body.
        expansions: what can be put into what; None where nothing can.
        described_at: where its paths are listed, to be told to who asks for one that it has not.
        words: what its fields mean, a file of :mod:`keyturn.http.vocabulary`; None where it is not described.
        forms: those that its words name.
        examples: what its samples send, a file of :mod:`keyturn.http.samples`; None where it has no samples.
        paging: how lists are asked for and told; None where there are none.
        webhooks: how facts are formed in it and sent to its endpoints; None where it has no webhooks.
        one_slash: whether a doubled slash is one.
        any_media_type: whether a body is JSON whatever it is declared as, and none is an empty object.
        beside: dialects of other callers that belong to it, and are spoken where it is. Of its mounts, only paths that
            they have are theirs.
        signed_in: who calls routes that ask for somebody who has signed in; None where no route does.
        visitors: who calls its open routes; None where that is nobody in particular, and no key is looked at there.
        any_origin: whether pages of every origin may call with a key, which :attr:`always` then tells browsers. A
            secret key that a page sends is admitted, and noted as exposed.
        key_format: the format of the keys that its routes take; empty for every format.
        key_example: what stands in snippets where a key belongs.
        snippets: how a shop is pointed here.
        bearer_only: whether a key is carried by ``Authorization: Bearer`` alone; another scheme is no key at all.
        conditional: whether ``If-Match`` is read: kept where a route says of what, and refused elsewhere.
        fallback: whether it answers below a shared mount where neither the path nor a key says which dialect is meant.
    """

    name: str
    mounts: tuple[str, ...]
    routes: tuple[Route, ...]
    errors: ErrorStyle
    idempotency: IdempotencyPolicy
    encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
    media_type: bytes = JSON
    expansions: Expansions | None = None
    spelling: Spelling = Spelling()
    one_slash: bool = False
    any_media_type: bool = False
    beside: tuple["Dialect", ...] = ()
    signed_in: SignedIn | None = None
    described_at: str = ""
    words: Path | None = None
    forms: Forms = FORMS
    examples: Path | None = None
    paging: Paging | None = None
    webhooks: Style | None = None
    always: Headers = ((b"cache-control", b"no-store"),)
    visitors: Visitors | None = None
    any_origin: bool = False
    key_format: str = ""
    fallback: bool = False
    conditional: bool = False
    bearer_only: bool = False
    key_example: str = ""
    snippets: tuple[Snippet, ...] = ()

    @property
    def heads(self) -> frozenset[str]:
        """The segments with which its paths begin, below a mount."""
        return frozenset(route.path.split("/")[1] for route in self.routes)

    def split(self, path: str) -> tuple[str, str] | None:
        """The longest mount that a path lies below, and the rest of it; None where it lies below none."""
        if self.one_slash and len(path) <= PATH_LENGTH_MAX:
            while "//" in path:
                path = path.replace("//", "/")
        for mount in _longest_first(self.mounts):
            if path.startswith(mount):
                rest = path[len(mount) :]
                if not rest or rest[0] == "/":
                    return mount, rest
        return None


@lru_cache(maxsize=100)
def _longest_first(mounts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(mounts, key=len, reverse=True))
