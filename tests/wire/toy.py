"""A language of another kind, in under a hundred lines: envelope, ids, paths, pages, webhooks, window, bytes."""

import hashlib
import hmac
from typing import Any

import msgspec

from keyturn import Need
from keyturn.http.pipeline import Answer
from keyturn.needs import ANY_KEY, OPEN
from tillgate.base.clock import HOUR_MS, MINUTE_MS
from tillgate.base.pages import Page, PageRequest
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.events.endpoints.operations import NewEndpoint, create_endpoint
from tillgate.events.facts import Fact
from tillgate.events.styles import Outgoing, Style, WebhookRequest
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import Dialect, ErrorStyle, IdempotencyPolicy, Spelling
from tillgate.wire.paging import Paging
from tillgate.wire.routing import Call, Reads, Route, Run, Writes
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path

PDF, JSON = b"%PDF-1.7\n\x00\xff", b"application/toy+json"
WORDS = Words(lambda path: "cents" if path == ("amount", "value") else at_path(str.upper)(path), SENTENCES, WHOLE)
NewCharge, NewHook = msgspec.defstruct("NewCharge", [("cents", int)]), msgspec.defstruct("NewHook", [("to", str)])
Pages = msgspec.defstruct("Pages", [("count", int, 2), ("below", str | None, None)], forbid_unknown_fields=True)
Charge: Any = msgspec.defstruct("Charge", [("charge", str), ("state", str), ("note", str | None, None)])


def told(status: int, why: str) -> Answer:
    return Answer(status, msgspec.json.encode({"ok": False, "status": status, "why": why}), JSON)


def read(text: str) -> str | None:
    charge = f"cs_{text[3:].lower()}" if text[3:].isupper() else None
    return charge if text.startswith("CH-") else text  # of a project


def shown(session: CheckoutSession, note: str | None = None) -> Any:
    return Charge(f"CH-{session.id[3:].upper()}", session.status, note)


async def charge(context: ApiContext, tx: Transaction, call: Call) -> Any:
    new = NewSession(amount=NewAmount(f"{call.body.cents // 100}.{call.body.cents % 100:02}", "USD"))
    return shown(await open_session(context.checkout, tx, call.principal, new), "for your eyes only")


async def status(context: ApiContext, tx: Transaction, call: Call) -> Any:
    return shown(await operations.get_session(tx, call.principal, call.params["txId"]), call.params["projectId"])


async def charges(context: ApiContext, tx: Transaction, call: Call) -> Page[Any]:
    page = await operations.list_sessions(tx, call.principal, call.page)
    return Page([shown(one) for one in page.data], page.has_more)


async def hook(context: ApiContext, tx: Transaction, call: Call) -> dict[str, Any]:
    new = NewEndpoint(call.body.to, ["session.*"], dialect="toy")
    return {"secret": (await create_endpoint(context.endpoints, tx, call.principal, new)).secret.reveal()}


def gives(make: Any) -> Run:
    async def run(context: ApiContext, tx: Transaction, call: Call) -> Any:
        return make(call)

    return run


async def form(tx: Transaction, fact: Fact) -> bytes | None:
    return msgspec.json.encode(shown(fact.subject)) if isinstance(fact.subject, CheckoutSession) else None


def request(outgoing: Outgoing) -> WebhookRequest:
    body = b'{"attempt":%d,"of":%s}' % (outgoing.number, outgoing.form)
    signed = hmac.new(outgoing.secrets[0].reveal().encode(), body, hashlib.sha512).hexdigest()
    return WebhookRequest(body, {"user-agent": "Toy/1", "content-type": JSON.decode(), "x-toy": signed})


TOY = Dialect(
    "toy", ("/toy/v2", "/api/toy"), (
        Route("POST", "/charges", (Need("sessions:write"), Need("sessions:read")), "", Writes(charge, lambda one: msgspec.structs.replace(one, note=None)), Charge, body=NewCharge),  # noqa: E501
        Route("GET", "/charges", Need("sessions:read"), "", Reads(charges), None, query=Pages),
        Route("GET", "/status/{projectId}/{txId}", Need("sessions:read"), "", Reads(status), Charge),
        Route("GET", "/hello", OPEN, "", Reads(gives(lambda call: {"ok": True, "who": call.principal.actor})), None),
        Route("POST", "/receipts/{txId}", ANY_KEY, "", Writes(gives(lambda _: Answer(200, PDF, b"application/pdf"))), None),  # noqa: E501
        Route("POST", "/hooks", Need("webhooks:write"), "", Writes(hook), None, body=NewHook),
    ),
    errors=ErrorStyle(lambda refusal, _: told(403 if refusal.need is not None else 401, refusal.reason.value),
                    lambda allowance, *_: told(429, f"wait {allowance.retry_after_seconds:.0f} s"),
                    lambda error, _: told({"not_found": 404, "unknown_path": 404, "method_not_allowed": 405}.get(error.code, 400), WORDS.message(error) if error.field else error.code)),  # noqa: E501
    idempotency=IdempotencyPolicy("toy", b"x-once", window_ms=6 * HOUR_MS, replayed=lambda answer: msgspec.structs.replace(answer, status=208)),  # noqa: E501
    media_type=JSON, spelling=Spelling(read, lambda text: text.startswith("CH-")), one_slash=True,
    paging=Paging(Pages, lambda query: PageRequest(max(1, min(query.count, 9)), query.below and (read(query.below) or query.below)), lambda page: {"charges": page.data, "below": page.last.charge if page.has_more else None}),  # noqa: E501
    webhooks=Style("toy", request, gaps_ms=(MINUTE_MS,), form=form),
)  # fmt: skip
