"""A line of the request log, and which of them one wants to see: values, no I/O."""

import ipaddress
from typing import Final, NamedTuple

import msgspec

from keyturn.keys.model import Asked, Mode, Need, Needs, Reach

SHORT_MAX: Final = 100
FAILED: Final = 400
"""From this status on a request has failed."""


class Hour(NamedTuple):
    """Requests with a project's keys of one mode, in one hour (UTC, counted from 1970)."""

    project_id: str
    mode: Mode
    hour: int


class Answered(NamedTuple):
    """How many requests were answered, and how many of them with 4xx and 5xx."""

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0

    def plus(self, other: "Answered") -> "Answered":
        """Both together."""
        return Answered(*map(sum, zip(self, other, strict=True)))


class LoggedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request with a known key.

    Attributes:
        at: when it was answered, Unix milliseconds.
        secret: which of the key's secrets was presented.
        path: the route's template, such as ``/payment_links/{id}``.
        object_id: what stood for ``{id}``.
        duration_us: from its head to the answer, in microseconds.
        refusal: why the key layer refused it, ``rate_limited`` included; None if it was allowed.
        error: the code of what went wrong after that; None if nothing did.
        scope: what the call asked for, the endpoint's own need first, separated by spaces; None where any valid key
            would do, or there was no such endpoint.
        reach: how far a publishable key gets at the endpoint; what was asked for beside that is for secret keys.
        secure: whether it came over TLS; None where that was not kept.
        network: which it came from: an IPv4 /24 or an IPv6 /48; or the very address that the key's networks refused.
        opened: whether the client secret that came along was the object's; None if none came.
        reported: restrictions that would have refused it, were they not only reported.
    """

    id: str
    at: int
    project_id: str
    mode: Mode
    key_id: str
    secret: int
    method: str
    path: str
    status: int
    duration_us: int
    object_id: str | None = None
    refusal: str | None = None
    error: str | None = None
    scope: str | None = None
    reach: Reach | None = None
    network: str | None = None
    origin: str | None = None
    app: str | None = None
    opened: bool | None = None
    agent: str | None = None
    reported: tuple[str, ...] = ()
    secure: bool | None = None

    @property
    def need(self) -> Needs:
        """What the call asked for."""
        if self.scope is None:
            return None
        own, *others = self.scope.split(" ")
        first = Need(own, self.reach or Reach.NEVER)
        return (first, *map(Need, others)) if others else first

    @property
    def asked(self) -> Asked:
        """What it showed beside its key. Its address is the first one of its network."""
        address = str(ipaddress.ip_network(self.network).network_address) if self.network is not None else None
        return Asked(address=address, origin=self.origin, app=self.app, opened=self.opened)

    @property
    def cursor(self) -> "Cursor":
        """Where a page that begins after it begins."""
        return Cursor(self.at, self.id)


class Cursor(NamedTuple):
    """A place in the log, which is read newest first."""

    at: int
    id: str

    def __str__(self) -> str:
        return f"{self.at}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The place that a text stands for.

        Raises:
            ValueError: no page ever gave it.
        """
        at, _, id = text.partition(".")
        if not (at.isascii() and at.isdigit() and len(at) <= 15 and 0 < len(id) <= SHORT_MAX):
            raise ValueError("this is no cursor of the request log")
        return cls(int(at), id)


class RequestFilter(NamedTuple):
    """Which of a project's requests to list; all of them by default.

    Attributes:
        status: a whole status such as 403, or its class as one digit.
        refused: those only that the key layer refused.
        refusal: those only that it refused for this reason.
        path: the route's template.
        since: Unix milliseconds.
    """

    key_id: str | None = None
    mode: Mode | None = None
    status: int | None = None
    refused: bool = False
    refusal: str | None = None
    path: str | None = None
    request_id: str | None = None
    since: int = 0

    @property
    def statuses(self) -> tuple[int, int]:
        """The lowest and the highest status that fits."""
        if self.status is None:
            return 0, 999
        return (self.status * 100, self.status * 100 + 99) if self.status < 10 else (self.status, self.status)

    @property
    def leaves_out(self) -> bool:
        """Whether some of a key's, or a project's, requests may not be wanted."""
        return self != RequestFilter(key_id=self.key_id, request_id=self.request_id, since=self.since)

    @property
    def has_failed(self) -> bool:
        """Whether all that is wanted has a status from 400 on; what the key layer refused has."""
        return self.refused or self.refusal is not None or self.statuses[0] >= FAILED

    def fits(self, one: LoggedRequest) -> bool:
        """Whether a request is among those wanted."""
        low, high = self.statuses
        return (
            self.key_id in (None, one.key_id)
            and self.mode in (None, one.mode)
            and low <= one.status <= high
            and (one.refusal is not None or not self.refused)
            and self.refusal in (None, one.refusal)
            and self.path in (None, one.path)
            and self.request_id in (None, one.id)
            and one.at >= self.since
        )


class RequestPage(NamedTuple):
    """A part of the log.

    Attributes:
        requests: newest first.
        next: where to go on looking; None at the end. With a filter a page may hold fewer than were asked for although
            there are more further on, for no page looks at more than a few thousand.
    """

    requests: list[LoggedRequest]
    next: Cursor | None
