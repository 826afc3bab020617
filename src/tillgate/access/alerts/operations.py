"""Raising alerts in the transaction of their cause, and looking at them.

An alert is a row, an event of its project and mode, and a job that mails it. All three are written with the cause, and
the cause is unique: so an alert is never repeated, however often a process starts or a worker tries again.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from tillgate.access.alerts import records
from tillgate.access.alerts.model import EVENT_OF, KEPT_MS, SHOWN_MAX, Alert, AlertKind, to_api
from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.principal import Principal
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.operations import emit
from tillgate.events.outbox import FollowUp, Outbox
from tillgate.store import Transaction
from tillgate.store.jobs import enqueue

MAIL_JOB: Final = "alerts.mail"
DETAIL_MAX: Final = 300
DROP_BATCH_MAX: Final = 500


async def raise_alert(
    tx: Transaction,
    outbox: Outbox,
    kind: AlertKind,
    *,
    project_id: str | None,
    livemode: bool,
    cause: str,
    subject_id: str,
    detail: Mapping[str, str],
    now: int,
) -> bool:
    """Alert whoever runs a project, or the installation; False where they were alerted to this already.

    Args:
        project_id: None for the installation, which has no events.
        cause: names what has happened, once and for all projects.
    """
    alert = Alert(
        id=ids.new_id(ids.ALERT),
        project_id=project_id,
        livemode=livemode,
        kind=kind,
        subject_id=subject_id,
        detail={name: value[:DETAIL_MAX] for name, value in detail.items()},
        created_at=now,
    )
    if not await records.insert(tx, alert, cause):
        return False
    if project_id is not None:
        fact = Fact(
            type=EVENT_OF[kind],
            project_id=project_id,
            livemode=livemode,
            object_id=alert.id,
            at=now,
            native=msgspec.json.encode(to_api(alert)),
            subject=alert,
        )
        await emit(tx, outbox, fact)
    await enqueue(tx, outbox.wake.jobs, kind=MAIL_JOB, key=alert.id, project_id=project_id, payload={}, now=now)
    return True


async def open_alerts(tx: Transaction, principal: Principal) -> list[Alert]:
    """What there is to look at in the caller's project and mode, newest first."""
    return await records.open_of(tx, principal.project_id, principal.livemode, SHOWN_MAX)


async def dismiss(tx: Transaction, principal: Principal, alert_id: str, now: int) -> None:
    """Show an alert no more. Doing it again changes nothing.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = await records.by_id(tx, alert_id) if ids.is_id(ids.ALERT, alert_id) else None
    if found is None or (found.project_id, found.livemode) != (principal.project_id, principal.livemode):
        raise NotFound("alert", alert_id)
    await records.dismiss(tx, principal.project_id, principal.livemode, alert_id, now)


async def drop_old(tx: Transaction, now: int) -> int:
    """Drop a batch of alerts that are older than 90 days; how many."""
    return await records.drop_older(tx, now - KEPT_MS, DROP_BATCH_MAX)


class _Payment(msgspec.Struct, rename="camel"):
    """What an alert says of a payment, in the form that its event keeps."""

    id: str
    order_id: str
    session_id: str
    exceptions: list[str]


class _Transfer(msgspec.Struct, rename="camel"):
    """The same of an unassigned transfer."""

    network: str
    symbol: str
    amount: str
    suggested_order_id: str | None


class _Refund(msgspec.Struct, rename="camel"):
    """The same of a refund."""

    order_id: str
    amount: str
    currency: str


class _Endpoint(msgspec.Struct, rename="camel"):
    """The same of an endpoint."""

    url: str
    failing_since: str | None
    disabled_reason: str | None


class _Key(msgspec.Struct, rename="camel"):
    """The same of a key."""

    name: str
    prefix: str
    last_four: str
    expires_at: str | None
    exposed_how: str | None


async def _needs_review(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    payment = msgspec.json.decode(fact.native, type=_Payment)
    detail = {"payment": payment.id, "order": payment.order_id, "exceptions": ", ".join(payment.exceptions)}
    await _raise(tx, outbox, fact, AlertKind.NEEDS_REVIEW, fact.id, payment.session_id, detail)


async def _unassigned(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    transfer = msgspec.json.decode(fact.native, type=_Transfer)
    detail = {"amount": transfer.amount, "symbol": transfer.symbol, "chain": transfer.network}
    detail |= {"order": transfer.suggested_order_id} if transfer.suggested_order_id is not None else {}
    await _raise(tx, outbox, fact, AlertKind.UNASSIGNED_TRANSFER, fact.id, fact.object_id, detail)


async def _refund_reorganized(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    refund = msgspec.json.decode(fact.native, type=_Refund)
    detail = {"order": refund.order_id, "amount": refund.amount, "currency": refund.currency}
    await _raise(tx, outbox, fact, AlertKind.REFUND_REORGANIZED, fact.id, fact.object_id, detail)


async def _endpoint_failing(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    endpoint = msgspec.json.decode(fact.native, type=_Endpoint)
    since, reason = endpoint.failing_since or "", endpoint.disabled_reason or ""
    # An episode begins with its first failure. That it ends in being switched off is another thing to know.
    cause = f"endpoint_failing:{fact.object_id}:{since}:{reason}"
    detail = {"url": endpoint.url, "since": since, "reason": reason}
    await _raise(tx, outbox, fact, AlertKind.ENDPOINT_FAILING, cause, fact.object_id, detail)


def _of_key(kind: AlertKind) -> FollowUp:
    async def follow_up(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
        key = msgspec.json.decode(fact.native, type=_Key)
        detail = {"name": key.name, "prefix": key.prefix, "ending": key.last_four}
        detail |= {"expires": key.expires_at} if key.expires_at is not None else {}
        detail |= {"how": key.exposed_how} if key.exposed_how is not None else {}
        await _raise(tx, outbox, fact, kind, fact.id, fact.object_id, detail)

    return follow_up


async def _raise(
    tx: Transaction, outbox: Outbox, fact: Fact, kind: AlertKind, cause: str, subject_id: str, detail: dict[str, str]
) -> None:
    await raise_alert(
        tx,
        outbox,
        kind,
        project_id=fact.project_id,
        livemode=fact.livemode,
        cause=cause,
        subject_id=subject_id,
        detail=detail,
        now=fact.at,
    )


# What alerts are made of: each is raised in the transaction of such an event.
FOLLOW_UPS: Final[Mapping[str, FollowUp]] = {
    types.PAYMENT_REVIEW.name: _needs_review,
    types.UNASSIGNED_TRANSFER_CREATED.name: _unassigned,
    types.REFUND_REORGANIZED.name: _refund_reorganized,
    types.WEBHOOK_ENDPOINT_FAILING.name: _endpoint_failing,
    types.WEBHOOK_ENDPOINT_DISABLED.name: _endpoint_failing,
    types.API_KEY_EXPIRING.name: _of_key(AlertKind.KEY_EXPIRING),
    types.API_KEY_EXPOSED.name: _of_key(AlertKind.KEY_EXPOSED),
}
