"""What both stories of ``tillgate demo`` share: checked steps, and a server on a database that is thrown away."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from keyturn.cli.output import say

START_SECONDS_MAX: Final = 30


class DemoFailed(Exception):
    """A step was not as it says, or something that it needs is not installed."""


class Steps:
    """Numbers the steps of a story and prints their titles."""

    def __init__(self) -> None:
        self._steps = 0

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        say(f"\n{self._steps}. {title}")


def require(condition: bool, otherwise: str) -> None:
    """End the demo where a step is not as it says."""
    if not condition:
        raise DemoFailed(otherwise)


def until(there: Callable[[], Any], otherwise: str, seconds: float) -> Any:
    """What it answers as soon as that is something."""
    deadline = time.monotonic() + seconds
    while not (found := there()):
        require(time.monotonic() < deadline, f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """This shell's, without its settings: TILLGATE_DATABASE_URL would name a database that is not thrown away."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TILLGATE_")}


@contextlib.contextmanager
def served(directory: Path, is_up: Callable[[str, Path], Any], **settings: str) -> Iterator[tuple[str, Any]]:
    """A server process on the database in a directory: its address, and what ``is_up`` answered first.

    Args:
        is_up: something as soon as the server at an address, which writes into a log, can be used.

    Raises:
        DemoFailed: the server does not start.
    """
    port, log = free_port(), directory / "server.log"
    base = f"http://127.0.0.1:{port}"
    say(f"   $ tillgate serve --dev --port {port}")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 — our own interpreter and our own module
            [sys.executable, "-m", "tillgate.cli", "serve", "--data", str(directory), "--dev", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            env=environment() | settings,
            stdout=output,
            stderr=output,
        )

    def up() -> Any:
        require(process.poll() is None, f"the server ended at its start:\n{log.read_text('utf-8')[-2000:]}")
        return is_up(base, log)

    try:
        yield base, until(up, "the server does not start", START_SECONDS_MAX)
    finally:
        process.terminate()
        process.wait(20)
