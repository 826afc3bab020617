"""Events about the checkout's objects: the snapshot that the API would show, in the change's own transaction."""

from typing import Protocol

import msgspec

from tillgate.checkout.desk import CheckoutDesk
from tillgate.events.operations import emit
from tillgate.store import Transaction


class Shown(Protocol):
    """An object in the API's form."""

    @property
    def id(self) -> str: ...

    @property
    def livemode(self) -> bool: ...


async def tell(desk: CheckoutDesk, tx: Transaction, project_id: str, type: str, shown: Shown) -> None:
    """Write down that something happened to an object, and what it is now."""
    await emit(
        tx,
        desk.wake,
        project_id=project_id,
        livemode=shown.livemode,
        type=type,
        object_id=shown.id,
        data=msgspec.json.encode(shown),
        now=desk.clock.now(),
    )
