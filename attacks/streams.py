"""Attacks on what is open: answers that go on, and web sockets, after their key has ended."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any, Final

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from attacks.keys import Keyturn
from attacks.scene import HERE, statuses_of
from attacks.tally import Tally
from keyturn.admission.leases import LEASE_MS
from tests.journeys.test_proxies import made
from tests.running import clean_environment, free_port

PATHS: Final = ("/events", "/quiet", "/download", "/socket")
# The lease, and what a machine that is busy with other attacks takes beside it.
ENDS_SECONDS: Final = LEASE_MS / 1_000 + 2
PATIENCE_SECONDS: Final = 60
ROUNDS: Final = 3


@contextlib.contextmanager
def _application(scene: Keyturn) -> Iterator[int]:
    """An application behind the middleware, on the same keys; its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.keyturn.streaming_app:app", "--port", str(port)]
    log = scene.folder / "streams.log"
    with log.open("wb") as out:
        database = f"sqlite:///{scene.folder / 'keys.db'}"
        environment = clean_environment() | {"KEYTURN_DATABASE_URL": database}
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://{HERE}:{port}/finished", timeout=5, trust_env=False).status_code == 200:
                    break
            time.sleep(0.05)
        else:
            raise AssertionError(log.read_text()[-2_000:])
        yield port
    finally:
        process.kill()
        process.wait()


class _Open:
    """Something that goes on."""

    def __init__(self, port: int, path: str, key: str) -> None:
        self._socket: Any = None
        self._line: socket.socket | None = None
        if path == "/socket":
            headers = {"authorization": f"Bearer {key}"}
            self._socket = connect(f"ws://{HERE}:{port}{path}", additional_headers=headers, proxy=None)
            self._socket.recv(PATIENCE_SECONDS)
            return
        self._line = socket.create_connection((HERE, port), PATIENCE_SECONDS)
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
        self._line.sendall(head.encode())
        read = b""
        while b"tick" not in read:
            part = self._line.recv(65_536)
            assert part, read
            read += part

    def ends(self) -> bool:
        """Whether it ends soon."""
        deadline = time.monotonic() + ENDS_SECONDS
        with contextlib.suppress(TimeoutError):
            if self._line is None:
                try:
                    self._socket.recv(ENDS_SECONDS)
                except ConnectionClosed:
                    return True
                return False
            with contextlib.suppress(ConnectionError):
                while (left := deadline - time.monotonic()) > 0:
                    self._line.settimeout(left)
                    if not self._line.recv(65_536):
                        return True
                return False
            return True
        return False

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        else:
            self._socket.close()


def open_streams(scene: Keyturn, tally: Tally) -> None:
    """Streams and sockets of a key that is revoked, disabled, or whose project is suspended: each ends with it."""

    def ended(verb: str, key: dict[str, str]) -> httpx.Response:
        path = f"/v1/projects/{key['projectId']}/suspend" if verb == "suspend" else f"/v1/keys/{key['id']}/{verb}"
        return scene.client.post(path)

    with _application(scene) as port:
        for verb in ("revoke", "disable", "suspend"):
            for number in range(ceil(ROUNDS * scene.part)):
                project = f"streams-{verb}-{number}"
                key, other = (made(scene.client, "*", projectId=one, mode="test") for one in (project, "bystander"))
                going = [_Open(port, path, key["key"]) for path in PATHS]
                beside = _Open(port, "/quiet", other["key"])
                answer = ended(verb, key | {"projectId": project})
                tally.control(answer.status_code == 200, (verb, answer.text[:200]))
                for path, one in zip(PATHS, going, strict=True):
                    tally.attempt(one.ends(), (verb, path, "goes on"))
                    one.close()
                for path in PATHS[:3]:
                    tally.attempt(not _lets_in(port, path, key["key"]), (verb, path, "is let in"))
                tally.control(_lets_in(port, "/quiet", other["key"]), (verb, "another key is refused"))
                beside.close()


def _lets_in(port: int, path: str, key: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HERE, port), PATIENCE_SECONDS) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        return 200 in statuses_of(line.recv(4_096))
    return False


ON_KEYTURN: Final[tuple[tuple[str, Callable[[Keyturn, Tally], None]], ...]] = (
    ("streams and sockets after a revocation", open_streams),
)
