"""The search of the dashboard: what a text leads to, and the pages whose names it begins."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.base.text import folded
from tillgate.checkout.search.model import QUERY_MAX, RESULTS_MAX, Hit, SearchType
from tillgate.checkout.search.operations import search
from tillgate.dashboard.calls import READ, Call, View
from tillgate.dashboard.forms import Draft, problems_of

SEARCH: Final = "/dashboard/search"
_OWN_PAGES: Final = {
    SearchType.CUSTOMER: "/dashboard/customers",
    SearchType.PRODUCT: "/dashboard/products",
    SearchType.PAYMENT_LINK: "/dashboard/payment-links",
    SearchType.COUPON: "/dashboard/coupons",
    SearchType.UNASSIGNED_TRANSFER: "/dashboard/unassigned",
}
# Those that everybody sees who may read; the menu has the others.
PAGES: Final = {
    "Overview": "/dashboard",
    "Payment links": "/dashboard/payment-links",
    "Sessions": "/dashboard/sessions",
    "Orders": "/dashboard/orders",
    "Payments": "/dashboard/payments",
    "Refunds": "/dashboard/refunds",
    "Transactions": "/dashboard/transactions",
    "Customers": "/dashboard/customers",
    "Test shoppers": "/dashboard/shoppers",
    "Products": "/dashboard/products",
    "Coupons": "/dashboard/coupons",
    "Promotion codes": "/dashboard/coupons",
    "Transfers": "/dashboard/transfers/explain",
    "Wallet": "/dashboard/wallet",
    "Exchange rates": "/dashboard/rates",
    "Unassigned transfers": "/dashboard/unassigned",
    "API keys": "/dashboard/api-keys",
    "Webhooks": "/dashboard/webhooks",
    "Events": "/dashboard/events",
    "Requests": "/dashboard/requests",
    "Audit log": "/dashboard/audit",
    "Account": "/dashboard/account",
}


class Result(NamedTuple):
    """A line of the results.

    Attributes:
        path: where it is looked at; None where no page shows it.
    """

    hit: Hit
    path: str | None


async def find(call: Call) -> Response:
    """What the text leads to, in the project and mode that are looked at."""
    wanted = call.query("q") or ""
    hits: list[Hit] = []
    problems: dict[str, str] = {}
    if wanted:
        try:
            hits = await call.read(lambda tx: search(tx, call.principal, wanted))
        except InvalidInput as error:
            problems = problems_of(error)
    shown = wanted[:QUERY_MAX]
    filled = Draft({"q": shown}, problems)
    return call.page(
        "search.html",
        status_code=filled.status_code,
        section="search",
        draft=filled,
        wanted=shown,
        pages=[(name, path) for name, path in PAGES.items() if _begins(name, shown)],
        results=[Result(one, path_of(one)) for one in hits[:RESULTS_MAX]],
        more=len(hits) > RESULTS_MAX,
    )


def path_of(hit: Hit) -> str | None:
    """The page on which something that was found is looked at."""
    if hit.type in _OWN_PAGES:
        return f"{_OWN_PAGES[hit.type]}/{hit.id}"
    if hit.type is SearchType.PROMOTION_CODE:
        return f"/dashboard/coupons/{hit.coupon_id}"
    return f"/dashboard/sessions/{hit.leads_to}" if hit.leads_to is not None else None


def _begins(name: str, wanted: str) -> bool:
    beginning = folded(wanted)
    return bool(beginning) and any(part.startswith(beginning) for part in (folded(name), *folded(name).split()))


VIEWS: Final = (View("GET", SEARCH, find, READ),)
