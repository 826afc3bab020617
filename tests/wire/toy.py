"""A language of another kind, in under a hundred lines: its own envelope, ids, paths, window and a binary answer."""

from typing import Any

import msgspec

from keyturn import Allowance, Need, Refused
from keyturn.http.pipeline import Answer
from keyturn.needs import ANY_KEY, OPEN
from tillgate.base.clock import HOUR_MS
from tillgate.base.errors import TillgateError
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Spelling, Telling
from tillgate.wire.routing import Call, Reads, Route, Writes

STATUSES = {"not_found": 404, "unknown_path": 404, "method_not_allowed": 405, "conflict": 409}
PDF = b"%PDF-1.7\n\x00\xff"


class NewCharge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be paid, in cents."""

    cents: int


class Charge(msgspec.Struct, frozen=True):
    """A session, as this language says it; it can be opened by its secret, which is told once."""

    charge: str
    state: str
    note: str | None = None


def told(status: int, why: str) -> Answer:
    """Its envelope: no object, no request id, and the status in the body."""
    return Answer(status, msgspec.json.encode({"ok": False, "status": status, "why": why}), b"application/toy+json")


def refused(refusal: Refused, _: str) -> Answer:
    return told(403 if refusal.need is not None else 401, refusal.reason.value)


def rate_limited(allowance: Allowance, _: str) -> Answer:
    return told(429, f"wait {allowance.retry_after_seconds:.0f} s")


def failed(error: TillgateError, _: str) -> Answer:
    return told(STATUSES.get(error.code, 400), error.code)


def spelled(id: str) -> str:
    return f"CH-{id[3:].upper()}"


def read(text: str) -> str | None:
    """``CH-01J…`` is a session, and what has no dash is a project."""
    if not text.startswith("CH-"):
        return text
    return f"cs_{text[3:].lower()}" if text[3:].isupper() else None


async def charge(context: ApiContext, tx: Transaction, call: Call) -> Charge:
    new = NewSession(amount=NewAmount(f"{call.body.cents // 100}.{call.body.cents % 100:02}", "USD"))
    session = await open_session(context.checkout, tx, call.principal, new)
    return Charge(spelled(session.id), session.status, "for your eyes only")


async def status(context: ApiContext, tx: Transaction, call: Call) -> Charge:
    assert call.params["projectId"] == call.principal.project_id
    session = await operations.get_session(tx, call.principal, call.params["txId"])
    return Charge(spelled(session.id), session.status)


async def hello(context: ApiContext, tx: Transaction, call: Call) -> dict[str, Any]:
    return {"ok": True, "who": call.principal.actor}


async def receipt(context: ApiContext, tx: Transaction, call: Call) -> Answer:
    return Answer(200, PDF, b"application/pdf")


TOY = Dialect(
    name="toy",
    mounts=("/toy/v2", "/toy/v3"),
    routes=(
        Route("POST", "/charges", (Need("sessions:write"), Need("sessions:read")), "", Writes(charge, lambda one: msgspec.structs.replace(one, note=None)), Charge, body=NewCharge),  # noqa: E501
        Route("GET", "/status/{projectId}/{txId}", Need("sessions:read"), "", Reads(status), Charge),
        Route("GET", "/hello", OPEN, "", Reads(hello), None),
        Route("POST", "/receipts/{txId}", ANY_KEY, "", Writes(receipt), None),
    ),
    telling=Telling(refused, rate_limited, failed),
    idempotency=IdempotencyPolicy("toy", b"x-once", window_ms=6 * HOUR_MS, replayed=lambda answer: msgspec.structs.replace(answer, status=208)),  # noqa: E501
    media_type=b"application/toy+json",
    spelling=Spelling(read, lambda text: text.startswith("CH-")),
    one_slash=True,
)  # fmt: skip
