"""Which addresses webhooks may go to."""

import ipaddress
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.nameserver import name_server
from tests.running import free_port
from tillgate.events.deliveries.guard import LOOPBACK, AddressGuard, guarded_transport
from tillgate.events.deliveries.names import Names

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 — an address to refuse, not to bind
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "fec0::1",
    "5f00::1",
    "3fff::1",
    "2001:db8::1",
    "192.0.0.9",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.1",
    "0.1.2.3",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    """Private, loopback, link-local, metadata, CGNAT, multicast, reserved and wrapped forms of them."""
    assert not AddressGuard().allows(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_a_public_address_is_allowed(address: str) -> None:
    """The guard refuses neighbours, not the world."""
    assert AddressGuard().allows(ipaddress.ip_address(address))


def test_a_network_that_the_operator_named_is_allowed_and_no_other() -> None:
    """A merchant whose receiver is on the same network says so."""
    guard = AddressGuard([ipaddress.ip_network("10.1.0.0/16")])
    assert guard.allows(ipaddress.ip_address("10.1.2.3"))
    assert guard.allows(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not guard.allows(ipaddress.ip_address("10.2.0.1"))


@pytest.fixture
async def listening() -> AsyncIterator[int]:
    """A port of this machine that counts as reached when somebody connects to it."""
    import asyncio

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", free_port())
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_no_connection_is_made_to_a_neighbour(host: str, listening: int) -> None:
    """The connection itself is refused, by name or by address, whatever was checked before."""
    async with httpx.AsyncClient(transport=guarded_transport(AddressGuard())) as client:
        with pytest.raises(httpx.ConnectError, match="not at a public address"):
            await client.post(f"http://{host}:{listening}/")


@pytest.mark.anyio
async def test_a_name_that_changes_its_address_gains_nothing(listening: int) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to, so one look-up is made."""
    async with name_server() as server:
        server.changing["rebinding.test"] = ["127.0.0.1", "169.254.169.254"]
        for port, reached in ((listening, True), (80, False)):
            transport = guarded_transport(AddressGuard(LOOPBACK), Names([server.address]))
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                if reached:
                    assert (await client.post(f"http://rebinding.test:{port}/")).status_code == 204
                    assert server.asked["rebinding.test"] == 1
                else:
                    with pytest.raises(httpx.ConnectError, match="not at a public address"):
                        await client.post("http://rebinding.test/")
