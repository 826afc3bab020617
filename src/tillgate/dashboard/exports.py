"""Each list as a file, as it is filtered: comma-separated values for a spreadsheet, JSON Lines for a program.

A file is sent while it is read, a few rows at a time, out of one moment of the database: each row is in it once, as it
was when the file began, whatever is added and changed meanwhile. The moment is held for as long as reading takes, and
not for as long as whoever asked takes to receive it (:mod:`tillgate.dashboard.spooling`).
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tillgate.access.accounts import Right
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.base.invariants import present
from tillgate.base.money import Money
from tillgate.base.pages import Page, PageRequest
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.model import to_api as customer_to_api
from tillgate.checkout.orders.object import to_api as order_to_api
from tillgate.checkout.payments.object import to_api as payment_to_api
from tillgate.checkout.projects.model import time_zones
from tillgate.checkout.refunds.model import to_api as refund_to_api
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.object import to_api as session_to_api
from tillgate.dashboard import customers, sales
from tillgate.dashboard.calls import READ, Call, Unusable, View
from tillgate.dashboard.filters import Filters
from tillgate.dashboard.listing import Listing
from tillgate.dashboard.places import Place
from tillgate.dashboard.rendering import order_words, session_words
from tillgate.dashboard.sales import Sale
from tillgate.dashboard.selecting import selected
from tillgate.dashboard.session_lists import SESSIONS, TRANSACTIONS
from tillgate.dashboard.spooling import Spool
from tillgate.store import Transaction

# Few, so that nobody else waits for them.
ROWS_EACH: Final = 50
# How long a moment is held. Meanwhile PostgreSQL's vacuum and the log of SQLite wait.
MOMENT_SECONDS: Final = 120.0
CSV, JSON_LINES = "csv", "jsonl"
MEDIA_TYPES: Final = {CSV: "text/csv; charset=utf-8; header=present", JSON_LINES: "application/x-ndjson"}
# What a spreadsheet takes for the beginning of a formula, or passes over on its way to one.
# Wide forms count where wide letters are written.
FORMULA: Final = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))

Cells = Mapping[str, str | int | None]


class Chosen(NamedTuple):
    """How ticked rows are read: what the check boxes are named, and what reads those with these ids."""

    name: str
    read: Callable[[Transaction, Principal, list[str]], Coroutine[Any, Any, Page[Any]]]


class Export(NamedTuple):
    """How a list becomes a file.

    Attributes:
        listing: the list itself; ``page`` of it reads what a row is made of.
        cells: a row, by the names of its columns.
        to_api: the same as the API of a server with this public URL shows it.
        chosen: what reads the rows that were ticked, and the name of their check boxes.
    """

    listing: Listing
    cells: Callable[[Any, ZoneInfo], Cells]
    to_api: Callable[[Any, str], object]
    chosen: Chosen | None = None


def safe(cell: str | int | None) -> str:
    """A cell that a spreadsheet shows as the text it is: OWASP, "CSV Injection"."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _order(row: Sale, zone: ZoneInfo) -> Cells:
    order = row.order
    return {
        "order": order.id,
        **_bought(row),
        "currency": order.currency,
        "total": str(order.price),
        "received": str(order.received),
        "refunded": _money(order.payment.refunded_minor, order.currency),
        "status": order_words(order).badge,
        "exceptions": " ".join(order.exceptions),
        "fulfilment": order.fulfillment.value,
        "created": _at(order.created_at, zone),
    }


def _session(row: Sale, zone: ZoneInfo) -> Cells:
    session = present(row.session, "the session of a row")
    return {"session": row.id, **_order(row, zone), **_visit(session, zone)}


def _transaction(row: Sale, zone: ZoneInfo) -> Cells:
    session = present(row.session, "the session of a row")
    by_mail = session.payment.by_mail
    return {
        "transaction": row.id,
        **_order(row, zone),
        **_visit(session, zone),
        "provider": "mail" if by_mail else "crypto",
        "reference_code": session.payment.terms.address if by_mail else None,
        "client_reference": session.client_reference_id,
    }


def _visit(session: CheckoutSession, zone: ZoneInfo) -> Cells:
    """What a session says in place of its order."""
    return {
        "status": session_words(session).badge,
        "created": _at(session.created_at, zone),
        "expires": _at(session.expires_at, zone),
        "paid": _at(session.paid_at, zone) if session.paid_at is not None else None,
    }


def _payment(row: Sale, zone: ZoneInfo) -> Cells:
    order = row.order
    return {
        "payment": row.id,
        "order": order.id,
        **_bought(row),
        "currency": order.currency,
        "amount": str(order.price),
        "received": str(order.received),
        "refunded": _money(order.payment.refunded_minor, order.currency),
        "status": session_words(row.session).badge if row.session is not None else "",
        "exceptions": " ".join(order.exceptions),
        "created": _at(order.created_at, zone),
    }


def _refund(row: Sale, zone: ZoneInfo) -> Cells:
    refund = present(row.refund, "the refund of a row")
    return {
        "refund": refund.id,
        "order": refund.order_id,
        **_bought(row),
        "currency": refund.amount.currency,
        "amount": str(refund.amount),
        "status": refund.status.value,
        "reason": refund.reason.value,
        "destination": refund.destination,
        "created": _at(refund.created_at, zone),
    }


def _customer(row: Customer, zone: ZoneInfo) -> Cells:
    return {
        "customer": row.id,
        "name": row.name,
        "email": row.email,
        "email_stated": "yes" if row.email_stated else "no",
        "reference": row.reference,
        "created": _at(row.created_at, zone),
    }


def _bought(row: Sale) -> Cells:
    """What was bought, by whom, and what the merchant calls it."""
    who = row.customer
    return {
        "bought": ", ".join(f"{one.quantity} x {one.name}" for one in row.order.line_items),
        "reference": row.order.reference,
        "customer": who.id if who is not None else None,
        "customer_name": who.name if who is not None else None,
        "customer_email": who.email if who is not None else None,
    }


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))


def _at(milliseconds: int, zone: ZoneInfo) -> str:
    """ISO 8601 with its offset."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone).isoformat(timespec="seconds")


class _Placed(StreamingResponse):
    """A file with its place, which it gives back when it is sent, or nobody waits for it any more."""

    def __init__(self, place: Place, spool: Spool, content: AsyncIterator[bytes], **more: Any) -> None:
        super().__init__(content, **more)
        self._place, self._spool = place, spool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._spool.close()
            self._place.give_back()


_EXPORTS: Final = (
    Export(SESSIONS, _session, lambda row, url: session_to_api(row.session, url)),
    Export(sales.ORDERS, _order, lambda row, url: order_to_api(row.order, url), Chosen("order", sales.orders_chosen)),
    Export(sales.PAYMENTS, _payment, lambda row, _: payment_to_api(row.payment)),
    Export(sales.REFUNDS, _refund, lambda row, _: refund_to_api(row.refund)),
    Export(TRANSACTIONS, _transaction, lambda row, url: session_to_api(row.session, url)),
    Export(customers.CUSTOMERS._replace(page=customers.customers_page), _customer, lambda row, _: customer_to_api(row)),
)
EXPORTS: Final[Mapping[str, Export]] = {export.listing.root: export for export in _EXPORTS}


def _view(export: Export) -> View:
    async def answer(call: Call) -> Response:
        return await _file(call, export)

    return View("GET", f"{export.listing.root}/export", answer, READ)


class _Reading:
    """A list that becomes a file, out of one moment of the database."""

    def __init__(self, call: Call, export: Export, filters: Filters, *, kind: str, zone: ZoneInfo) -> None:
        self._call, self._export, self._filters, self._kind, self._zone = call, export, filters, kind, zone
        self._ticked = selected(call, export.chosen.name) if export.chosen is not None else []

    async def page(self, tx: Transaction, last: Any = None) -> Page[Any]:
        """The next rows behind the last one, in the list's order, or those that were ticked."""
        export, principal = self._export, self._call.principal
        if self._ticked and export.chosen is not None:
            return await export.chosen.read(tx, principal, self._ticked)
        # A file begins at the list's beginning, whichever page of it is looked at.
        after, keys = (last.id, self._filters.keys_of(last)) if last is not None else (None, ())
        page = PageRequest(ROWS_EACH, after, sort=self._filters.page.sort._replace(beyond=keys))
        return await export.listing.page(tx, principal, self._filters._replace(page=page))

    async def make(self, spool: Spool) -> None:
        """Write all of them."""
        async with self._call.context.database.snapshot(within_seconds=MOMENT_SECONDS) as tx:
            shown = await self.page(tx)
            spool.add(self._text(shown, first=True))
            while shown.has_more:
                # A read of SQLite waits for nothing: without this nobody else had a turn before the last row.
                await asyncio.sleep(0)
                shown = await self.page(tx, shown.data[-1])
                spool.add(self._text(shown, first=False))

    async def sent(self, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """What is written, for as long as whoever asked for it may read it."""
        yield first
        who, accounts = self._call.principal, self._call.context.accounts
        async for piece in rest:
            # Nor does sending to somebody who has gone, which nobody would notice.
            await asyncio.sleep(0)
            if not await accounts.may_still(self._call.cookie, who.project_id, Right.READ, livemode=who.livemode):
                # Broken off, so that nobody takes a part for the whole.
                raise Forbidden("Whoever asked for this file may not read it any more.")
            yield piece

    def _text(self, found: Page[Any], *, first: bool) -> bytes:
        if self._kind == JSON_LINES:
            url = self._call.context.public_url
            return b"".join(msgspec.json.encode(self._export.to_api(one, url)) + b"\n" for one in found.data)
        written = io.StringIO()
        for number, row in enumerate(found.data):
            cells = self._export.cells(row, self._zone)
            if first and number == 0:
                csv.writer(written).writerow(cells)
            csv.writer(written).writerow(safe(cell) for cell in cells.values())
        return written.getvalue().encode()


async def _file(call: Call, export: Export) -> Response:
    """The file; what cannot be is refused before it begins."""
    listing = export.listing
    filters = await listing.filters_of(call)
    kind = call.query("format") or CSV
    if filters.problems or kind not in MEDIA_TYPES:
        raise Unusable("Unknown filter.")
    name = call.query("zone") or filters.zone
    if name not in time_zones():
        raise InvalidInput("time_zone", Problem.NOT_A_TIME_ZONE)
    zone = ZoneInfo(name)

    reading = _Reading(call, export, filters, kind=kind, zone=zone)
    today = _at(call.context.clock.now(), zone)[:10]
    file = f"{listing.name}-{call.principal.mode}-{today}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    if call.request.method == "HEAD":
        await call.read(reading.page)
        return Response(headers=headers, media_type=MEDIA_TYPES[kind])
    place, spool = call.context.exports.take(call.principal.project_id), Spool()
    try:
        spool.begin(reading.make)
        rest = spool.pieces()
        # Refused before it begins.
        first = await anext(rest)
    except BaseException:
        await spool.close()
        place.give_back()
        raise
    return _Placed(place, spool, reading.sent(first, rest), headers=headers, media_type=MEDIA_TYPES[kind])


VIEWS: Final = tuple(_view(export) for export in _EXPORTS)
