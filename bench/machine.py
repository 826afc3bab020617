"""The machine: where files go, how long its disk takes to keep a promise, and what a process has used."""

import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

FSYNCS = 200


def directory_on_disk() -> Path:
    """A fresh directory on a real disk: /var/tmp is one where /tmp may be memory."""
    lasting = Path("/var/tmp")
    return Path(tempfile.mkdtemp(prefix="tillgate-bench-", dir=lasting if lasting.is_dir() else None))


def file_system(path: Path) -> str:
    """The type of file system that holds a path, where Linux says so."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    holding = [(where, kind) for where, kind in mounts if path.is_relative_to(where)]
    return max(holding, key=lambda one: len(one[0]))[1] if holding else "unknown"


def fsync_ms(directory: Path) -> tuple[float, float]:
    """Median and 99th percentile of appending 4 KiB to a file and forcing it to disk, in milliseconds."""
    took = []
    with (directory / "fsync").open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begun) * 1_000)
    (directory / "fsync").unlink()
    took.sort()
    return statistics.median(took), took[len(took) * 99 // 100]


def cpu_seconds(pid: int) -> float | None:
    """What a process and its living children have used of the processors so far, all their threads; None where the
    system does not tell.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return None
    own = _scheduled_seconds(pid) or (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) or 0.0 for child in children)


def _scheduled_seconds(pid: int) -> float | None:
    """The same of its living threads, by the scheduler: in nanoseconds, where the other counts in hundredths of a
    second. Our servers' threads live as long as they do."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def python_build() -> str:
    """How the interpreter was compiled: an unoptimised one costs an eighth to a fifth on every row of ours."""
    flags = " ".join(
        str(sysconfig.get_config_var(name) or "")
        for name in ("PY_CFLAGS", "PY_CFLAGS_NODIST", "PY_CORE_CFLAGS", "PY_LDFLAGS_NODIST", "CONFIG_ARGS")
    )
    level = ([word for word in flags.split() if word.startswith("-O")] or ["-O?"])[-1]
    profiled = any(word in flags for word in ("--enable-optimizations", "-fprofile-use", "-fprofile-instr-use"))
    linked = "-flto" in flags or "--with-lto" in flags
    if not profiled and sys.base_prefix == "/usr" and level not in ("-O0", "-Og"):
        return f"{level}, a distribution's build, whose flags for PGO and LTO are not told: taken as optimised"
    told = f"{level}, {'PGO' if profiled else 'no PGO (--enable-optimizations)'}, {'LTO' if linked else 'no LTO'}"
    if level in ("-O0", "-Og", "-O?") or not profiled:
        return f"{told}: NOT OPTIMISED, which costs 12 to 21 %"
    return f"{told}: optimised"


def resident_mb(pid: int) -> float | None:
    """A process's resident memory in megabytes; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS:")), None)


def facts(directory: Path, postgres: Path | None) -> list[str]:
    """What the numbers were measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()
    )
    median, slow = fsync_ms(directory)
    server = "not here (the wheel is missing): its rows are left out"
    if postgres is not None:
        done = subprocess.run([postgres / "bin" / "postgres", "--version"], capture_output=True, text=True)
        server = done.stdout.strip().removeprefix("postgres ")
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return [
        f"cores       {os.cpu_count()} × {model}{load}; shared by server, client and databases",
        f"Python      {sys.version.split()[0]} on {platform.system()} {platform.release()}",
        f"            built with {python_build()}",
        f"SQLite      {sqlite3.sqlite_version}",
        f"PostgreSQL  {server}",
        f"fsync       median {median:.2f} ms, p99 {slow:.2f} ms (4 KiB appended, on {file_system(directory)})",
    ]


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
