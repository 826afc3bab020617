"""Server processes under measurement, each waited for until it answers."""

import contextlib
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bench.machine import cpu_seconds, resident_mb

# One under valgrind takes most of it.
START_SECONDS_MAX = 120
# Keys are counted as always, against a limit that nobody reaches.
UNREACHED = {"TILLGATE_KEY_RATE_PER_SECOND": "100000000", "TILLGATE_KEY_BURST": "100000000"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TILLGATE_")} | UNREACHED


class Server:
    """One server process on a port of its own, waited for until it answers."""

    def __init__(
        self, *command: str, port: int, ready: str, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = port
        self._log = log
        begun = time.perf_counter()
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=ENVIRONMENT | dict(environment or {})
            )
        self.pid = self._process.pid
        self._wait(f"http://127.0.0.1:{port}{ready}")
        self.start_seconds = time.perf_counter() - begun

    def cpu_seconds(self) -> float | None:
        """What it has used so far, its workers included."""
        return cpu_seconds(self.pid)

    def resident_mb(self) -> float | None:
        return resident_mb(self.pid)

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2000:]

    def close(self) -> None:
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
            return
        self._process.kill()
        self._process.wait()

    def _wait(self, url: str) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.perf_counter() + START_SECONDS_MAX
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, OSError), opener.open(url, timeout=5):
                return
            time.sleep(0.01)
        self.close()
        raise RuntimeError(f"a server did not start: {self.last_words()}")
