"""Routes as values: what they need, take and answer is data that routing, checking and the OpenAPI document read."""

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from keyturn.admission.layer import KeyLayer
from keyturn.keys.model import KnownKey
from keyturn.limiting.gcra import Allowance


class Only(Enum):
    """What a route asks for that is no scope."""

    ROOT = "root"
    """The root credential; no key has that."""
    KEY = "key"
    """Any key that is valid, or the root credential."""
    NOBODY = "nobody"
    """Nothing: it says nothing that is not for everybody."""
    PROXY = "proxy"
    """That a trusted proxy asks; it brings somebody else's key."""


class Whoever(NamedTuple):
    """Who is asking: a key, or whoever holds the root credential."""

    key: KnownKey | None
    allowance: Allowance | None = None

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        return f"key:{self.key.id}" if self.key is not None else "operator:root"


class Call(NamedTuple):
    """One request that was admitted and is well formed.

    Attributes:
        id: the object's id out of the path, empty where the path has none.
        query, body: decoded into the types that the route declares.
        idempotency_key: by which the request is known if it comes again, where the route honours one.
    """

    who: Whoever
    id: str
    query: Any
    body: Any
    idempotency_key: str | None = None


Run = Callable[[KeyLayer, Call], Awaitable[Any]]


class Route(NamedTuple):
    """One endpoint of Keyturn's server.

    Attributes:
        path: with ``{id}`` for the object's id.
        need: the scope that a key must have been given, or who it is for; the root credential may do all of it.
        run: what it does; None if the application answers it without the layer.
        answers: the type of the answer; None for one that is no JSON, or none.
        media_type: of an answer that is no JSON.
        idempotent: whether an ``Idempotency-Key`` is honoured.
    """

    method: str
    path: str
    need: str | Only
    summary: str
    run: Run | None
    answers: Any
    status: int = HTTPStatus.OK
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    media_type: str | None = None
    idempotent: bool = False


R = TypeVar("R")


class Found(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """What a path leads to.

    Attributes:
        by_method: a route for each method it has.
        values: what stands for the path's variables, in order.
    """

    by_method: dict[str, R]
    values: tuple[str, ...]

    @property
    def allow(self) -> str:
        """The value of an ``Allow`` header."""
        methods = set(self.by_method)
        return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))

    def route(self, method: str) -> R | None:
        """The route for a method; HEAD is answered as GET."""
        return self.by_method.get("GET" if method == "HEAD" else method)


AnyFound = Found[Any]


class Routable(Protocol):
    """What a router finds."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


F = TypeVar("F", bound=Routable)


def variables_of(path: str) -> tuple[str, ...]:
    """The names of a path's variables, in order: ``/status/{projectId}/{txId}`` has two.

    Raises:
        ValueError: one is there twice.
    """
    names = tuple(segment[1:-1] for segment in path.split("/") if segment.startswith("{"))
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: a variable is there twice")
    return names


class Router(Generic[F]):
    """Finds routes by walking a small tree of path segments: a few dictionary look-ups, whatever their number.

    A segment that is written out goes before a variable."""

    def __init__(self, routes: Iterable[F], *, end_slash: bool = False, one_slash: bool = False) -> None:
        """
        Args:
            end_slash: whether a slash at the end of a path makes no difference.
            one_slash: whether a doubled slash is one.

        Raises:
            ValueError: two routes have the same method and path, or a path a variable twice.
        """
        self._tree: dict[str, Any] = {}
        self._end_slash = end_slash
        self._one_slash = one_slash
        for route in routes:
            variables_of(route.path)
            node = self._tree
            for segment in route.path.removeprefix("/").split("/"):
                node = node.setdefault("{}" if segment.startswith("{") else segment, {})
            methods = node.setdefault("", {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route
        # Of paths that are written out but for their last segment, as nearly all are: found in one look.
        self._objects: dict[str, dict[str, Any]] = {}
        self._note_objects("", self._tree)

    def _note_objects(self, path: str, node: dict[str, Any]) -> None:
        if "" in node.get("{}", {}):
            self._objects[path] = node
        for segment, below in node.items():
            if segment not in ("", "{}"):
                self._note_objects(f"{path}/{segment}", below)

    def find(self, path: str) -> Found[F] | None:
        """What a path leads to; None for an unknown one."""
        above, _, last = path.rpartition("/")
        parent = self._objects.get(above)
        if parent is not None and last and last not in parent:
            return Found(parent["{}"][""], (last,))
        node = self._tree
        values: tuple[str, ...] = ()
        segments = (path.removesuffix("/") if self._end_slash else path).removeprefix("/").split("/")
        if self._one_slash:
            segments = [segment for segment in segments if segment]
        for segment in segments:
            known = node.get(segment) if segment else None
            if known is None:
                known, values = node.get("{}"), (*values, segment)
                if known is None or not segment:
                    return None
            node = known
        methods = node.get("")
        return Found(methods, values) if methods else None
