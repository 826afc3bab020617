"""Routes as values: what they need, what they take and what they answer is data that routing, checking
and the OpenAPI document all read."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from keyturn import Need, each_need, is_scope_name
from keyturn.needs import Access
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Expansion
from tillgate.wire.reading import BODY_BYTES_MAX
from tillgate.wire.tags import Tagged

Needed = Need | tuple[Need, ...] | Access
"""What a route asks of its caller's key: a scope, several, ``ANY_KEY`` or ``OPEN``."""


# What is no list shows one object.
ONE: Final = PageRequest(1)
NOTHING_HEARD: Final[Mapping[str, str]] = MappingProxyType({})


class Call(msgspec.Struct, frozen=True, gc=False):
    """One request that was admitted and is well formed.

    Attributes:
        principal: who asks; at an open route, nobody in particular.
        params: the path's variables by name, in this server's own spelling of ids.
        query, body: decoded into the types that the route declares.
        page: of a list, the page that its query asks for.
        expansion: what is to be put into the answer.
        heard: the headers that the route reads, by their names, as far as they came.
        raw: the body as it was sent, where the route reads it so.
        address: where it comes from, where the route's guard hands it on.
        found: what the route's guard has looked up.
    """

    principal: Principal
    params: Mapping[str, str]
    query: Any
    body: Any
    expansion: Expansion | None = None
    page: PageRequest = ONE
    heard: Mapping[str, str] = NOTHING_HEARD
    raw: bytes = b""
    address: str | None = None
    found: Any = None

    @property
    def id(self) -> str:
        """The object's id out of the path, empty where the path has none."""
        return self.params.get("id", "")


Run = Callable[[ApiContext, Transaction, Call], Coroutine[Any, Any, Any]]
# Asked before anything is done, outside of any transaction, and given the caller's address; raises to refuse. What it
# answers is how the call goes on; None where it goes on as it is.
Guard = Callable[[ApiContext, Call, str | None], Awaitable[Call | None]]


class Reads(NamedTuple):
    """Answers from one read of the database."""

    run: Run


class Writes(NamedTuple):
    """Answers from one transaction, in which an ``Idempotency-Key`` is honoured.

    Attributes:
        kept: what of the answer may be stored for a replay to anybody; all of it, unless it holds a one-time secret.
        replays_secret: whether the first caller is given that secret again, out of what is sealed for it alone. An API
            key's own text is never kept, not even so.
    """

    run: Run
    kept: Callable[[Any], Any] = lambda answer: answer
    replays_secret: bool = True


class Sends(NamedTuple):
    """Writes down what is to be sent, sends it outside of any transaction, and answers with what came of it."""

    prepare: Run
    send: Callable[[ApiContext, Call, Any], Awaitable[Any]]


class Asks(NamedTuple):
    """Answers from more than one read, such as from the nodes of networks, or with a file that is made first; nothing
    of what a caller sees is changed by it."""

    run: Callable[[ApiContext, Call], Awaitable[Any]]


class Route(NamedTuple):
    """One endpoint.

    Attributes:
        path: below the dialect's mount, with named variables such as ``{id}`` for the object's id.
        need: what the caller's key must be allowed. There is no default: an endpoint without it does not start.
        answers: the type of the answer, of a list its envelope, though the action gives a
            :class:`tillgate.base.pages.Page`; None for one that is empty, or no JSON: then the action gives an
            :class:`keyturn.http.pipeline.Answer`.
        signed_in: whether it is for somebody who has signed in, as the dialect says; it needs no key then.
        client_secret: whether whoever makes an object is given its client secret, also by a secret key: to hand on.
        body_bytes_max: how long its body may be.
        hears: headers that the action itself reads, in lower case.
        reads_raw: whether the action reads the body as it was sent, such as to check a signature over it; no matter
            what it was declared as.
        admits: asked like a guard, but before the body is looked at: who may not call is told that first.
        tagged: the object that it shows or changes, where ``If-Match`` is kept for it.
        parameter_needs: what a parameter of the query needs besides, by its name there.
        invalid_status: of what does not fit the types that are declared, where it is not the dialect's usual one.
    """

    method: str
    path: str
    need: Needed
    summary: str
    action: Reads | Asks | Writes | Sends
    answers: Any
    status: HTTPStatus = HTTPStatus.OK
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    guard: Guard | None = None
    client_secret: bool = False
    signed_in: bool = False
    body_bytes_max: int = BODY_BYTES_MAX
    hears: tuple[str, ...] = ()
    reads_raw: bool = False
    admits: Guard | None = None
    invalid_status: HTTPStatus | None = None
    tagged: Tagged | None = None
    parameter_needs: Mapping[str, Need] = MappingProxyType({})

    @property
    def scope(self) -> str:
        """The scope that stands for the route where one is shown: its first; empty where it asks for none."""
        return next((need.scope for need in self.needs), "")

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it asks for, one by one; empty where it asks for no scope."""
        return () if isinstance(self.need, Access) else each_need(self.need)

    @property
    def changes(self) -> bool:
        """Whether something may be different afterwards, so that the request may be given a name."""
        return isinstance(self.action, Writes | Sends)

    @property
    def name(self) -> str:
        """What the action's function is called, for the OpenAPI document."""
        return (self.action.prepare if isinstance(self.action, Sends) else self.action.run).__name__

    @property
    def operation_id(self) -> str:
        """What names the operation in the OpenAPI document; no other has it."""
        return f"{self.path.strip('/').split('/')[0]}_{self.name}"


def check_needs(routes: Iterable[Route]) -> None:
    """
    Raises:
        TypeError: a route does not declare its need.
    """
    for route in routes:
        need = getattr(route, "need", None)
        listed = need if isinstance(need, tuple) else (need,)
        if need is Access.OPEN or need is Access.ANY_KEY:
            continue
        if not listed or not all(is_scope_name(getattr(one, "scope", "")) for one in listed):
            raise TypeError(f"{route.method} {route.path} does not declare which scope it needs")
