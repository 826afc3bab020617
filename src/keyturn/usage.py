"""When each key was last used: buffered, so that bookkeeping never blocks the door."""

from typing import Final

from keyturn.ports import KeyStore, Use
from keyturn.restrictions import coarse

FLUSH_SECONDS: Final = 2.0
BUFFERED_MAX: Final = 100_000
AGENT_MAX: Final = 200
PATH_MAX: Final = 200


class LastUsed:
    """Collects uses in memory; :meth:`flush` writes them down. What a crash loses is a few seconds of it."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], Use] = {}

    def note(self, key_id: str, secret: int, use: Use) -> None:
        """Remember a use of one of the key's secrets."""
        if len(self._used) < BUFFERED_MAX or (key_id, secret) in self._used:
            self._used[key_id, secret] = use

    async def flush(self, store: KeyStore) -> None:
        """Write what was collected. If the store fails, it is kept for the next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            await store.touch(
                {
                    secret: Use(use.at, coarse(use.address), _cut(use.agent, AGENT_MAX), _cut(use.path, PATH_MAX))
                    for secret, use in used.items()
                }
            )
        except BaseException:
            self._used = used | self._used
            raise


def _cut(text: str | None, length_max: int) -> str | None:
    return text.replace("\0", "")[:length_max] if text is not None else None
