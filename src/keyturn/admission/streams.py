"""Answers that go on after their key was judged: server-sent events, web sockets, long downloads.

A stream is registered with its process's gate, under the gate's lease. When the gate acts upon a change that touches
the stream's key or project, the stream is judged again, and ended if its key is refused now, or if that is unknown.
Only then does the gate acknowledge the change. A gate without a lease has no streams: where a lease cannot be renewed,
its end is theirs, too. So whoever restricts a key and has its receipt knows that no stream goes on with what was true
before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from keyturn.keys.model import KnownKey, Refused

JUDGING_SECONDS: Final = 0.4
"""For all streams that one change touches; it lies within the lease, for which whoever made the change waits."""
# Others are served in between.
_JUDGED_TOGETHER: Final = 100


class OpenStream:
    """One answer that goes on.

    Attributes:
        key: as it was judged last.
    """

    __slots__ = ("_end", "_judge", "ended", "key")

    def __init__(
        self,
        key: KnownKey,
        judge: Callable[[], Awaitable[KnownKey | Refused]],
        end: Callable[[Refused | None], None],
    ) -> None:
        """
        Args:
            judge: decides about the stream's request again, by what holds now.
            end: ends it, without waiting for anything: given why its key is refused; None where that is unknown.
        """
        self.key = key
        self.ended = False
        self._judge = judge
        self._end = end

    async def judge_again(self) -> Refused | None:
        """Why its key is refused now; None if it is still admitted."""
        decision = await self._judge()
        if isinstance(decision, Refused):
            return decision
        self.key = decision
        return None

    def end(self, refusal: Refused | None) -> None:
        """End it; once is enough."""
        if not self.ended:
            self.ended = True
            self._end(refusal)


class Streams:
    """The streams that are open in this process."""

    def __init__(self) -> None:
        self._open: dict[OpenStream, None] = {}
        self._touched: dict[OpenStream, None] = {}
        self.some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, stream: OpenStream) -> None:
        """From now on a change of its key is a reason to judge it again."""
        self._open[stream] = None
        self.some.set()

    def remove(self, stream: OpenStream) -> None:
        """It is over."""
        self._open.pop(stream, None)
        self._touched.pop(stream, None)
        if not self._open:
            self.some.clear()

    def touch(self, key_ids: set[str], projects: set[str]) -> None:
        """Note which of them these changes are about; :meth:`settle` is to follow before anything is acknowledged."""
        for stream in self._open:
            key = stream.key
            if key.id in key_ids or key.terms.project_id in projects:
                self._touched[stream] = None

    def touch_all(self) -> None:
        """Note that the changes may be about any of them."""
        self._touched |= self._open

    def touch_one(self, stream: OpenStream) -> None:
        """Note that this one is to be judged, if it is still open."""
        if stream in self._open:
            self._touched[stream] = None

    async def settle(self) -> int:
        """Judge those that were touched, and end what is refused by now, or what could not be judged in time; how many
        were ended."""
        if not self._touched:
            return 0
        touched, ended = list(self._touched), 0
        self._touched.clear()
        waiting = dict.fromkeys(touched)
        try:
            async with asyncio.timeout(JUDGING_SECONDS):
                for number, stream in enumerate(touched):
                    if number % _JUDGED_TOGETHER == _JUDGED_TOGETHER - 1:
                        await asyncio.sleep(0)
                    refusal = await stream.judge_again() if not stream.ended else None
                    del waiting[stream]
                    if refusal is not None:
                        ended += self._end(stream, refusal)
        except Exception:  # noqa: S110  whatever it is, nobody can say that they may go on
            pass
        finally:
            for stream in waiting:
                ended += self._end(stream, None)
        return ended

    def end_all(self) -> None:
        """End all of them: whether they may go on is unknown."""
        for stream in list(self._open):
            self._end(stream, None)

    def _end(self, stream: OpenStream, refusal: Refused | None) -> bool:
        was_open = not stream.ended and stream in self._open
        self.remove(stream)
        stream.end(refusal)
        return was_open
