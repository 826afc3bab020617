"""A real server process, as an operator would start it, and what tests ask of it."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tillgate.access import API_SCOPES
from tillgate.cli.commands import app

# Whose Python runs the product. `make release` names an environment that holds nothing but what it built.
PYTHON = os.environ.get("TILLGATE_TEST_PYTHON", sys.executable)
OWNER_EMAIL = "owner@example.com"
OWNER_PASSWORD = "correct horse battery"
EVERY_SCOPE = tuple(API_SCOPES)
START_SECONDS_MAX = 60
GREETING_ENDS = "Stop with Ctrl-C."
# Above what browsers refuse to talk to; Linux hands out 32,768 and above where nothing else is set.
PORT_MIN = 11_000
PORT_END = 32_768
# Not the seeded one: tests that run beside each other would be given the same ports.
_PORTS = random.SystemRandom()
# A command prints where this whole process prints.
_ONE_COMMAND_AT_A_TIME = threading.Lock()


def limited_files(count: int | None) -> list[str]:
    """What stands before a command so that it may have no more files open than that."""
    return [] if count is None else ["sh", "-c", f'ulimit -n {count} && exec "$0" "$@"']


class RunningServer:
    """``tillgate serve`` on a database of its own. ``database`` is the CLI's way to name it."""

    owner_email = OWNER_EMAIL
    owner_password = OWNER_PASSWORD
    # The module that serves.
    program = "tillgate.cli"

    def __init__(self, data: Path, database_url: str | None = None, *, dev: bool = True) -> None:
        self.data = data
        self.database = ["--data", str(data), *(["--database-url", database_url] if database_url else [])]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.dev = dev
        self.log = data.parent / f"{data.name}.log"
        self.first_project: str | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, open_files: int | None = None, **environment: str) -> "RunningServer":
        """Start and wait until it is ready and has greeted; keys are not limited unless the environment says so.

        Args:
            open_files: the process's limit on them, as ``ulimit -n`` sets it.
        """
        command = ["serve", *self.database, "--port", str(self.port), "--dev" if self.dev else "--no-dev"]
        greeted_before = self._greetings()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*limited_files(open_files), PYTHON, "-m", self.program, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment() | {"TILLGATE_KEY_RATE_PER_SECOND": "0"} | environment,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz", timeout=1, trust_env=False).raise_for_status()
                if self._greetings() > greeted_before:
                    return self
            except httpx.HTTPError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def _greetings(self) -> int:
        return self.log.read_text().count(GREETING_ENDS) if self.log.exists() else 0

    def kill(self) -> None:
        """``kill -9``: no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Stop as an operator would; answers with the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode

    def cli(self, *arguments: str, stdin: str | None = None, dev: bool = False, process: bool = False) -> str:
        """Run ``tillgate …`` on the same database; its standard output."""
        return run_cli(*arguments, *self.database, stdin=stdin, dev=dev, process=process)

    def project(self, name: str = "Test shop") -> str:
        """The id of a new project. The first one is where keys are made unless a test says otherwise."""
        project_id: str = json.loads(self.cli("projects", "create", "--name", name, "--json"))["id"]
        self.first_project = self.first_project or project_id
        return project_id

    def owner(self) -> None:
        """Make the owner account, and no project."""
        command = ("users", "create", "--email", OWNER_EMAIL, "--no-project", "--password-stdin")
        self.cli(*command, stdin=f"{OWNER_PASSWORD}\n")

    def issued(
        self,
        scopes: Sequence[str] = EVERY_SCOPE,
        mode: str = "test",
        project: str | None = None,
        name: str = "test",
    ) -> dict[str, str]:
        """A new key as ``keys create --json`` prints it: id, key, prefix, mode, scopes."""
        chosen = [part for scope in scopes for part in ("--scope", scope)]
        chosen_project = project or self.first_project
        where = ["--project", chosen_project] if chosen_project else []
        answer: dict[str, str] = json.loads(
            self.cli("keys", "create", "--name", name, "--mode", mode, *chosen, *where, "--json")
        )
        return answer

    def key(
        self,
        scopes: Sequence[str] = EVERY_SCOPE,
        mode: str = "test",
        project: str | None = None,
    ) -> str:
        """The text of a new key."""
        return self.issued(scopes, mode, project)["key"]

    def client(self, key: str | None = None) -> httpx.Client:
        """An HTTP client below ``/api/v1`` that presents the key. Close it, or use it in a with block."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=20, trust_env=False)


def free_port() -> int:
    """A port that nobody listens on just now, and that no connection is given before its server starts: one below those
    that the system hands out on its own."""
    while True:
        port = _PORTS.randrange(PORT_MIN, _port_end())
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _port_end() -> int:
    """The first port that the system hands out on its own."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    except OSError:
        first = PORT_END
    return first if first > PORT_MIN + 1_000 else PORT_END


def clean_environment() -> dict[str, str]:
    """Our environment without any of Tillgate's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TILLGATE_")}


def run_cli(
    *arguments: str,
    stdin: str | None = None,
    status: int = 0,
    dev: bool = False,
    process: bool = False,
    **environment: str,
) -> str:
    """Run ``tillgate …``; its standard output, or its error where it fails.

    It runs in this process, for most of what a command costs is the start of an interpreter that loads Tillgate, and a
    story begins with three of them.

    Args:
        process: start a process of its own, as an operator's shell does.
    """
    environment = clean_environment() | ({"TILLGATE_DEV": "1"} if dev else {}) | environment
    run = _run_process if process or arguments[0] == "serve" or sys.executable != PYTHON else _run_here
    code, out, error = run(arguments, stdin, environment)
    assert code == status, f"tillgate {' '.join(arguments)} ended with {code}: {error}"
    return out if status == 0 else error


def _run_process(arguments: Sequence[str], stdin: str | None, environment: dict[str, str]) -> tuple[int, str, str]:
    command = [PYTHON, "-m", "tillgate.cli", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stdout, done.stderr


def _run_here(arguments: Sequence[str], stdin: str | None, environment: dict[str, str]) -> tuple[int, str, str]:
    """In a thread of its own: whoever asks may be in an event loop already, and a command runs one."""
    changed = dict.fromkeys(os.environ.keys() - environment.keys()) | environment
    with _ONE_COMMAND_AT_A_TIME, ThreadPoolExecutor(1) as thread:
        done = thread.submit(CliRunner().invoke, app, list(arguments), input=stdin, env=changed).result()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on SQLite with an owner and one project, shared by a module's tests."""
    server = RunningServer(tmp_path_factory.mktemp("running") / "data").start()
    try:
        server.owner()
        server.project()
        yield server
    finally:
        server.stop()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server on SQLite with nothing in it, for one test."""
    server = RunningServer(tmp_path / "data").start()
    try:
        yield server
    finally:
        server.stop()
