"""One tenant with very many keys, and everybody else: how long a verification takes while that tenant lists them, looks
for one that is not there, exports them, imports more, and revokes some.

One client asks over one connection, again and again, as a service does; it is beside the server on the same machine,
and so is whatever the tenant does.
"""

import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from bench import million
from bench.measuring import Stage, get, post, say
from bench.servers import ENVIRONMENT, Server
from bench.table import Row
from tests.running import free_port

SCOPE = "sessions:read"
PROJECT = "proj_large"
TARGET_MS = 20.0
PAGES = 200
IMPORTED = 10_000
SECONDS_MIN = 3.0


class Growth:
    """The part ``growth`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._path = stage.directory / "keyturn.db"
        self._environment = {
            "KEYTURN_DATABASE_URL": f"sqlite:///{self._path}",
            "KEYTURN_ROOT_KEY": secrets.token_urlsafe(32),
            "KEYTURN_SCOPES": SCOPE,
            "KEYTURN_RATE_PER_SECOND": "999999",
            "KEYTURN_BURST": "999999",
        }

    def run(self) -> list[Row]:
        root, count = self._environment["KEYTURN_ROOT_KEY"], self._stage.pace.tenant_keys
        say(f"{count:,} keys of one project …")
        # Migrated by a command that ends; nobody else uses it meanwhile.
        self._command("keys", "create", "--name", "first", "--mode", "test", "--scope", SCOPE, "--project", PROJECT)
        million.seed(self._path, count, project=PROJECT)
        port = free_port()
        server = self._stage.serve("keyturn.cli", "serve", "--port", port=port, environment=self._environment)
        made = json.loads(self._stage.once(server, post("/v1/keys", root, {"name": "bench", "scopes": [SCOPE]})))
        asked = post("/v1/keys/verify", root, {"key": made["key"], "scope": SCOPE}).encode()
        file = self._stage.directory / "keys.csv"
        listing = f"/v1/keys?projectId={PROJECT}&limit=100"

        def listed(more: str = "") -> Callable[[], None]:
            return lambda: self._pages(server, root, f"{listing}{more}")

        def imported() -> None:
            lines = (f"{secrets.token_hex(32)},key,test,{SCOPE}" for _ in range(IMPORTED))
            file.write_text("digest,name,mode,scopes\n" + "\n".join(lines) + "\n")
            self._command("keys", "import", str(file), "--project", PROJECT, "--form", "acme_{40}")

        def revoked() -> None:
            body = {"projectId": PROJECT, "matching": {"status": "active"}}
            self._stage.once(server, post("/v1/keys/revoke", root, body))

        doing: list[tuple[str, Callable[[], None]]] = [
            ("nothing", lambda: time.sleep(SECONDS_MIN)),
            (f"lists {PAGES} pages of 100", listed()),
            ("looks for a name that is not there", listed("&name=nobody")),
            (f"exports {count:,} keys", lambda: self._command("keys", "list", "--project", PROJECT, "--json")),
            (f"imports {IMPORTED:,} keys", imported),
            ("revokes 500 keys", revoked),
        ]
        alone = 0.0
        rows = []
        for what, work in doing:
            say(f"one tenant {what} …")
            p50, p99, most = _beside(server, asked, work)
            alone = alone or p99
            rows.append(
                Row(
                    f"a verification while one tenant {what}",
                    f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, at most {most:.0f} ms",
                    f"nothing: p99 {alone:.2f} ms",
                    f"{p99 / alone:.1f}×",
                    target=f"p99 ≤ {TARGET_MS:.0f} ms",
                    met=p99 <= TARGET_MS,
                )
            )
        return rows

    def _pages(self, server: Server, root: str, path: str) -> None:
        after = ""
        for _ in range(PAGES):
            page = json.loads(self._stage.once(server, get(f"{path}{after}", root)))
            if not page["hasMore"]:
                return
            after = f"&startingAfter={page['nextCursor']}"

    def _command(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "keyturn.cli", *words],
            env=ENVIRONMENT | self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"keyturn {words[0]} failed: {done.stderr[-500:]}")


def _beside(server: Server, request: bytes, work: Callable[[], None]) -> tuple[float, float, float]:
    """Milliseconds of a verification while this is done: the median, the slowest hundredth, and the slowest."""
    failed: list[Exception] = []

    def worked() -> None:
        try:
            work()
        except Exception as error:
            failed.append(error)

    took: list[float] = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        thread = threading.Thread(target=worked)
        thread.start()
        while thread.is_alive() or len(took) < 100:
            begun = time.perf_counter()
            line.sendall(request)
            _answer(line)
            took.append((time.perf_counter() - begun) * 1_000)
            # A service does not ask without a pause; and the tenant's client has to run, too.
            time.sleep(0.001)
        thread.join()
    if failed:
        raise RuntimeError(str(failed[0])) from failed[0]
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)], took[-1]


def _answer(line: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode("latin-1"))
    length = int(next(one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")).split(b":")[1])
    while len(body) < length:
        body += line.recv(65_536)
