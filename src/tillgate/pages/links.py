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
from tillgate.pages.reader import Reader, reader_of
from tillgate.pages.rendering import nothing, notice, see_other
from tillgate.store import Transaction

_SLUG: Final = re.compile(r"[a-z0-9-]{1,100}", re.ASCII)


def routes(context: PagesContext) -> list[BaseRoute]:
    async def visit(request: Request) -> Response:
        reader, slug = reader_of(request), request.path_params["slug"]
        if not _SLUG.fullmatch(slug):
            return _unknown(reader)
        if request.method == "HEAD" or _is_prefetch(request):
            return await _look(context, reader, slug, prefetch=request.method != "HEAD")
        # Each session is rows, an address and an event: nobody needs many of them at once.
        who = visitor(request.client.host if request.client else None)
        if seconds := await context.visits.seconds_to_wait(slug, who):
            return _too_many(reader, seconds)

        async def operation(tx: Transaction) -> CheckoutSession:
            return await visit_link(context.checkout, tx, slug)

        try:
            session = await context.database.write(operation)
        except NotFound:
            return _unknown(reader)
        except Conflict as error:
            return _not_ready(reader) if error.code == "live_mode_not_configured" else _closed(reader)
        return see_other(reader.to(f"/checkout/{session.id}"))

    return [Route("/l/{slug}", visit, methods=["GET"], name="link")]


async def _look(context: PagesContext, reader: Reader, slug: str, *, prefetch: bool) -> Response:
    """What a visit would find, without opening a session for somebody who has not come."""

    async def operation(tx: Transaction) -> PaymentLink:
        return await get_public_link(tx, slug)

    try:
        link = await context.database.read(operation)
    except NotFound:
        return _unknown(reader)
    if not link.active:
        return _closed(reader)
    if link.livemode and context.checkout.rails.live is None:
        return _not_ready(reader)
    # A browser keeps what it prefetched only if it was answered with success; so the visit comes back here.
    return nothing(503 if prefetch else 200)


def _is_prefetch(request: Request) -> bool:
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    return "prefetch" in purpose.lower()


def _unknown(reader: Reader) -> Response:
    words = reader.words
    return notice(
        reader,
        404,
        words.html("Payment link not found"),
        words.html("The address may be incomplete or mistyped. Please check it, or ask the merchant for a new link."),
    )


def _too_many(reader: Reader, seconds: int) -> Response:
    words = reader.words
    answer = notice(
        reader,
        429,
        words.html("Too many visits"),
        words.html(
            "This payment link was opened too often from your connection. Please wait {time}, then open it again. A "
            "checkout that is already open still works.",
            time=spoken(seconds, words),
        ),
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _closed(reader: Reader) -> Response:
    words = reader.words
    return notice(
        reader,
        410,
        words.html("This payment link is closed"),
        words.html("The merchant has closed this link. Nothing was charged. Please ask the merchant for a new link."),
    )


def _not_ready(reader: Reader) -> Response:
    words = reader.words
    return notice(
        reader,
        503,
        words.html("This shop cannot take payments yet"),
        words.html(
            "The merchant has not finished setting up live payments on this server. Nothing was charged. Please try "
            "again later, or let the merchant know."
        ),
    )
