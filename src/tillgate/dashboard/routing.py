"""Every page of the dashboard, at its path."""

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.dashboard import (
    accounts,
    audit,
    coupons,
    credentials,
    customers,
    events,
    key_lives,
    keys,
    links,
    orders,
    overview,
    products,
    projects,
    requests,
    sessions,
    webhooks,
)
from tillgate.dashboard.desk import DashboardDesk
from tillgate.dashboard.rendering import environment
from tillgate.dashboard.visits import OpenView, Place, Room, View, Visit, apology


async def _nothing_here(visit: Visit) -> Response:
    """A path that no page has; one with a slash too many leads on."""
    path = visit.request.url.path
    if path.endswith("/") and visit.request.method != "POST":
        return visit.go(path.rstrip("/"))
    return apology(visit, 404)


VIEWS: tuple[View | OpenView, ...] = (
    *overview.VIEWS,
    *accounts.VIEWS,
    *projects.VIEWS,
    *keys.VIEWS,
    *key_lives.VIEWS,
    *credentials.VIEWS,
    *audit.VIEWS,
    *requests.VIEWS,
    *links.VIEWS,
    *sessions.VIEWS,
    *orders.VIEWS,
    *customers.VIEWS,
    *products.VIEWS,
    *coupons.VIEWS,
    *webhooks.VIEWS,
    *events.VIEWS,
    # Last, because the first path that fits answers.
    View("GET", "/dashboard/{rest:path}", _nothing_here),
    View("POST", "/dashboard/{rest:path}", _nothing_here),
)


def routes(desk: DashboardDesk) -> list[BaseRoute]:
    """The dashboard, everything under ``/dashboard``."""
    room = Room(desk, environment())
    by_path: dict[str, dict[str, View | OpenView]] = {}
    for view in VIEWS:
        views = by_path.setdefault(view.path, {})
        assert view.method not in views, f"two views answer {view.method} {view.path}"
        views[view.method] = view
    return [Route(path, Place(room, path, views)) for path, views in by_path.items()]
