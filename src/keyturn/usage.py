"""When each key was last used: buffered, so that bookkeeping never blocks the door."""

from keyturn.ports import KeyStore

FLUSH_SECONDS = 2.0
BUFFERED_MAX = 100_000


class LastUsed:
    """Collects uses in memory; :meth:`flush` writes them down. What a crash loses is a few seconds of it."""

    def __init__(self) -> None:
        self._used_at: dict[str, int] = {}

    def note(self, key_id: str, at: int) -> None:
        """Remember a use at Unix milliseconds ``at``."""
        if len(self._used_at) < BUFFERED_MAX or key_id in self._used_at:
            self._used_at[key_id] = at

    async def flush(self, store: KeyStore) -> None:
        """Write what was collected. If the store fails, it is kept for the next time."""
        used_at, self._used_at = self._used_at, {}
        if not used_at:
            return
        try:
            await store.touch(used_at)
        except BaseException:
            self._used_at = used_at | self._used_at
            raise
