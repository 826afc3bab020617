"""What was asked with each key: one line a request, for the owner's eyes, and enough to judge it again.

Collected in memory and written every few seconds. Its size is bounded three times over: a budget of successes a second,
a share of the failures for each key, and the buffer; what there was no room for is counted and shown. Nothing in it is
a secret: no key, no client secret, no query string, no body; an address is kept by its network, except for the one that
a key's own networks refused, for nothing less says which to allow.
"""

import ipaddress
from collections.abc import Callable
from itertools import islice
from typing import Final

import msgspec

from keyturn.admission.carriers import without_keys
from keyturn.insight.logged import FAILED, SHORT_MAX, Answered, Hour, LoggedRequest
from keyturn.insight.usage import AGENT_MAX, DAY_MS, HOUR_MS, PATH_MAX, clipped, to_the_end
from keyturn.keys.model import Mode, RefusalReason
from keyturn.keys.restrictions import coarse
from keyturn.stores.ports import RequestStore

# In the long run, and at once after a quiet time.
SUCCESSES_A_SECOND: Final = 10
SUCCESSES_AT_ONCE: Final = 300
# So that no project's traffic hides another's.
PROJECT_A_SECOND: Final = 5
PROJECT_AT_ONCE: Final = 150
PROJECTS_TRACKED_MAX: Final = 10_000
FAILURES_OF_KEY: Final = 40
BUFFERED_MAX: Final = 4_000
# Of those counted by hour that are not written down yet.
HOURS_MAX: Final = 10_000
ROWS_A_WRITE: Final = 500
_SERVER_ERRORS: Final = 500
ORIGIN_MAX: Final = 300


class RequestLog:
    """Collects lines, as many as there is room for."""

    def __init__(
        self,
        clean: Callable[[str], str] = without_keys,
        *,
        count_dropped: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Args:
            clean: takes out of a text what may be a key.
            count_dropped: told how many requests there was no room for, with each flush.
        """
        self._clean = clean
        self._lines: list[LoggedRequest] = []
        self._dropped: dict[str, int] = {}
        self._unwritten: dict[tuple[str, int], int] = {}
        # The second that the budgets were last looked at in, what is left of the process's, and what each project has
        # taken of its own by which second.
        self._second = 0
        self._left = SUCCESSES_AT_ONCE
        self._taken: dict[str, tuple[int, int]] = {}
        # The projects that have none left in that second.
        self._spent: set[str] = set()
        self._failures: dict[str, int] = {}
        # By project, mode and the hundreds of the status: all requests, whether there is room for a line or not.
        self._answered: dict[tuple[str, Mode, int], int] = {}
        self._hours: dict[Hour, Answered] = {}
        self._count_dropped = count_dropped

    def count(self, project_id: str, mode: Mode, status: int) -> None:
        """Count a request by the hour in which this is next written down, which is seconds from now."""
        what = (project_id, mode, status // 100)
        self._answered[what] = self._answered.get(what, 0) + 1

    def has_room(self, project_id: str, key_id: str, at_ns: int, failed: bool) -> bool:
        """Whether a request that was answered now is to be noted; counted as dropped if not. Asked before its line is
        made, for most of a busy server's requests are not.

        Args:
            at_ns: nanoseconds that only go forward, for the budget of each second.
            failed: it was refused, or went wrong.
        """
        if failed:
            share = self._failures.get(key_id, 0)
            if share < FAILURES_OF_KEY and len(self._lines) < BUFFERED_MAX:
                self._failures[key_id] = share + 1
                return True
        elif self._draw(project_id, at_ns // 1_000_000_000):
            return True
        self._dropped[project_id] = self._dropped.get(project_id, 0) + 1
        return False

    def _draw(self, project_id: str, second: int) -> bool:
        """Take one success off the budgets, if both have one left."""
        if second != self._second:
            self._left = min(self._left + (second - self._second) * SUCCESSES_A_SECOND, SUCCESSES_AT_ONCE)
            self._second = second
            self._spent.clear()
            if len(self._taken) >= PROJECTS_TRACKED_MAX:
                self._taken.clear()
        # Half of the buffer is for what failed.
        if self._left == 0 or project_id in self._spent or len(self._lines) >= BUFFERED_MAX // 2:
            return False
        taken, then = self._taken.get(project_id, (0, second))
        taken = max(taken - (second - then) * PROJECT_A_SECOND, 0)
        if taken >= PROJECT_AT_ONCE:
            self._spent.add(project_id)
            return False
        self._left -= 1
        self._taken[project_id] = taken + 1, second
        return True

    def note(self, request: LoggedRequest) -> None:
        """Remember a request, as it came: its network may still be a whole address."""
        self._lines.append(request)

    async def flush(self, store: RequestStore, now: int) -> None:
        """Write what was noted. If the store fails, the rest is kept for the next time, as far as there is room.

        It ends only with what it has begun, also when it is cancelled.
        """
        self._count_dropped(sum(self._dropped.values()))
        day = now // DAY_MS
        for project_id, requests in self._dropped.items():
            self._unwritten[project_id, day] = self._unwritten.get((project_id, day), 0) + requests
        lines, self._lines = self._lines, []
        dropped, self._unwritten = self._unwritten, {}
        self._dropped.clear()
        self._failures.clear()
        self._sum_up(now // HOUR_MS)
        if lines or dropped or self._hours:
            await to_the_end(self._write(store, lines, dropped))

    def _sum_up(self, hour: int) -> None:
        """Add what was counted to the sums of this hour. Those of a store that does not answer are bounded."""
        answered, self._answered = self._answered, {}
        for (project_id, mode, hundreds), requests in answered.items():
            at = Hour(project_id, mode, hour)
            if at not in self._hours and len(self._hours) >= HOURS_MAX:
                continue
            status = hundreds * 100
            client = requests if FAILED <= status < _SERVER_ERRORS else 0
            server = requests if status >= _SERVER_ERRORS else 0
            self._hours[at] = self._hours.get(at, Answered()).plus(Answered(requests, client, server))

    async def _write(
        self, store: RequestStore, lines: list[LoggedRequest], dropped: dict[tuple[str, int], int]
    ) -> None:
        at = 0
        try:
            while at < len(lines) or dropped:
                await store.add_requests([self._kept(one) for one in lines[at : at + ROWS_A_WRITE]], dropped)
                at, dropped = at + ROWS_A_WRITE, {}
            while some := dict(islice(self._hours.items(), ROWS_A_WRITE)):
                await store.add_hours(some)
                for hour in some:
                    del self._hours[hour]
        except BaseException:
            room = max(BUFFERED_MAX - len(self._lines), 0)
            self._lines[:0] = lines[at : at + room]
            for one in lines[at + room :]:
                self._dropped[one.project_id] = self._dropped.get(one.project_id, 0) + 1
            self._unwritten = dropped
            raise

    def _kept(self, one: LoggedRequest) -> LoggedRequest:
        """As much of it as may be kept."""
        whole = one.refusal == RefusalReason.ADDRESS_NOT_ALLOWED.value
        return msgspec.structs.replace(
            one,
            id=self._visible(one.id, SHORT_MAX) or "",
            method=self._visible(one.method, 16) or "",
            path=self._visible(one.path, PATH_MAX) or "",
            object_id=self._visible(one.object_id, SHORT_MAX),
            network=_exact(one.network) if whole else coarse(one.network),
            origin=self._visible(one.origin, ORIGIN_MAX),
            app=self._visible(one.app, SHORT_MAX),
            agent=self._visible(one.agent, AGENT_MAX),
        )

    def _visible(self, text: str | None, length_max: int) -> str | None:
        return clipped(text, length_max, self._clean)


def _exact(address: str | None) -> str | None:
    """A single address as a network; None for what is none."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(found))
