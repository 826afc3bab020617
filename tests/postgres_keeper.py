"""Holds one throw-away PostgreSQL server for as long as somebody holds this process's standard input.

    python postgres_keeper.py INSTALLATION

Prints one line of JSON when the server takes connections (`host`: the directory of its socket, `bin`: that
of its programs), then waits for the end of its standard input. A pipe closes however its holder ends, by
Ctrl-C and `kill -9` too: no server is left behind and no file of it. Standard library only.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20

# The data is thrown away, so it is never forced to disk; all else is as users have it.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
}

# Files in memory make a fresh database in 12 ms, where a slow disk takes 300.
MEMORY = Path("/dev/shm")
MEMORY_FREE_BYTES_MIN = 2 * 1024**3


def main(installation: Path) -> None:
    # SIGTERM must still run the clean-up below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = Path(tempfile.mkdtemp(prefix="tillgate-postgres-"))
    data = Path(tempfile.mkdtemp(prefix="tillgate-postgres-", dir=MEMORY if _roomy(MEMORY) else home))
    server: subprocess.Popen[bytes] | None = None
    try:
        owner = _other_user(home, data) if os.geteuid() == 0 else None
        programs = _runnable(installation, home, owner) / "bin"
        socket = home / "socket"
        initdb: list[Path | str] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
        ]
        _run([*initdb, "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"], home, owner)
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), "-k", str(socket)]
                + [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner,
                cwd=home,
            )
        _wait_until_ready(server, data, home / "log")
        print(json.dumps({"host": str(socket), "bin": str(programs)}), flush=True)
        sys.stdin.read()
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _roomy(directory: Path) -> bool:
    try:
        return shutil.disk_usage(directory).free >= MEMORY_FREE_BYTES_MIN
    except OSError:
        return False


def _other_user(*directories: Path) -> str:
    """PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing else."""
    for directory in directories:
        shutil.chown(directory, "nobody")
    return "nobody"


def _runnable(installation: Path, home: Path, owner: str | None) -> Path:
    """The installation itself, or a copy where its user may not reach it (a checkout under /root)."""
    (home / "socket").mkdir()
    if owner is None:
        return installation
    shutil.chown(home / "socket", owner)
    try:
        _run([installation / "bin" / "postgres", "--version"], home, owner)
        return installation
    except (OSError, subprocess.CalledProcessError):
        copy = home / "package" / installation.name
        shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include", "*.a"))
        # The wheel's own shared libraries lie beside its package and are found relative to the programs.
        for libraries in installation.parent.parent.glob(f"{installation.parent.name}.libs"):
            shutil.copytree(libraries, home / libraries.name)
        for path in [home / "package", *(home / "package").rglob("*"), *home.glob("*.libs")]:
            path.chmod(0o755)
        return copy


def _run(command: Sequence[Path | str], cwd: Path, user: str | None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        user=user,
        cwd=cwd,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stderr.decode(errors="replace"))
        done.check_returncode()


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    """Until the last line of `postmaster.pid` says so, as pg_ctl does it."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            if (data / "postmaster.pid").read_text().split()[-1:] == ["ready"]:
                return
        except OSError:
            pass
        time.sleep(0.01)
    sys.stderr.write(log.read_text(errors="replace"))
    raise SystemExit("PostgreSQL did not become ready")


def _stop(server: subprocess.Popen[bytes]) -> None:
    # Immediate shutdown: no checkpoint for data that nobody will read.
    for wish in (signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(wish)
        try:
            server.wait(STOP_SECONDS_MAX)
            return
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
