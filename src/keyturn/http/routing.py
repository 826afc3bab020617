"""Routes as values: what they need, take and answer is data that routing, checking and the OpenAPI document read."""

from collections.abc import Awaitable, Callable
from enum import Enum
from http import HTTPStatus
from typing import Any, NamedTuple

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
    """One request that was let in and is well formed.

    Attributes:
        id: the object's id out of the path, empty where the path has none.
        query, body: decoded into the types that the route declares.
    """

    who: Whoever
    id: str
    query: Any
    body: Any


Run = Callable[[KeyLayer, Call], Awaitable[Any]]


class Route(NamedTuple):
    """One endpoint.

    Attributes:
        path: with ``{id}`` for the object's id.
        need: the scope that a key must have been given, or who it is for.
        run: what it does; None if the application answers it without the layer.
        answers: the type of the answer; None for one that is no JSON, or none.
        media_type: of an answer that is no JSON.
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
    """Finds routes by their path; one without an ``{id}`` goes first."""

    def __init__(self, routes: list[Route]) -> None:
        """
        Raises:
            ValueError: two routes have the same method and path.
        """
        self._fixed: dict[tuple[str, ...], dict[str, Route]] = {}
        self._open: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in routes:
            segments = tuple(route.path.split("/"))
            methods = (self._open if "{id}" in segments else self._fixed).setdefault(segments, {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route

    def find(self, path: str) -> Found | None:
        """What a path leads to; None for an unknown one."""
        segments = tuple(path.split("/"))
        fixed = self._fixed.get(segments)
        if fixed is not None:
            return Found(fixed, "")
        for declared, methods in self._open.items():
            if len(declared) == len(segments):
                at = declared.index("{id}")
                if segments[:at] == declared[:at] and segments[at + 1 :] == declared[at + 1 :] and segments[at]:
                    return Found(methods, segments[at])
        return None
