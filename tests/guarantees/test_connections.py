"""Both servers as operators start them, under clients that misbehave: no connection takes more than its share."""

import contextlib
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import trustme

from tests.keyturn.test_serving import ROOT, serving
from tests.running import RunningServer

PROXY = "127.0.0.9"
SETTINGS = {"HEAD_SECONDS": "1", "BODY_SECONDS": "1", "IDLE_SECONDS": "2", "TRUSTED_PROXIES": PROXY}
OPEN_FILES = 200
HERE = "127.0.0.1"
STRANGER = "127.0.0.2"


class Served(NamedTuple):
    """A running server."""

    port: int
    tls: ssl.SSLContext | None
    log: Callable[[], str]
    # A form or a body that somebody reads, up to the empty line of its head but for the length.
    post: bytes

    def connect(self, address: str = HERE) -> socket.socket:
        connection = socket.create_connection((HERE, self.port), timeout=20, source_address=(address, 0))
        return connection if self.tls is None else self.tls.wrap_socket(connection, server_hostname="localhost")

    def ask(self, request: bytes, address: str = HERE) -> int:
        """The status of the answer on a connection of its own."""
        with self.connect(address) as connection:
            connection.sendall(request)
            return status_of(connection)

    def counted(self, name: str) -> int:
        """A number of ``GET /metrics``."""
        with self.connect() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            told = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
        found = re.search(rf"^\w+{re.escape(name)} (\d+)", told, re.MULTILINE)
        assert found, told
        return int(float(found[1]))

    def until_counted(self, name: str, least: int, most: int = 1_000_000) -> None:
        """Wait until that number is so high, and no higher; it is noted once a second, and a server that is full may
        have no place for whoever asks."""
        deadline, found = time.monotonic() + 20, -1
        while not least <= found <= most:
            assert time.monotonic() < deadline, (name, found)
            with contextlib.suppress(OSError):
                found = self.counted(name)


def status_of(connection: socket.socket) -> int:
    """The next answer's status; 0 where the connection is closed instead."""
    head = b""
    while b"\r\n" not in head:
        part = connection.recv(1_024)
        if not part:
            return 0
        head += part
    return int(head.split(b" ", 2)[1])


GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module", params=["tillgate", "keyturn", "keyturn over tls"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With 200 open files, a second for a head, and one trusted proxy."""
    folder = tmp_path_factory.mktemp("served")
    if request.param == "tillgate":
        server = RunningServer(folder / "data")
        server.start(open_files=OPEN_FILES, **{f"TILLGATE_{name}": value for name, value in SETTINGS.items()})
        form = f"Origin: {server.url}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        post = f"POST /dashboard/sign-in HTTP/1.1\r\n{form}".encode()
        yield Served(server.port, None, server.log.read_text, post)
        assert server.stop() == 0
        return
    tls, file = None, None
    if request.param == "keyturn over tls":
        authority = trustme.CA()
        file = folder / "server.pem"
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(file))
        tls = ssl.create_default_context()
        authority.configure_trust(tls)
    settings = {f"KEYTURN_{name}": value for name, value in SETTINGS.items()} | {"KEYTURN_ROOT_KEY": ROOT}
    url = f"sqlite:///{folder / 'keys.db'}"
    post = f"POST /v1/keys/verify HTTP/1.1\r\nAuthorization: Bearer {ROOT}\r\n".encode()
    with serving(url, folder, OPEN_FILES, file, **settings) as (where, process):
        (log,) = folder.glob("*.log")
        yield Served(int(where.rpartition(":")[2]), tls, log.read_text, post)
        process.terminate()
        assert process.wait(20) == 0


def test_a_request_that_is_none_is_refused_at_once(served: Served) -> None:
    """Too large a head, no or two hosts, an unknown coding; and what is a request is answered."""
    large = b"X: " + b"v" * 70_000 + b"\r\n"
    for head, status in (
        (GET, 200),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + large + b"\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: v\r\n" * 100 + b"\r\n", 431),
        (b"GET /healthz?" + b"q" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (served.post + b"Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ):
        assert served.ask(head) == status, head[:60]


def test_who_is_slow_is_not_waited_for(served: Served) -> None:
    """Half a head, half a body, nothing at all, or nothing more: each ends within its seconds, all at the same time."""
    before = served.counted('_connections_ended_total{reason="slow"}')
    starts = (
        (GET[:30], 408),
        (served.post + b"Host: localhost\r\nContent-Length: 100\r\n\r\nname=", 408),
        (b"", 0),
    )
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(served.connect()) for _ in starts]
        for connection, (start, _) in zip(connections, starts, strict=True):
            connection.sendall(start)
        idle = stack.enter_context(served.connect())
        idle.sendall(GET)
        assert status_of(idle) == 200
        with ThreadPoolExecutor() as pool:
            assert list(pool.map(status_of, connections)) == [status for _, status in starts]
        while idle.recv(1_024):
            pass
    served.until_counted('_connections_ended_total{reason="slow"}', before + 2)


def test_one_client_with_idle_sockets_stops_nobody(served: Served) -> None:
    """Of 300 it holds a quarter of the places at most; everybody else is answered meanwhile."""
    before = served.counted('_connections_ended_total{reason="client"}')
    with ThreadPoolExecutor(20) as pool, contextlib.ExitStack() as stack:
        for opened in pool.map(lambda _: socket.create_connection((HERE, served.port), 20, (STRANGER, 0)), range(300)):
            stack.enter_context(opened)
        for _ in range(10):
            assert served.ask(GET) == 200
        served.until_counted("_connections", 1, OPEN_FILES // 4 + 10)
    served.until_counted('_connections_ended_total{reason="client"}', before + 200)
    assert served.log().count("CONNECTIONS_PER_CLIENT") == 1


def test_three_hundred_idle_sockets_below_the_descriptor_limit(served: Served) -> None:
    """From a proxy, which is not limited: what has no place is told 503, the log says once why, and soon there is room
    again, without any of the sockets having been closed by its client."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(300):
            opened = socket.create_connection((HERE, served.port), 20, (PROXY, 0))
            sockets.append(stack.enter_context(opened))
        deadline = time.monotonic() + 20
        while (status := _asked(served)) != 200:
            assert status in (0, 503) and time.monotonic() < deadline
        served.until_counted('_connections_ended_total{reason="full"}', 100)
    log = served.log()
    assert log.count("places are taken") == 1 and f"{OPEN_FILES} files open" in log
    assert "Traceback" not in log and "Too many open files" not in log


def _asked(served: Served) -> int:
    """The status; 0 where the server had not even a place to say that there is none."""
    try:
        return served.ask(GET)
    except OSError:
        return 0


def test_metrics_are_served_under_this_machines_own_names_only(served: Served) -> None:
    """A page that a browser on this machine shows, under a name that resolves to 127.0.0.1, learns nothing."""
    for host, found in ((b"localhost", True), (b"127.0.0.1:8080", True), (b"[::1]", True), (b"evil.example", False)):
        status = served.ask(b"GET /metrics HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        assert (status == 200) == found, (host, status)
    assert served.ask(b"GET /metrics HTTP/1.0\r\n\r\n") != 200


def test_a_part_of_a_body_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    """A client that goes away before it has said how a key is to be revoked has revoked nothing."""
    with (
        serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, KEYTURN_ROOT_KEY=ROOT) as (url, _),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as client,
    ):
        made = client.post("/v1/keys", json={"name": "a", "scopes": ["keys:verify"]}).json()
        with socket.create_connection((HERE, int(url.rpartition(":")[2]))) as connection:
            head = f"POST /v1/keys/{made['id']}/revoke HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ROOT}\r\n"
            connection.sendall(f"{head}Content-Length: 14\r\n\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1_024) == b""
        deadline = time.monotonic() + 10
        while 'responses_total{status="400"} 1' not in client.get("/metrics").text:
            assert time.monotonic() < deadline
        verdict = client.post("/v1/keys/verify", json={"key": made["key"]}).json()
        assert verdict["valid"], json.dumps(verdict)
