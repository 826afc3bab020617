"""For tests of applications behind Keyturn: a key layer in memory, keys for the asking, a clock to move.

    keys = Keys(scopes=["invoices:read"])
    app = KeyturnMiddleware(my_app, keys=keys.layer)
    headers = await keys.headers("invoices:read")

Whoever writes a store finds its tests in :mod:`keyturn.testing.contract`, which needs pytest.
"""

from collections.abc import Iterable
from typing import Any

from keyturn.admission.layer import KeyLayer, SystemClock
from keyturn.keys.issuing import Issued, KeyWish
from keyturn.keys.model import Key, Kind, Mode
from keyturn.keys.revoking import revoke
from keyturn.limiting.gcra import Limit
from keyturn.stores.memory import MemoryKeyStore

__all__ = ["Keys", "MovableClock"]

PROJECT = "test"
ACTOR = "operator:test"


class MovableClock(SystemClock):
    """The machine's clock, put forward as a test likes."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now(self) -> int:
        """Unix milliseconds, UTC."""
        return super().now() + self.ahead_ms

    def forward(self, milliseconds: int) -> None:
        """Go that much further ahead."""
        self.ahead_ms += milliseconds


class Keys:
    """A whole key layer that ends with the test. It is the real one, but for where it keeps things.

    Attributes:
        layer: to be given to the middleware, or to the server.
        clock: by which keys expire and rotations end; limits go by the machine's.
    """

    def __init__(
        self,
        scopes: Iterable[str],
        *,
        publishable: Iterable[str] = (),
        mode: Mode | None = None,
        limit: Limit | None = None,
    ) -> None:
        """
        Args:
            scopes: those that the application offers.
            publishable: those of them that a publishable key may have.
            mode: the only one that is accepted; None for both.
            limit: what each key may do; None for no limit.
        """
        self.clock = MovableClock()
        self.layer = KeyLayer(
            MemoryKeyStore(), scopes=scopes, publishable=publishable, clock=self.clock, mode=mode, limit=limit
        )

    async def issued(self, *scopes: str, **wish: Any) -> Issued:
        """A new key and its secret.

        Args:
            wish: fields of :class:`keyturn.KeyWish`, such as ``expires_at`` or ``networks``.

        Raises:
            InvalidKey: what is wished for makes no key.
        """
        wished: dict[str, Any] = {"project_id": PROJECT, "mode": Mode.TEST, "name": "test", "kind": Kind.SECRET}
        return await self.layer.issuer.issue(KeyWish(**(wished | {"scopes": scopes} | wish)), by=ACTOR)

    async def headers(self, *scopes: str, **wish: Any) -> dict[str, str]:
        """What a request with a new key sends; as :meth:`issued`."""
        return {"Authorization": f"Bearer {(await self.issued(*scopes, **wish)).secret.reveal()}"}

    async def revoke(self, key: Key) -> None:
        """End a key; the next request with it is refused."""
        await revoke(self.layer.store, self.clock, project_id=key.project_id, key_id=key.id, by=ACTOR)
