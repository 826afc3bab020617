"""Host names of receivers, looked up so that a name server that does not answer delays nobody but its own merchant.

By c-ares (aiodns), and not by the system's ``getaddrinfo``: that one occupies a thread for as long as it likes, some
tens of seconds where nobody answers, and cannot be given up; a handful of dead names would hold every thread there is.
Here a look-up is two datagrams and a future. ``/etc/hosts`` and ``/etc/resolv.conf`` are read as usual; other sources
that ``nsswitch.conf`` may name (mDNS, LDAP) are not asked.
"""

import asyncio
import ipaddress
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import aiodns

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOKUP_SECONDS: Final = 3.0
# How long one name server is waited for before it is asked again, or the next one is.
ANSWER_SECONDS: Final = 1.0
TRIES: Final = 2
# Different names that one project looks up at once; each further one waits for its turn.
PROJECT_LOOKUPS_MAX: Final = 8
# And of names that nobody answered for the last time, beside those.
SUSPECT_LOOKUPS_MAX: Final = 2
# A name that nobody answered for is not asked for again so soon: sooner than the second attempt at a delivery.
SILENT_SECONDS: Final = 30.0
SILENT_MAX: Final = 10_000

# What means that a name server is silent or broken, and takes time; that a name does not exist is told at once.
_SILENCE: Final = (aiodns.error.ARES_ETIMEOUT, aiodns.error.ARES_ESERVFAIL, aiodns.error.ARES_ECONNREFUSED)
_NO_SUCH_NAME: Final = (aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA)


class NotResolved(Exception):
    """The name has no address, or none that could be found out. The text says which."""


class _Asked(NamedTuple):
    """Whose look-up it is, and what for. One project learns nothing by another's."""

    payer: str
    host: str


class Names:
    """Looks names up, for one event loop."""

    def __init__(
        self,
        name_servers: Sequence[str] | None = None,
        *,
        lookup_seconds: float = LOOKUP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            name_servers: ``address:port`` of those to ask; by default the system's.
            lookup_seconds: for how long an answer is waited for, all tries together.
        """
        self._name_servers = name_servers
        self._lookup_seconds = lookup_seconds
        self._monotonic = monotonic
        # Made at the first look-up: it belongs to the loop, and its thread to this process and not to its parent.
        self._resolver: aiodns.DNSResolver | None = None
        self._under_way: dict[_Asked, asyncio.Task[list[IPAddress]]] = {}
        # By account, and whether the name is suspect.
        self._turns: dict[tuple[str, bool], asyncio.Semaphore] = {}
        # Names that nobody answered for the last time, and until when that holds; after that, they are suspect.
        self._silent: OrderedDict[_Asked, float] = OrderedDict()

    async def addresses(self, host: str, payer: str) -> list[IPAddress]:
        """Every address of a host, in the order in which they are to be tried.

        Args:
            payer: on whose account it is looked up. Those of one account wait for one another at most.

        Raises:
            NotResolved: there is none, or its name servers do not answer.
        """
        try:
            return [ipaddress.ip_address(host.partition("%")[0])]
        except ValueError:
            pass
        asked = _Asked(payer, host.lower())
        until = self._silent.get(asked)
        if until is not None and self._monotonic() < until:
            raise NotResolved(_silence(host))
        looking = self._under_way.get(asked)
        if looking is None:
            looking = asyncio.create_task(self._in_turn(asked), name="look-up")
            self._under_way[asked] = looking
            looking.add_done_callback(lambda done: self._done(asked, done))
        # Whoever asked may go; others wait for the same answer.
        return await asyncio.shield(looking)

    async def close(self) -> None:
        """Give up what is under way."""
        for looking in list(self._under_way.values()):
            looking.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    async def _in_turn(self, asked: _Asked) -> list[IPAddress]:
        suspect = asked in self._silent
        turns = self._turns.setdefault(
            (asked.payer, suspect), asyncio.Semaphore(SUSPECT_LOOKUPS_MAX if suspect else PROJECT_LOOKUPS_MAX)
        )
        async with turns:
            return await self._look_up(asked)

    async def _look_up(self, asked: _Asked) -> list[IPAddress]:
        if self._resolver is None:
            self._resolver = aiodns.DNSResolver(self._name_servers, timeout=ANSWER_SECONDS, tries=TRIES)
        try:
            async with asyncio.timeout(self._lookup_seconds):
                found = await self._resolver.getaddrinfo(asked.host, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
        except TimeoutError:
            self._note_silence(asked)
            raise NotResolved(_silence(asked.host)) from None
        except aiodns.error.DNSError as error:
            number = error.args[0] if error.args else None
            if number in _SILENCE:
                self._note_silence(asked)
                raise NotResolved(_silence(asked.host)) from None
            self._silent.pop(asked, None)
            why = "there is no such name" if number in _NO_SUCH_NAME else str(error.args[-1] if error.args else error)
            raise NotResolved(f"the host name {asked.host} does not resolve: {why}") from None
        self._silent.pop(asked, None)
        addresses = [ipaddress.ip_address(_text(node.addr[0]).partition("%")[0]) for node in found.nodes]
        if not addresses:
            raise NotResolved(f"the host name {asked.host} does not resolve: it has no address")
        return list(dict.fromkeys(addresses))

    def _note_silence(self, asked: _Asked) -> None:
        self._silent[asked] = self._monotonic() + SILENT_SECONDS
        self._silent.move_to_end(asked)
        while len(self._silent) > SILENT_MAX:
            self._silent.popitem(last=False)

    def _done(self, asked: _Asked, done: "asyncio.Task[list[IPAddress]]") -> None:
        del self._under_way[asked]
        if not any(other.payer == asked.payer for other in self._under_way):
            self._turns.pop((asked.payer, False), None)
            self._turns.pop((asked.payer, True), None)
        if not done.cancelled():
            done.exception()  # whoever asked may have gone, and then nobody looks at it


def _silence(host: str) -> str:
    return f"the host name {host} does not resolve: its name servers do not answer"


def _text(address: str | bytes) -> str:
    return address.decode() if isinstance(address, bytes) else address
