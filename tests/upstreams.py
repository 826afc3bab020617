"""One API three times: on ASGI, on WSGI and on Express, each as lenient about paths as its kind is. It believes its
proxy, and answers with the name of the handler that a path led to: ``handler=admin``."""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import waitress  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.running import clean_environment

HOME = Path(__file__).parents[1]
EXPRESS = HOME / "tests/express"
ROUTES = {
    "/health": "health",
    "/admin": "admin",
    "/invoices": "invoices",
    "/invoices/export": "export",
    "/invoices/{id}": "invoice",
    "/files/{rest:path}": "files",
    "/{page}": "page",
}


@contextlib.contextmanager
def running_asgi() -> Iterator[int]:
    """The port of the API on Starlette and uvicorn."""

    def handler(name: str) -> Callable[[Request], Any]:
        async def answer(_: Request) -> PlainTextResponse:
            return PlainTextResponse(f"handler={name}")

        return answer

    app = Starlette(routes=[Route(path, handler(name)) for path, name in ROUTES.items()])
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _lenient(environ: Mapping[str, Any], respond: Callable[..., Any]) -> list[bytes]:
    """Whatever some server forgives: case, slashes, dots, spaces, parameters, and a second encoding is decoded."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").lower().replace("\\", "/")
    path = re.sub(r"%([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), path)
    path = re.split(r"[#?\0\n\r]", path)[0]
    segments: list[str] = []
    for segment in path.split("/"):
        segment = segment.partition(";")[0].strip().rstrip("\t")
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(segment)
    name = "none"
    match segments:
        case ["health" | "admin" | "invoices" as one]:
            name = one
        case ["invoices", "export"]:
            name = "export"
        case ["invoices", _]:
            name = "invoice"
        case ["files", _, *_]:
            name = "files"
        case [_]:
            name = "page"
        case _:
            pass
    respond("200 OK" if name != "none" else "404 Not Found", [("Content-Type", "text/plain")])
    return [f"handler={name}".encode()]


@contextlib.contextmanager
def running_wsgi() -> Iterator[int]:
    """The port of the API on WSGI and waitress."""
    server = waitress.create_server(_lenient, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        server.close()
        thread.join()


def express_installed() -> str:
    """The program that runs what is in ``tests/express/node_modules``; a skip where there is none, or no Express."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        pytest.skip("the API on Express needs Node 20 or newer, and there is no node or no npm on PATH")
    with (EXPRESS / "package.json").open() as lock:  # workers of one run take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([HOME / "scripts/express.sh"], capture_output=True, text=True, timeout=300)
    if not (EXPRESS / "node_modules/.installed-from").exists():
        pytest.skip(f"npm could not install Express: {done.stderr[-2000:]}")
    return node


@contextlib.contextmanager
def running_express() -> Iterator[int]:
    """The port of the API on Express."""
    node = express_installed()
    environment = clean_environment() | {"PATH": os.environ["PATH"], "NODE_ENV": "production"}
    with subprocess.Popen(
        [node, "upstream.mjs"],
        cwd=EXPRESS,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


UPSTREAMS = {"asgi": running_asgi, "wsgi": running_wsgi, "express": running_express}
