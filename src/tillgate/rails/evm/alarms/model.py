"""Alarms: when each is told, and when it is over."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from tillgate.base.clock import MINUTE_MS

# Of one network that is known to have been well in between, a second alarm is news.
OVER_AFTER_MS: Final = 10 * MINUTE_MS


class AlarmKind(StrEnum):
    """What is wrong."""

    BEHIND = "behind"
    DISAGREEMENT = "disagreement"
    REORGANIZED = "reorganized"
    TOKEN_CHANGED = "token_changed"  # noqa: S105 (of a chain, no secret)


# For how long it is seen before anybody is alerted: a node that restarts, or a server that catches up, is over soon.
LASTS_MS: Final[Mapping[AlarmKind, int]] = {
    AlarmKind.BEHIND: 5 * MINUTE_MS,
    AlarmKind.DISAGREEMENT: 0,
    AlarmKind.REORGANIZED: 0,
    AlarmKind.TOKEN_CHANGED: 0,
}


class Alarm(NamedTuple):
    """Something that is wrong with a network. Instants are Unix milliseconds.

    Attributes:
        subject: the token or the block that it is about; empty for the whole network.
        detail: what there is to say of it, as text by name.
        seen_at: when it was last so.
        told_after: the last project whose people were alerted, while that is under way.
        told_at: when all were alerted; None until then.
    """

    chain_id: int
    kind: AlarmKind
    subject: str
    detail: Mapping[str, str]
    began_at: int
    seen_at: int
    told_after: str = ""
    told_at: int | None = None

    @property
    def is_due(self) -> bool:
        """Whether people are to be alerted now: it has lasted for long enough, and they were not."""
        return self.told_at is None and self.seen_at - self.began_at >= LASTS_MS[self.kind]

    def is_over(self, now: int) -> bool:
        """Whether it has passed, so that what comes next is another one.

        What is to be told at once is over only after it was told, and a token whose contract has changed when that says
        again what was pinned.
        """
        if self.kind is AlarmKind.TOKEN_CHANGED or (self.told_at is None and not LASTS_MS[self.kind]):
            return False
        return abs(now - self.seen_at) >= OVER_AFTER_MS

    def is_gone(self, now: int) -> bool:
        """Whether a look at this instant did not see it, before it had lasted for long enough."""
        return self.told_at is None and LASTS_MS[self.kind] > 0 and self.seen_at != now
