"""``/l/{slug}``: every visit to a payment link opens a fresh session."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.access import visitor
from tillgate.base.errors import Conflict, NotFound
from tillgate.checkout.links.model import PaymentLink
from tillgate.checkout.links.operations import get_public_link
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import visit_link
from tillgate.pages.amounts import spoken
from tillgate.pages.context import PagesContext
from tillgate.pages.rendering import nothing, notice, see_other
from tillgate.store import Transaction

_SLUG: Final = re.compile(r"[a-z0-9-]{1,100}", re.ASCII)


def routes(context: PagesContext) -> list[BaseRoute]:
    async def visit(request: Request) -> Response:
        slug: str = request.path_params["slug"]
        if not _SLUG.fullmatch(slug):
            return _unknown()
        if request.method == "HEAD" or _is_prefetch(request):
            return await _look(context, slug, prefetch=request.method != "HEAD")
        # Each session is rows, an address and an event: nobody needs many of them at once.
        who = visitor(request.client.host if request.client else None)
        if seconds := await context.visits.seconds_to_wait(slug, who):
            return _too_many(seconds)

        async def operation(tx: Transaction) -> CheckoutSession:
            return await visit_link(context.checkout, tx, slug)

        try:
            session = await context.database.write(operation)
        except NotFound:
            return _unknown()
        except Conflict as error:
            return _not_ready() if error.code == "live_mode_not_configured" else _closed()
        return see_other(f"/checkout/{session.id}")

    return [Route("/l/{slug}", visit, methods=["GET"], name="link")]


async def _look(context: PagesContext, slug: str, *, prefetch: bool) -> Response:
    """What a visit would find, without opening a session for somebody who has not come."""

    async def operation(tx: Transaction) -> PaymentLink:
        return await get_public_link(tx, slug)

    try:
        link = await context.database.read(operation)
    except NotFound:
        return _unknown()
    if not link.active:
        return _closed()
    if link.livemode and context.checkout.rails.live is None:
        return _not_ready()
    # A browser keeps what it prefetched only if it was answered with success; so the visit comes back here.
    return nothing(503 if prefetch else 200)


def _is_prefetch(request: Request) -> bool:
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    return "prefetch" in purpose.lower()


def _unknown() -> Response:
    return notice(
        404,
        "Payment link not found",
        "The address may be incomplete or mistyped. Please check it, or ask the merchant for a new link.",
    )


def _too_many(seconds: int) -> Response:
    answer = notice(
        429,
        "Too many visits",
        f"This payment link was opened too often from your connection. Please wait {spoken(seconds)}, then open it "
        "again. A checkout that is already open still works.",
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _closed() -> Response:
    return notice(
        410,
        "This payment link is closed",
        "The merchant has closed this link. Nothing was charged. Please ask the merchant for a new link.",
    )


def _not_ready() -> Response:
    return notice(
        503,
        "This shop cannot take payments yet",
        "The merchant has not finished setting up live payments on this server. Nothing was charged. "
        "Please try again later, or let the merchant know.",
    )
