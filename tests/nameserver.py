"""A real name server on this machine: it answers for some names, refuses some, and is silent about others."""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from typing import cast

_ADDRESS, _NO_SUCH_NAME, _FAILURE = 1, 3, 2


class NameServer(asyncio.DatagramProtocol):
    """Every name is at 127.0.0.1, but for ``*.dead.test`` (no answer ever), ``*.broken.test`` (SERVFAIL) and
    ``*.absent.test`` (NXDOMAIN).

    Attributes:
        asked: how often each name was asked for, as an IPv4 address.
        changing: names whose address is another one with each question, until the last.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.revived = False
        self.changing: dict[str, list[str]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # a loop's own need not be a subclass

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        # RFC 1035, 4.1: twelve bytes of header, then the question: labels, type and class.
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        question = data[12 : at + 5]
        kind = struct.unpack("!H", data[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        self.asked[name] += kind == _ADDRESS
        if name.endswith(".dead.test") and not self.revived:
            return
        code = _FAILURE if name.endswith(".broken.test") else _NO_SUCH_NAME if name.endswith(".absent.test") else 0
        found = kind == _ADDRESS and code == 0
        answer = b""
        if found:
            changing = self.changing.get(name, ["127.0.0.1"])
            address = changing.pop(0) if len(changing) > 1 else changing[0]
            # Nobody may keep it: its time to live is zero.
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
        head = data[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, int(found), 0, 0)
        assert self._transport is not None
        self._transport.sendto(head + question + answer, addr)


@contextlib.asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        transport.close()
