"""Routes as values: what they need, what they take and what they answer is data that routing, checking
and the OpenAPI document all read."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from keyturn import Need, is_scope_name
from tillgate.api.context import ApiContext
from tillgate.api.expanding import Expansion
from tillgate.base.principal import Principal
from tillgate.store import Transaction

ROOT: Final = "/api/v1"


class Call(NamedTuple):
    """One request that was let in and is well formed.

    Attributes:
        id: the object's id out of the path, empty where the path has none.
        query, body: decoded into the types that the route declares.
        expansion: what is to be put into the answer.
    """

    principal: Principal
    id: str
    query: Any
    body: Any
    expansion: Expansion | None = None


Run = Callable[[ApiContext, Transaction, Call], Awaitable[Any]]
# Asked before anything is done, outside of any transaction, and given the caller's address; raises to refuse.
Guard = Callable[[ApiContext, Call, str | None], Awaitable[None]]


class Reads(NamedTuple):
    """Answers from one read of the database."""

    run: Run


class Writes(NamedTuple):
    """Answers from one transaction, in which an ``Idempotency-Key`` is honoured.

    Attributes:
        kept: what of the answer may be stored for a replay; all of it, unless it holds a one-time secret.
    """

    run: Run
    kept: Callable[[Any], Any] = lambda answer: answer


class Sends(NamedTuple):
    """Writes down what is to be sent, sends it outside of any transaction, and answers with what came of it."""

    prepare: Run
    send: Callable[[ApiContext, Call, Any], Awaitable[Any]]


class Route(NamedTuple):
    """One endpoint.

    Attributes:
        path: below ``/api/v1``, with ``{id}`` for the object's id.
        need: what the caller's key must be allowed. There is no default: an endpoint without it does not start.
        answers: the type of the answer; None for an empty one.
    """

    method: str
    path: str
    need: Need
    summary: str
    action: Reads | Writes | Sends
    answers: Any
    status: HTTPStatus = HTTPStatus.OK
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    guard: Guard | None = None

    @property
    def name(self) -> str:
        """What the action's function is called, for the OpenAPI document."""
        return (self.action.prepare if isinstance(self.action, Sends) else self.action.run).__name__

    @property
    def operation_id(self) -> str:
        """What names the operation in the OpenAPI document; no other has it."""
        return f"{self.path.strip('/').split('/')[0]}_{self.name}"


class Found(NamedTuple):
    """What a path leads to: a route for each method it has."""

    by_method: dict[str, Route]
    id: str

    @property
    def allow(self) -> str:
        """The value of an ``Allow`` header."""
        methods = set(self.by_method)
        return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


class Router:
    """Finds routes by walking a small tree of path segments: a few dictionary look-ups, whatever their number."""

    def __init__(self, routes: list[Route]) -> None:
        """
        Raises:
            TypeError: a route does not declare its need.
            ValueError: two routes have the same method and path.
        """
        self._tree: dict[str, Any] = {}
        for route in routes:
            if not is_scope_name(getattr(route.need, "scope", "")):
                raise TypeError(f"{route.method} {route.path} does not declare which scope it needs")
            node = self._tree
            for segment in route.path.strip("/").split("/"):
                node = node.setdefault("{id}" if segment.startswith("{") else segment, {})
            methods = node.setdefault("", {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route

    def find(self, path: str) -> Found | None:
        """What a path below the root leads to; None for an unknown one."""
        node, object_id = self._tree, ""
        for segment in path.removeprefix("/").removesuffix("/").split("/"):
            known = node.get(segment) if segment else None
            if known is None:
                known, object_id = node.get("{id}"), segment
                if known is None or not segment:
                    return None
            node = known
        methods = node.get("")
        return Found(methods, object_id) if methods else None
