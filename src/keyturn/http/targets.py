"""Where an application's own routes lead a request, and what the endpoint there says that it needs.

It imports no framework: of Starlette's and FastAPI's routes it asks ``matches``, as they do themselves. For routes of
their own classes, which decide by method and path alone, the answer is remembered for as long as the lists of routes
stay as they are. A route that is to lead elsewhere is replaced, not changed in place.
"""

import functools
from typing import Any, Final

import msgspec

from keyturn.admission.needs import Access, Stated, need_of
from keyturn.invariants import present

Scope = Any
# Each list of routes with what leads to it: itself, or a function.
Lists = list[tuple[Any, list[Any]]]

# What matches by method and path alone, by the module and name of its class. Not Starlette's ``Host``, nor what an
# application derives from these.
_PLAIN: Final = frozenset(
    {
        ("starlette.routing", "Route"),
        ("starlette.routing", "WebSocketRoute"),
        ("starlette.routing", "Mount"),
        ("fastapi.routing", "APIRoute"),
        ("fastapi.routing", "APIWebSocketRoute"),
        ("fastapi.routing", "_IncludedRouter"),
        ("fastapi.routing", "_EffectiveRouteContext"),
    }
)
_DEPTH_MAX: Final = 20
REMEMBERED_MAX: Final = 2_000
# Longer paths are looked up each time.
_PATH_MAX: Final = 256


class Target(msgspec.Struct, frozen=True):
    """Where the routes lead.

    Attributes:
        endpoint: None where they lead nowhere.
        methods: those that the path has.
        object_id: what the path names, where it names one thing.
        need: what the endpoint says that it needs for this method; whoever has a key is told that there is no such path
            or method.
    """

    endpoint: object
    methods: tuple[str, ...] = ()
    object_id: str | None = None
    need: Stated | None = None


class Targets:
    """The targets of one application."""

    def __init__(self, app: object) -> None:
        self._app = app
        self._remembered: dict[tuple[str, str, str, str], Target] = {}
        # The lists of routes as they were when the first target was remembered, the application's own before those
        # inside of it, and whether all that they hold matches by method and path alone.
        self._lists: Lists = []
        self._plain = False

    def find(self, scope: Scope, method: str) -> tuple[Target | None, Lists | None]:
        """Where the routes lead, by their own word, None for an application that has no routes to ask; and, where that
        is to be remembered, the lists in which it was found."""
        routes = routes_of(self._app)
        if routes is None:
            return None, None
        lists = self._lists
        if not self._is_current(routes):
            lists = []
        elif self._plain:
            known = self._remembered.get((scope["type"], method, scope["path"], scope.get("root_path", "")))
            if known is not None:
                return known, None
        return _find(routes, scope, method), lists

    def remember(self, scope: Scope, method: str, target: Target, found_in: Lists) -> None:
        """Keep a target for the next request like this one. Only for who was admitted: then there is no key in the
        path, and strangers do not fill the memory."""
        routes, path = routes_of(self._app), scope["path"]
        if routes is None or len(path) > _PATH_MAX:
            return
        if not self._is_current(routes):
            # The next request like this one finds it again, in these lists.
            self._remembered.clear()
            self._lists = []
            self._plain = _only_plain(routes, routes, self._lists)
        elif self._plain and found_in is self._lists:
            # Otherwise a route was added since, and another request has noted that.
            if len(self._remembered) >= REMEMBERED_MAX:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[scope["type"], method, path, scope.get("root_path", "")] = target

    def _is_current(self, routes: list[Any]) -> bool:
        return bool(self._lists) and self._lists[0][0] is routes and _unchanged(self._lists)


def routes_of(app: object) -> list[Any] | None:
    """The routes of a Starlette or FastAPI application, through whatever is wrapped around them."""
    for _ in range(_DEPTH_MAX):
        routes = getattr(app, "routes", None)
        if isinstance(routes, list):
            return routes
        if isinstance(routes, tuple):
            return list(routes)
        app = getattr(app, "app", None)
        if app is None:
            break
    return None


def declared(endpoint: object, method: str) -> Stated | None:
    """What an endpoint says that it needs: a function, a class, or one of a class's methods."""
    while isinstance(endpoint, functools.partial) and need_of(endpoint) is None:
        endpoint = endpoint.func
    handler = getattr(endpoint, "get" if method == "HEAD" and not hasattr(endpoint, "head") else method.lower(), None)
    return need_of(handler) or need_of(endpoint)


def _find(routes: list[Any], scope: Scope, method: str) -> Target:
    methods: set[str] = set()
    for route in routes:
        match, child = route.matches({**scope})
        if match.name == "NONE":
            continue
        inside = _inside(route, child.get("endpoint"))
        if inside is not None and need_of(child.get("endpoint")) is None:
            found = _find(present(_listed(inside), "the routes of an included router"), {**scope, **child}, method)
            if match.name == "FULL":
                return found
            methods |= set(found.methods)
            continue
        methods |= set(getattr(route, "methods", None) or ())
        if match.name != "FULL":
            continue
        parameters = child.get("path_params", {})
        named = parameters.get("id", next(iter(parameters.values())) if len(parameters) == 1 else None)
        endpoint = child.get("endpoint", route)
        object_id = str(named) if named is not None else None
        return Target(endpoint, tuple(sorted(methods)), object_id, declared(endpoint, method))
    return Target(None, tuple(sorted(methods)), need=Access.ANY_KEY)


def _inside(route: Any, endpoint: object) -> Any:
    """The routes inside a route: those of a mounted application, or what tells those of an included router (FastAPI),
    which says only that one of them fits."""
    candidates = getattr(route, "effective_candidates", None)
    return candidates if callable(candidates) else routes_of(endpoint)


def _listed(inside: Any) -> list[Any] | None:
    return inside if isinstance(inside, list) else list(inside()) if callable(inside) else None


def _only_plain(source: Any, routes: list[Any], lists: Lists, depth: int = 0) -> bool:
    """Whether all routes match by method and path alone; notes each list of them, and whence it is."""
    lists.append((source, list(routes)))
    if depth > _DEPTH_MAX:
        return False
    for route in routes:
        kind = type(route)
        if (kind.__module__, kind.__name__) not in _PLAIN:
            return False
        app = getattr(route, "app", None)
        inside = _inside(route, app)
        listed = _listed(inside)
        # An application may be given another list of routes.
        source = inside if callable(inside) else functools.partial(_listed_again, app)
        if listed is not None and not _only_plain(source, listed, lists, depth + 1):
            return False
    return True


def _listed_again(app: object) -> list[Any]:
    return routes_of(app) or []


def _unchanged(lists: Lists) -> bool:
    for source, before in lists:  # noqa: SIM110 — for each request, and a generator costs more than the rest of it
        if (source if isinstance(source, list) else list(source())) != before:
            return False
    return True
