"""Where an address comes from that is one payment's alone: the children of an extended public key, so far."""

from typing import Protocol

from tillgate.rails.evm.wallets.model import Allocated
from tillgate.store import Transaction


class AddressSource(Protocol):
    """A wallet's way to give addresses out. :func:`tillgate.rails.evm.wallets.operations.allocate` is one."""

    async def __call__(
        self, tx: Transaction, project_id: str, payment_id: str, *, fresh_since: int, now: int
    ) -> Allocated:
        """The next address of a project that was fresh since then; it is given back with the transaction.

        Raises:
            WalletError: the project has no confirmed wallet, or no address that is known to be fresh.
        """
        ...
