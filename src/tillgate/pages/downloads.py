"""What a buyer downloads of an order: its receipt, its invoice, and its credit notes. Whoever knows the address of the
checkout is its buyer, here as on the page itself."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.access import visitor
from tillgate.base.errors import NotFound, Unavailable
from tillgate.checkout.issued.model import DocumentKind
from tillgate.checkout.issued.operations import get_document
from tillgate.documents.errors import NotInstalled
from tillgate.documents.printing.jobs import printed
from tillgate.pages.amounts import spoken
from tillgate.pages.context import PagesContext
from tillgate.pages.reader import Reader
from tillgate.pages.rendering import HEADERS, notice
from tillgate.pages.sessions import buyer_of, reader_for, session_of, unknown

AGAIN_SECONDS: Final = 5


async def _download(context: PagesContext, request: Request, kind: DocumentKind) -> Response:
    session, place = await session_of(context, request), request.path_params.get("n")
    if session is None or context.documents is None or context.downloads is None:
        return unknown(request)
    reader, who = reader_for(request, session), visitor(request.client.host if request.client else None)
    # Each may take a file that is made first.
    seconds = await context.downloads.seconds_to_wait(who) or await context.downloads.seconds_to_wait(session.id)
    if seconds:
        return _later(reader, 429, seconds)
    try:
        found = await get_document(context.checkout, context.database, buyer_of(session), session.order_id, kind, place)
        content = await printed(context.documents, context.database, found.id, found.project_id)
    except NotFound:
        return unknown(request)
    except NotInstalled:
        title = reader.words.html("This cannot be downloaded now")
        return notice(reader, 503, title, reader.words.html("Please ask the merchant for it."))
    except Unavailable:
        return _later(reader, 503, AGAIN_SECONDS)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{found.filename}"'}
    return Response(content, 200, headers, "application/pdf")


def _later(reader: Reader, status: int, seconds: int) -> Response:
    time = spoken(seconds, reader.words)
    words = reader.words.html("Please wait {time}, then try again.", time=time)
    answer = notice(reader, status, reader.words.html("This cannot be downloaded now"), words)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def routes(context: PagesContext) -> list[BaseRoute]:
    """The files of an order."""
    return [
        Route(f"/checkout/{{id}}/{path}", partial(_download, context, kind=kind), methods=["GET"], name=name)
        for path, name, kind in (
            ("receipt", "checkout_receipt", DocumentKind.RECEIPT),
            ("invoice", "checkout_invoice", DocumentKind.INVOICE),
            ("credit_notes/{n:int}", "checkout_credit_note", DocumentKind.CREDIT_NOTE),
        )
    ]
