"""Events about the checkout's objects: the snapshot that the API would show, in the change's own transaction."""

from typing import Protocol

import msgspec

from tillgate.checkout.context import CheckoutContext
from tillgate.events.operations import emit
from tillgate.store import Transaction


class ApiObject(Protocol):
    """An object in the API's form."""

    @property
    def id(self) -> str: ...

    @property
    def livemode(self) -> bool: ...


async def emit_event(context: CheckoutContext, tx: Transaction, project_id: str, type: str, shown: ApiObject) -> None:
    """Record an event about an object, with the object as it is now."""
    await emit(
        tx,
        context.wake,
        project_id=project_id,
        livemode=shown.livemode,
        type=type,
        object_id=shown.id,
        data=msgspec.json.encode(shown),
        now=context.clock.now(),
    )
