"""Which objects have an ETag, and what is held while ``If-Match`` is compared and the change is made."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from tillgate.base.principal import Principal
from tillgate.checkout.clocks import records as clocks
from tillgate.checkout.coupons import records as coupons
from tillgate.checkout.customers import records as customers
from tillgate.checkout.links import records as links
from tillgate.checkout.orders import records as orders
from tillgate.checkout.payments import records as payments
from tillgate.checkout.products import records as products
from tillgate.checkout.promotions import records as promotions
from tillgate.checkout.refunds.operations import get_refund
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.unassigned import records as unassigned
from tillgate.events.endpoints import records as endpoints
from tillgate.store import Transaction
from tillgate.wire.routing import Reads, Route, Writes
from tillgate.wire.tags import Hold, Tagged


def _own(locked: Callable[[Transaction, str, bool, str], Awaitable[Any]]) -> Hold:
    async def hold(tx: Transaction, principal: Principal, id: str) -> None:
        await locked(tx, principal.project_id, principal.livemode, id)

    return hold


async def _hold_session(tx: Transaction, principal: Principal, id: str) -> None:
    await sessions.locked(tx, id)


async def _hold_refund(tx: Transaction, principal: Principal, id: str) -> None:
    # A refund changes under the lock of its payment, and never changes that.
    refund = await get_refund(tx, principal, id)
    await payments.locked(tx, principal.project_id, principal.livemode, refund.payment_id)


async def _hold_clock(tx: Transaction, principal: Principal, id: str) -> None:
    await clocks.locked(tx, principal.project_id, id)


# By the address that shows the object; each takes the lock that every change below that address takes first.
HOLDS: Final[dict[str, Hold]] = {
    "/payment_links/{id}": _own(links.locked),
    "/checkout_sessions/{id}": _hold_session,
    "/orders/{id}": _own(orders.locked),
    "/payments/{id}": _own(payments.locked),
    "/refunds/{id}": _hold_refund,
    "/unassigned_transfers/{id}": _own(unassigned.locked),
    "/webhook_endpoints/{id}": _own(endpoints.locked),
    "/customers/{id}": _own(customers.locked),
    "/products/{id}": _own(products.locked),
    "/coupons/{id}": _own(coupons.locked),
    "/promotion_codes/{id}": _own(promotions.locked),
    "/test_clocks/{id}": _hold_clock,
}


def tagged(routes: Iterable[Route]) -> list[Route]:
    """The routes, those that show or change one of these objects with what it takes to keep ``If-Match``."""
    listed = list(routes)
    shown = {one.path: one for one in listed if one.method == "GET" and isinstance(one.action, Reads)}

    def with_tag(route: Route) -> Route:
        of = next((path for path in HOLDS if route.path == path or route.path.startswith(f"{path}/")), None)
        is_about_it = of is not None and (route.path == of or isinstance(route.action, Writes))
        if of is None or of not in shown or not is_about_it:
            return route
        show = shown[of]
        return route._replace(tagged=Tagged(show.action.run, show.answers, HOLDS[of]))  # type: ignore[union-attr]

    return [with_tag(one) for one in listed]
