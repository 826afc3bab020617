"""What is remembered of where an application's routes lead: never another answer than the routes' own."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Mount, Route, Router

from keyturn.admission.needs import ANY_KEY, needs
from keyturn.http.targets import REMEMBERED_MAX, Targets
from keyturn.keys.model import Need


async def bare(_: Request) -> Response:
    return Response("")


def asks(scope: str) -> Any:
    """An endpoint that needs this."""

    @needs(scope)
    async def endpoint(_: Request) -> Response:
        return Response("")

    return endpoint


def request(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], **more}


def asked(targets: Targets, path: str, method: str = "GET", **more: Any) -> tuple[Any, bool]:
    """What is needed, and whether that was remembered; afterwards it may be, as if the caller was admitted."""
    scope = request(path, method, **more)
    target, found_in = targets.find(scope, method)
    assert target is not None
    if found_in is not None:
        targets.remember(scope, method, target, found_in)
    return target.need, found_in is None


def settle(targets: Targets, *paths: str) -> None:
    """Let these be remembered, as far as they may be: the lists of routes are noted first."""
    for path in (paths[0], *paths):
        asked(targets, path)


def test_a_target_is_remembered_by_method_and_path() -> None:
    """Each with its own need, and what the path names."""
    app = Starlette(
        routes=[
            Route("/invoices/{id}", asks("invoices:read")),
            Route("/invoices/{id}", asks("invoices:write"), methods=["DELETE"]),
        ]
    )
    targets = Targets(app)
    settle(targets, "/invoices/a")
    assert asked(targets, "/invoices/a") == (Need("invoices:read"), True)
    assert asked(targets, "/invoices/a", "DELETE") == (Need("invoices:write"), False)
    assert asked(targets, "/invoices/b") == (Need("invoices:read"), False)
    assert targets.find(request("/invoices/b"), "GET")[0].object_id == "b"  # type: ignore[union-attr]
    assert asked(targets, "/nowhere") == (ANY_KEY, False)
    assert asked(targets, "/invoices/a", root_path="/invoices")[1] is False


def included() -> tuple[Any, Any]:
    inner, app = APIRouter(), FastAPI()
    inner.get("/invoices")(asks("invoices:read"))
    app.include_router(inner, prefix="/v1")
    return app, lambda: inner.get("/other")(asks("invoices:write"))


def flat() -> tuple[Any, Any]:
    app = Starlette(routes=[Route("/v1/invoices", asks("invoices:read"))])
    return app, lambda: app.routes.append(Route("/v1/other", asks("invoices:write")))


def mounted() -> tuple[Any, Any]:
    inner = Router([Route("/invoices", asks("invoices:read"))])
    app = Starlette(routes=[Mount("/v1", app=inner)])
    return app, lambda: inner.routes.append(Route("/other", asks("invoices:write")))


@pytest.mark.parametrize("make", [flat, mounted, included], ids=["flat", "mounted", "included"])
def test_a_route_that_is_added_later_counts_at_once(make: Any) -> None:
    """Wherever it is added, what was remembered before is not used any more."""
    app, add = make()
    targets = Targets(app)
    settle(targets, "/v1/other", "/v1/invoices")
    assert asked(targets, "/v1/other") == (ANY_KEY, True)
    assert asked(targets, "/v1/invoices") == (Need("invoices:read"), True)
    add()
    assert asked(targets, "/v1/other") == (Need("invoices:write"), False)
    settle(targets, "/v1/other")
    assert asked(targets, "/v1/other") == (Need("invoices:write"), True)


def test_a_target_of_the_routes_before_is_not_kept() -> None:
    """Found, then a route was added and another request noted that, and only then the caller was admitted."""
    app = Starlette(routes=[Route("/invoices", asks("invoices:read"))])
    targets = Targets(app)
    settle(targets, "/invoices")
    scope = request("/invoices")
    targets._remembered.clear()
    target, found_in = targets.find(scope, "GET")
    assert target is not None and found_in is not None
    app.routes.insert(0, Route("/invoices", asks("invoices:write")))
    asked(targets, "/other")
    targets.remember(scope, "GET", target, found_in)
    assert asked(targets, "/invoices") == (Need("invoices:write"), False)


def test_a_mounted_application_may_be_given_other_routes() -> None:
    """Its whole list is another one then."""
    inner = Starlette(routes=[Route("/invoices", asks("invoices:read"))])
    targets = Targets(Starlette(routes=[Mount("/v1", app=inner)]))
    settle(targets, "/v1/invoices")
    assert asked(targets, "/v1/invoices") == (Need("invoices:read"), True)
    inner.router.routes = [Route("/invoices", asks("invoices:write"))]
    assert asked(targets, "/v1/invoices") == (Need("invoices:write"), False)


class ByHeader(Route):
    """Decides by more than method and path."""


@pytest.mark.parametrize(
    "route",
    [
        Host("a.example", app=Router([Route("/other", bare)])),
        ByHeader("/other", bare),
        Mount("/deep", app=Router([ByHeader("/other", bare)])),
    ],
    ids=["by host", "a class of its own", "mounted"],
)
def test_nothing_is_remembered_beside_routes_that_may_look_further(route: Any) -> None:
    """Routes of other classes may decide by anything; then the routes are asked for every request."""
    targets = Targets(Starlette(routes=[Route("/invoices", asks("invoices:read")), route]))
    settle(targets, "/invoices", "/invoices")
    assert asked(targets, "/invoices") == (Need("invoices:read"), False)


def test_the_memory_is_bounded() -> None:
    """In number, and each path in length; the oldest makes room."""
    targets = Targets(Starlette(routes=[Route("/{id}", asks("invoices:read"))]))
    settle(targets, "/first", f"/{'x' * 300}")
    assert asked(targets, f"/{'x' * 300}")[1] is False
    for number in range(REMEMBERED_MAX):
        asked(targets, f"/{number}")
    assert asked(targets, "/first")[1] is False
    assert asked(targets, f"/{REMEMBERED_MAX - 1}")[1] is True
