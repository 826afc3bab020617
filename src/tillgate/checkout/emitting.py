"""Facts about the checkout's objects: told in the change's own transaction, with the object as the API shows it."""

from typing import Protocol

import msgspec

from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.kept import keep
from tillgate.events.facts import Fact
from tillgate.events.operations import emit
from tillgate.events.types import EventType
from tillgate.store import Transaction


class Subject(Protocol):
    """An object as its room has it."""

    @property
    def project_id(self) -> str: ...

    @property
    def livemode(self) -> bool: ...


class ApiObject(Protocol):
    """The same in the API's form."""

    @property
    def id(self) -> str: ...


async def emit_fact(
    context: CheckoutContext,
    tx: Transaction,
    type: EventType,
    subject: Subject,
    native: ApiObject,
    *,
    before: ApiObject | None = None,
    now: int | None = None,
    kept: bytes | None = None,
) -> None:
    """Tell what has happened to an object, which is held by this transaction, and keep the form that is told.

    Args:
        subject, native: as it is now, inside and in the API's form.
        before: in that form before the change, of an object whose making was told by another object's event.
        kept: ``native`` as JSON, where it is kept beside its row already.
    """
    form = kept
    if form is None:
        form = msgspec.json.encode(native)
        await keep(tx, native.id, form, context.settings.public_url)
    fact = Fact(
        type=type,
        project_id=subject.project_id,
        livemode=subject.livemode,
        object_id=native.id,
        at=context.clock.now() if now is None else now,
        native=form,
        subject=subject,
        before=msgspec.json.encode(before) if before is not None else None,
    )
    await emit(tx, context.outbox, fact)
