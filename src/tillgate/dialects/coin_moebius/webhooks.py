"""The normalised event: one form for every provider, told when a transaction's status or amount has changed.

It covers every checkout session of the project, in whatever language that was opened. The document describes neither a
signature nor a schedule: they are the native ones.
"""

from typing import Any, Final

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.principal import Principal
from tillgate.checkout.payments.operations import get_payment
from tillgate.checkout.refunds.model import Refund
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.operations import get_public_session
from tillgate.checkout.settlement.receiving import matches
from tillgate.dialects.coin_moebius import spelling
from tillgate.dialects.coin_moebius.numbers import to_number
from tillgate.dialects.coin_moebius.statuses import Status, transaction_of
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.styles import Style
from tillgate.store import Transaction

NAME: Final = "coin-moebius"
# What an update of a session tells as a status of its own: money that is gone after all.
_LOST: Final = frozenset({Status.DISPUTED, Status.MANUAL_REVOKED})
# What has happened to a session by these is a status of its own; an update only where money was lost to its chain.
_MOVES: Final = frozenset(
    {
        types.SESSION_DETECTED,
        types.SESSION_UNDERPAID,
        types.SESSION_OVERPAID,
        types.SESSION_PAID,
        types.SESSION_PAID_LATE,
        types.SESSION_EXPIRED,
        types.SESSION_FAILED,
    }
)


class NormalisedEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A transaction as it is after a change.

    Attributes:
        id: the transaction's, the same in all of its events.
        amount: what came, what went back, or what was asked for, as the status says.
        metadata: the checkout's own; with ``invoicedAmount`` where less came, ``reason`` where money was lost, and
            ``amountMatch`` (false) where another amount came by mail than was asked for.
        created_at: the transaction's own instant.
    """

    id: str
    project_id: str
    provider: str
    status: Status
    amount: msgspec.Raw
    currency: str
    metadata: dict[str, Any]
    is_test: bool
    created_at: str


def event_of(session: CheckoutSession) -> NormalisedEvent:
    """A checkout session in the normalised form."""
    found = transaction_of(session)
    metadata: dict[str, Any] = msgspec.json.decode(session.metadata) if session.metadata is not None else {}
    if found.status is Status.PARTIAL:
        metadata["invoicedAmount"] = to_number(session.price)
    if found.reason is not None:
        metadata["reason"] = found.reason
    if not matches(session):
        metadata["amountMatch"] = False
    return NormalisedEvent(
        id=spelling.to_transaction(session.id),
        project_id=spelling.to_project(session.project_id),
        provider=spelling.provider_of(session),
        status=found.status,
        amount=to_number(found.amount),
        currency=found.amount.currency,
        metadata=metadata,
        is_test=not session.livemode,
        created_at=to_rfc3339(session.created_at),
    )


async def _form(tx: Transaction, fact: Fact) -> bytes | None:
    session = await _session(tx, fact)
    return msgspec.json.encode(event_of(session)) if session is not None else None


async def _session(tx: Transaction, fact: Fact) -> CheckoutSession | None:
    """The session whose status a fact has changed; None where it has changed none."""
    subject = fact.subject
    if isinstance(subject, Refund) and fact.type is types.REFUND_SUCCEEDED:
        owner = Principal(fact.project_id, fact.livemode, "job", "webhooks")
        payment = await get_payment(tx, owner, subject.payment_id)
        return await get_public_session(tx, payment.payment.session_id)
    if not isinstance(subject, CheckoutSession):
        return None
    lost = fact.type is types.SESSION_UPDATED and transaction_of(subject).status in _LOST
    return subject if lost or fact.type in _MOVES else None


# Its event has no type: what is subscribed to are the facts that it tells, by their own names.
_TOLD: Final = sorted(type.name for type in (*_MOVES, types.SESSION_UPDATED, types.REFUND_SUCCEEDED))
STYLE: Final = Style(
    NAME, NATIVE_STYLE.request, NATIVE_STYLE.gaps_ms, _form, words=tuple((name, name) for name in _TOLD)
)
