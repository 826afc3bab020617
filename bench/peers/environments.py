"""An environment for each peer below ``.bench/`` (untracked), installed once from its own hashed lock.

The Python ones are virtual environments of the interpreter that runs the bench; a changed lock makes a new one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CACHE = Path(__file__).parents[2] / ".bench"
INSTALL_SECONDS_MAX = 900
LOCKS = ("requirements.txt", "package-lock.json", ".npmrc")


class NotInstallable(Exception):
    """This machine cannot have a peer; the message is the installer's own last words."""


class Peer(NamedTuple):
    """A key layer and how its app is started.

    Attributes:
        folder: below this package; the name of its environment too.
        command: ``{bin}`` is the environment's programs, ``{app}`` the app's folder; ``{port}`` and ``{data}`` are
            what this start is given.
        header: what carries the key, up to the key.
    """

    name: str
    folder: str
    command: tuple[str, ...]
    header: str


PEERS = (
    Peer("keyshield", "keyshield", ("{bin}/python", "{app}/app.py", "{port}", "{data}"), "authorization: Bearer "),
    Peer(
        "djangorestframework-api-key",
        "drf_api_key",
        (
            *("{bin}/gunicorn", "--chdir", "{app}", "--bind", "127.0.0.1:{port}", "--workers", "1"),
            # Threads, because a worker without them closes each connection after its answer.
            *("--threads", "4", "--keep-alive", "75", "--log-level", "warning", "app:application"),
        ),
        "authorization: Api-Key ",
    ),
    Peer("apikeys-platform", "apikeys_platform", ("{bin}/python", "{app}/app.py", "{port}", "{data}"), "x-api-key: "),
    Peer("better-auth (Node)", "better_auth", ("node", "{app}/app.mjs", "{port}", "{data}"), "x-api-key: "),
)


def installed(peer: Peer) -> Path:
    """The folder of a peer's environment, installed if it was not.

    Raises:
        NotInstallable: with the reason.
    """
    source, place = HERE / peer.folder, CACHE / peer.folder
    lock = b"".join((source / name).read_bytes() for name in LOCKS if (source / name).exists())
    stamp, wanted = place / "installed-from", hashlib.sha256(lock + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        _place_app(source, place)
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if (source / "package.json").exists():
        if shutil.which("npm") is None:
            raise NotInstallable("no npm here")
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(source / file, place / file)
        _run("npm", "ci", "--loglevel=error", cwd=place)
    else:
        _run(sys.executable, "-m", "venv", str(place), cwd=place)
        pip = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(*pip, "--require-hashes", "-r", str(source / "requirements.txt"), cwd=place)
    stamp.write_text(wanted)
    _place_app(source, place)
    return place


def _place_app(source: Path, place: Path) -> None:
    """Node looks for packages beside the program, so its app is copied to them."""
    if (source / "app.mjs").exists():
        shutil.copy(source / "app.mjs", place / "app.mjs")


def command(peer: Peer, place: Path, port: int, data: Path) -> list[str]:
    """What starts the peer's app."""
    app = place if (place / "app.mjs").exists() else HERE / peer.folder
    return [word.format(bin=place / "bin", app=app, port=port, data=data) for word in peer.command]


def _run(*words: str, cwd: Path) -> None:
    try:
        done = subprocess.run(
            words, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=INSTALL_SECONDS_MAX
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstallable(f"{words[0]} took longer than {INSTALL_SECONDS_MAX} s") from error
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()
        said = [line for line in lines if "error" in line.lower()] or ["it did not say why"]
        raise NotInstallable(f"{os.path.basename(words[0])}: {said[0].strip()[:160]}")
