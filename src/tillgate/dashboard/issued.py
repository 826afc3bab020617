"""The documents of an order, from its session's page: receipt, invoice, credit notes."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import NotFound
from tillgate.checkout.issued.model import DocumentKind
from tillgate.checkout.issued.operations import get_document
from tillgate.checkout.sessions.operations import get_session
from tillgate.dashboard.calls import READ, Call, View
from tillgate.dashboard.orders import SESSION
from tillgate.documents.printing.jobs import printed
from tillgate.store import Transaction

# The order's own: its page lists no more.
PLACE_DIGITS_MAX: Final = 3


async def receipt(call: Call) -> Response:
    """The receipt of the order."""
    return await _document(call, DocumentKind.RECEIPT)


async def invoice(call: Call) -> Response:
    """Its invoice."""
    return await _document(call, DocumentKind.INVOICE)


async def credit_note(call: Call) -> Response:
    """One of its credit notes, by its place among them."""
    text = call.param("place")
    if not (text.isascii() and text.isdigit()) or len(text) > PLACE_DIGITS_MAX:
        raise NotFound("credit note")
    return await _document(call, DocumentKind.CREDIT_NOTE, int(text))


async def _document(call: Call, kind: DocumentKind, place: int | None = None) -> Response:
    """The file; who asks first waits until it is made."""
    context = call.context

    async def operation(tx: Transaction) -> str:
        return (await get_session(tx, call.principal, call.param("session"))).order_id

    order_id = await call.read(operation)
    found = await get_document(context.checkout, context.database, call.principal, order_id, kind, place)
    content = await printed(context.documents, context.database, found.id, found.project_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}"'}
    return Response(content, 200, headers, "application/pdf")


VIEWS: Final = (
    View("GET", f"{SESSION}/receipt", receipt, READ),
    View("GET", f"{SESSION}/invoice", invoice, READ),
    View("GET", f"{SESSION}/credit-notes/{{place}}", credit_note, READ),
)
