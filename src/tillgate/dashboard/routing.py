"""Every page of the dashboard, at its path."""

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.dashboard import (
    account,
    accounts,
    apis,
    audit,
    coupons,
    credentials,
    customers,
    delivering,
    documents,
    embed,
    events,
    exports,
    failed,
    feeds,
    fulfilling,
    issued,
    jobs,
    key_lives,
    keys,
    links,
    mail,
    networks,
    notices,
    orders,
    overview,
    passwords,
    people,
    playground,
    products,
    projects,
    rates,
    receiving,
    refunds,
    reports,
    requests,
    sales,
    saved,
    searching,
    sessions,
    settings,
    shoppers,
    transactions,
    transfers,
    unassigned,
    usage,
    wallet,
    webhooks,
)
from tillgate.dashboard.calls import ANYBODY, Call, Need, Page, PublicView, Site, View, apology
from tillgate.dashboard.context import DashboardContext
from tillgate.dashboard.rendering import environment


async def _nothing_here(call: Call) -> Response:
    """A path that no page has; one with a slash too many leads on, and one that ends with an object's id to where that
    is looked at."""
    path = call.request.url.path
    if call.request.method != "POST":
        if path.endswith("/"):
            return call.go(path.rstrip("/"))
        found = await searching.page_of(call, path.rpartition("/")[2])
        if found is not None:
            return call.go(found)
    return apology(call, 404)


VIEWS: tuple[View | PublicView, ...] = (
    *overview.VIEWS,
    *accounts.VIEWS,
    *account.VIEWS,
    *people.VIEWS,
    *passwords.VIEWS,
    *notices.VIEWS,
    *mail.VIEWS,
    *settings.VIEWS,
    *apis.VIEWS,
    *playground.VIEWS,
    *projects.VIEWS,
    *keys.VIEWS,
    *usage.VIEWS,
    *key_lives.VIEWS,
    *credentials.VIEWS,
    *audit.VIEWS,
    *requests.VIEWS,
    *links.VIEWS,
    *sessions.VIEWS,
    *orders.VIEWS,
    *refunds.VIEWS,
    *issued.VIEWS,
    *sales.VIEWS,
    *fulfilling.VIEWS,
    *reports.VIEWS,
    *saved.VIEWS,
    *searching.VIEWS,
    *exports.VIEWS,
    *receiving.VIEWS,
    *delivering.VIEWS,
    *transactions.VIEWS,
    *customers.VIEWS,
    *shoppers.VIEWS,
    *products.VIEWS,
    *coupons.VIEWS,
    *webhooks.VIEWS,
    *failed.VIEWS,
    *events.VIEWS,
    *documents.VIEWS,
    *embed.VIEWS,
    *jobs.VIEWS,
    *networks.VIEWS,
    *transfers.VIEWS,
    *rates.VIEWS,
    *feeds.VIEWS,
    *wallet.VIEWS,
    *unassigned.VIEWS,
    View("GET", "/dashboard/{rest:path}", _nothing_here, ANYBODY),
    View("POST", "/dashboard/{rest:path}", _nothing_here, ANYBODY),
)


def routes(context: DashboardContext) -> list[BaseRoute]:
    """The dashboard, everything under ``/dashboard``."""
    site = Site(context, environment())
    by_path: dict[str, dict[str, View | PublicView]] = {}
    for view in VIEWS:
        if isinstance(view, View) and not isinstance(view.need, Need):
            raise TypeError(f"{view.method} {view.path} does not say what it needs")
        views = by_path.setdefault(view.path, {})
        if view.method in views:
            raise ValueError(f"two views answer {view.method} {view.path}")
        views[view.method] = view
    return [Route(path, Page(site, path, by_path[path])) for path in sorted(by_path, key=_order)]


def _order(path: str) -> tuple[int, ...]:
    """The first path that fits answers: a segment that is written out goes before one that stands for anything."""
    return tuple(2 if ":path" in segment else int(segment.startswith("{")) for segment in path.split("/"))
