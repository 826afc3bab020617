"""A PostgreSQL that forces its commits to disk, as users have it; the tests' keeper, with other settings.

python -m bench.postgres INSTALLATION   prints where it is and stops with its standard input
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import postgres_keeper


class Postgres(NamedTuple):
    """A running server. ``host`` is the directory of its Unix socket, ``programs`` that of psql and pgbench."""

    host: str
    programs: Path

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.host}"

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run a statement by psql; answers with its rows."""
        command = [
            str(self.programs / "psql"),
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            self.url(database),
            "-c",
            statement,
        ]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout.strip()


@contextlib.contextmanager
def running_postgres(installation: Path, directory: Path) -> Iterator[Postgres]:
    """A server whose files are in ``directory``, gone when the block ends."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "bench.postgres", str(installation)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(directory)},
        start_new_session=True,  # Ctrl-C is for the bench; the keeper still has to clean up
    )
    assert keeper.stdin is not None and keeper.stdout is not None
    try:
        started = keeper.stdout.readline()
        if not started:
            raise RuntimeError("PostgreSQL did not start")
        ready = json.loads(started)
        yield Postgres(ready["host"], Path(ready["bin"]))
    finally:
        keeper.stdin.close()
        keeper.wait(60)
        keeper.stdout.close()


def main() -> None:
    postgres_keeper.SETTINGS.update(fsync="on", full_page_writes="on", shared_buffers="128MB")
    postgres_keeper.MEMORY = Path("/nowhere")
    postgres_keeper.main(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
