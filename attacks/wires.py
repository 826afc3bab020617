"""Attacks on connections: requests that are none, smuggled ones, slow ones, very many, very large."""

import contextlib
import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from attacks.scene import HERE, Scene, statuses_of
from attacks.tally import Attack, Tally
from tillgate.api.mount import ROOT

_HIDDEN: Final = f"GET {ROOT}/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer KEY\r\n\r\n"
_POST: Final = f"POST {ROOT}/orders HTTP/1.1\r\nHost: localhost\r\n"


# How long a connection is silent before it is believed to have no more to say.
SILENT_SECONDS: Final = 3


def _answers(scene: Scene, requests: list[bytes]) -> list[bytes]:
    """What comes back for each, on a connection of its own that is left open: whatever follows would be answered."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda request: scene.wire(request, seconds=SILENT_SECONDS), requests))


def smuggled(scene: Scene, tally: Tally) -> None:
    """Two readings of where a body ends: what the second would hide is never answered as a request of its own with a
    body's bytes in it, and the connection is not used any further."""
    hidden = _HIDDEN.replace("KEY", scene.victim.test)
    chunk = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
    heads = [
        f"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(hidden) + 5}\r\n\r\n0\r\n\r\n{hidden}",
        f"Content-Length: 0\r\nContent-Length: {len(hidden)}\r\n\r\n{hidden}",
        f"Content-Length: 0, {len(hidden)}\r\n\r\n{hidden}",
        f"Content-Length: +{len(hidden)}\r\n\r\n{hidden}",
        f"Content-Length: -1\r\n\r\n{hidden}",
        f"Content-Length: 0x10\r\n\r\n{hidden}",
        f"Content-Length: 1 0\r\n\r\n{hidden}",
        f"Content-Length : {len(hidden)}\r\n\r\n{hidden}",
        f"Content-Length: 99999999999999999999\r\n\r\n{hidden}",
        f"Transfer-Encoding: gzip, chunked\r\n\r\n{chunk}",
        f"Transfer-Encoding: xchunked\r\n\r\n{chunk}",
        f"Transfer-Encoding : chunked\r\n\r\n{chunk}",
        f"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{chunk}",
        f"Transfer-Encoding: identity, chunked\r\n\r\n{chunk}",
        f"Transfer-Encoding: \x0bchunked\r\n\r\n{chunk}",
        f"X: a\r\n Transfer-Encoding: chunked\r\n\r\n{chunk}",
        f"X: a\nTransfer-Encoding: chunked\n\n0\n\n{hidden}",
        f"X: a\rTransfer-Encoding: chunked\r\n\r\n{chunk}",
        f"Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n{hidden}",
        f"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{hidden}",
        f"Transfer-Encoding: chunked\r\n\r\n-1\r\n{hidden}",
        f"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{hidden}",
        f"Transfer-Encoding: chunked\r\n\r\n1\r\naX{hidden}",
        f"Transfer-Encoding: chunked\r\n\r\n{'1;' + 'e' * 20_000}\r\na\r\n0\r\n\r\n",
    ]
    chosen = scene.some(heads)
    for head, answer in zip(
        chosen, _answers(scene, [(_POST + head).encode("latin-1") for head in chosen]), strict=True
    ):
        statuses = statuses_of(answer)
        tally.attempt(200 not in statuses, (head[:70], statuses))
        tally.attempt(
            len(statuses) <= 2 and not any(status >= 500 and status not in (501, 503) for status in statuses),
            (head[:70], statuses),
        )
    plain = scene.wire(hidden.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
    tally.control(statuses_of(plain) == [200], plain[:200])
    pair = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    tally.control(
        statuses_of(scene.wire(pair, seconds=SILENT_SECONDS)) == [200, 200], "what follows a request is answered"
    )


def odd_requests(scene: Scene, tally: Tally) -> None:
    """Request lines and fields that are none: a 4xx, 501 or 505 or a closed connection, and never another's answer."""
    lines = [
        b"", b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX\x00Y: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\r\n\r\n",
        b"G\xc3\x8bT /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"A" * 100_000, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static//etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /static/tokens.css%00.png HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: 200-ok\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, http2-settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    ]  # fmt: skip
    chosen = scene.some(lines)
    for line, answer in zip(chosen, _answers(scene, chosen), strict=True):
        statuses = statuses_of(answer)
        broken = any(status == 500 or (502 <= status != 505 and status != 503) for status in statuses)
        tally.attempt(
            not broken and b"root:" not in answer and b"Traceback" not in answer, (line[:60], statuses, answer[:80])
        )
        tally.attempt(b"tillgate_sessions" not in answer if b"/metrics" in line else True, (line[:60], "metrics"))
    tally.control(scene.healthy(), "the server answers afterwards")


def oversized(scene: Scene, tally: Tally) -> None:
    """Heads, fields, targets, bodies, cookies, queries and numbers of fields far beyond what is taken."""
    key = f"Authorization: Bearer {scene.intruder.test}\r\n"
    host = f"Host: localhost\r\nConnection: close\r\n{key}"
    size = 8_000_000
    json = f"POST {ROOT}/products HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
    form = f"Origin: {scene.url}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {size}\r\n"
    report = f"POST /credentials/revoke HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
    requests = [
        f"GET {ROOT}/orders HTTP/1.1\r\n{host}X: {'a' * size}\r\n\r\n",
        f"GET {ROOT}/orders HTTP/1.1\r\n{host}" + "X: a\r\n" * 200_000 + "\r\n",
        f"GET {ROOT}/orders?{'a=b&' * 1_000_000} HTTP/1.1\r\n{host}\r\n",
        f"GET {ROOT}/{'a/' * 500_000} HTTP/1.1\r\n{host}\r\n",
        f"GET {ROOT}/orders?{'&' * 7_000} HTTP/1.1\r\n{host}\r\n",
        f"GET {ROOT}/orders?after={'a' * 7_000} HTTP/1.1\r\n{host}\r\n",
        f"GET {ROOT}/orders/{'a' * 7_000} HTTP/1.1\r\n{host}\r\n",
        f"GET /dashboard HTTP/1.1\r\n{host}Cookie: {'a=b;' * 15_000}\r\n\r\n",
        f"{json}Content-Length: {size}\r\n\r\n{'a' * size}",
        f"{json}Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n",
        f"{json}Transfer-Encoding: chunked\r\n\r\n" + ("ffff\r\n" + "a" * 65_535 + "\r\n") * 100,
        f"POST /dashboard/sign-in HTTP/1.1\r\n{host}{form}\r\n{'a=b&' * (size // 4)}",
        f"{report}Content-Length: {size}\r\n\r\n{'a' * size}",
    ]  # fmt: skip
    for request in scene.some(requests):
        begun = time.monotonic()
        statuses = statuses_of(scene.wire(request.encode()))
        seconds = time.monotonic() - begun
        tally.attempt(
            all(400 <= status < 500 or status in (200, 303) for status in statuses) and seconds < 15,
            (request[:60], len(request), statuses, seconds),
        )
        if len(request) > 1_000_000 - 1:
            tally.attempt(not set(statuses) & {200, 201}, (request[:60], len(request), statuses))
    tally.control(scene.healthy(), "the server answers afterwards")


def slow_and_idle(scene: Scene, tally: Tally) -> None:
    """Heads and bodies that come a byte at a time, sockets that say nothing: a neighbour is answered at once."""
    address = "127.0.0.70"
    count = min(400, scene.times(400) + 20)
    starts = (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", b"", f"{_POST}Content-Length: 100\r\n\r\n".encode())

    def opened(start: bytes) -> socket.socket | None:
        try:
            connection = socket.create_connection((HERE, scene.port), 10, (address, 0))
            connection.sendall(start)
        except OSError:
            return None
        return connection

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(20) as pool:
        held = list(pool.map(opened, itertools.islice(itertools.cycle(starts), count)))
        for one in held:
            if one is not None:
                stack.enter_context(one)
        for number in range(5):
            for one in held:
                if one is not None:
                    with contextlib.suppress(OSError):
                        one.sendall(b"a")
            begun = time.monotonic()
            answered = scene.healthy()
            tally.attempt(answered and time.monotonic() - begun < 10, (number, answered, time.monotonic() - begun))
        tally.attempts += count
        tally.control(sum(one is not None for one in held) > count // 10, "connections were opened")


ATTACKS: Final = (
    Attack("smuggled requests", smuggled),
    Attack("requests that are none", odd_requests),
    Attack("oversized everything", oversized),
    Attack("slow and idle sockets", slow_and_idle),
)
