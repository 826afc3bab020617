"""The connections that a process holds: who has how many, which are overdue, and what is said when there are too many.

Nothing here is done for each request but reading :attr:`OpenConnections.tick`: a connection notes at which tick it is
overdue, and a sweep, once a second, looks at all of them.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

from keyturn.connections.limits import CLIENT_SHARE, ConnectionLimits

NEVER: Final = 1 << 62
# Refused connections that are told so at once; one more is closed without a word.
TOLD_MAX: Final = 32
REPORT_TICKS: Final = 60
# A connection that has waited for less than this for its next request keeps its place.
WAITED_TICKS_MIN: Final = 2
# From where on, in sixteenths of all places, those that wait are closed until a quarter is free.
CROWDED: Final = 15


class Overcrowded(StrEnum):
    """Why a connection is refused."""

    FULL = "full"
    CLIENT = "client"


class Member(Protocol):
    """A connection as the sweep sees it."""

    due: int

    def expire(self) -> None:
        """It is overdue: end what it does, or say until when it has time."""
        ...

    def waiting_since(self) -> int | None:
        """The tick since when it has waited for a request, or None where it may not be closed to make room."""
        ...

    def close(self) -> None:
        """End it: it waits for a request that may never come."""
        ...


class OpenConnections:
    """Those of one process.

    Attributes:
        tick: how many sweeps there were, one a second.
        members: those that the sweep looks at.
        open: how many have a place.
        refused: how many were refused, by the reason.
        dropped: how many were closed while they waited, to make room.
        slow: how many were ended because a head or a body came in, or an answer was taken, too slowly.
        on_sweep: called after each sweep, for whoever counts together what several processes do.
    """

    def __init__(
        self,
        limits: ConnectionLimits,
        *,
        is_trusted: Callable[[str], bool],
        report: Callable[[str], None],
        prefix: str = "KEYTURN_",
        descriptors: int | None = None,
    ) -> None:
        """
        Args:
            limits: with an ``open_max`` that is not 0.
            is_trusted: whether an address is a trusted proxy's, whose connections are many clients'.
            report: told, at most once a minute and reason, how many connections were refused, why, and what to do.
            prefix: of the names of the settings, for that report.
            descriptors: how many the process may have open, for that report.
        """
        self.limits = limits
        self.open_max = limits.open_max
        share = max(self.open_max // CLIENT_SHARE, 1)
        self.per_client_max = min(limits.per_client_max or share, share)
        self.tick = 0
        self.members: set[Member] = set()
        self.open = 0
        self.refused: Counter[Overcrowded] = Counter()
        self.dropped = 0
        self.slow = 0
        self.on_sweep: Callable[[], None] | None = None
        self._is_trusted = is_trusted
        self._report = report
        self._prefix = prefix
        self._descriptors = descriptors
        self._by_client: dict[str, int] = {}
        self._reported = 0
        self._unreported: dict[Overcrowded, tuple[int, str]] = {}
        self._reported_at: dict[Overcrowded, int] = {}

    # Who has a place.

    def admit(self, address: str | None) -> Overcrowded | None:
        """Give a connection a place, which :meth:`leave` gives back; or say why it gets none."""
        counted = address is not None and not self._is_trusted(address)
        if self.open >= self.open_max:
            return self._refuse(Overcrowded.FULL, address)
        if counted and address is not None:
            client = client_of(address)
            held = self._by_client.get(client, 0)
            if held >= self.per_client_max:
                return self._refuse(Overcrowded.CLIENT, address)
            self._by_client[client] = held + 1
        self.open += 1
        return None

    def leave(self, address: str | None) -> None:
        """A connection that was admitted is gone."""
        self.open -= 1
        if address is not None and not self._is_trusted(address):
            client = client_of(address)
            held = self._by_client.get(client, 0) - 1
            if held > 0:
                self._by_client[client] = held
            else:
                self._by_client.pop(client, None)

    def is_proxy(self, address: str | None) -> bool:
        """Whether an address is a trusted proxy's."""
        return address is not None and self._is_trusted(address)

    def ended(self) -> dict[str, int]:
        """How many were refused or ended before their time, by the reason: ``full``, ``client``, ``slow``, ``idle``."""
        return {
            "full": self.refused[Overcrowded.FULL],
            "client": self.refused[Overcrowded.CLIENT],
            "slow": self.slow,
            "idle": self.dropped,
        }

    # Who is refused.

    def begin_refusing(self) -> bool:
        """Whether a refused connection may be told so; :meth:`end_refusing` says that it is gone."""
        if self._reported >= min(TOLD_MAX, max(self.open_max // 4, 1)):
            return False
        self._reported += 1
        return True

    def end_refusing(self) -> None:
        self._reported -= 1

    def _refuse(self, why: Overcrowded, address: str | None) -> Overcrowded:
        self.refused[why] += 1
        count, _ = self._unreported.get(why, (0, ""))
        self._unreported[why] = (count + 1, address or "an unknown address")
        self._report_due(why)
        return why

    def _report_due(self, why: Overcrowded) -> None:
        last = self._reported_at.get(why)
        if why not in self._unreported or (last is not None and self.tick - last < REPORT_TICKS):
            return
        count, address = self._unreported.pop(why)
        self._reported_at[why] = self.tick
        refused = f"{count} connection{'s' if count > 1 else ''} refused with 503, the last from {address}"
        if why is Overcrowded.FULL:
            files = f"; the process may have {self._descriptors} files open" if self._descriptors else ""
            reason = (
                f"all {self.open_max} places are taken{files}. Raise the limit on open files (ulimit -n, LimitNOFILE=) "
                f"or {self._prefix}CONNECTIONS, or run more processes"
            )
        else:
            reason = (
                f"that client holds {self.per_client_max} connections already. If it is a proxy of yours, name it in "
                f"{self._prefix}TRUSTED_PROXIES; {self._prefix}CONNECTIONS_PER_CLIENT is the limit"
            )
        self._report(f"{refused}: {reason}.")

    # Who is overdue.

    def sweep(self) -> None:
        """Once a second: end what is overdue, make room where it is crowded, report what was refused."""
        self.tick += 1
        tick = self.tick
        for member in [one for one in self.members if one.due <= tick]:
            member.expire()
        if self.open * 16 >= self.open_max * CROWDED:
            self._make_room()
        for why in list(self._unreported):
            self._report_due(why)
        if self.on_sweep is not None:
            self.on_sweep()

    def _make_room(self) -> None:
        """Close those that have waited longest for a request, until a quarter of the places is free."""
        waiting = [
            (since, id(one), one)
            for one in self.members
            if (since := one.waiting_since()) is not None and self.tick - since >= WAITED_TICKS_MIN
        ]
        waiting.sort()
        excess = self.open - self.open_max * 3 // 4
        for _, _, one in waiting[: max(excess, 0)]:
            one.close()
            self.dropped += 1


def client_of(address: str) -> str:
    """Whom an address stands for: of IPv6 the /64, in which one customer has more addresses than anybody can count."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> 64 << 64))
