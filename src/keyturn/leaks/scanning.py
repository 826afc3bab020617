"""Looking for keys in files and in a repository's history: found by form and checksum, told by their shown prefix only.

No file is held as a whole, so its size does not matter; one with a zero byte near its beginning is binary: passed over.
History is read object by object (`git cat-file`), each version of a file once: no filter, hook or diff program of the
repository's runs.
"""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from keyturn.errors import KeyturnError
from keyturn.insight.usage import clipped
from keyturn.invariants import present
from keyturn.keys.secret import KeySecret
from keyturn.leaks.spotting import KEY_BYTES_MAX, Spotted, Spotter

CHUNK_BYTES: Final = 1024 * 1024
BINARY_LOOK_BYTES: Final = 8_192
PLACE_LENGTH_MAX: Final = 1_000
# The number of file versions for which the commit that introduced them is looked up, which takes a walk through the
# history.
COMMITS_LOOKED_UP_MAX: Final = 100

_GIT: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e\xa0-\uffff]")


class CannotScan(KeyturnError):
    """There is nothing there to look through, or it cannot be read."""

    code = "cannot_scan"


class Found(NamedTuple):
    """A key, and where it stands.

    Attributes:
        place: a file's path, or ``commit:path`` in the history; without any key that may be part of it.
        line: counted from 1.
        formats: those that write their keys so.
    """

    place: str
    line: int
    secret: KeySecret
    formats: tuple[str, ...]


class _Reading(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Scan:
    """One look through files and histories. Afterwards it says what it saw.

    Attributes:
        looked_at: how many files and versions of files.
        binary: how many were passed over.
        unreadable: paths that could not be read.
    """

    def __init__(self, spotter: Spotter | None = None) -> None:
        self._spotter = spotter or Spotter()
        self.looked_at = 0
        self.binary = 0
        self.unreadable: list[str] = []

    def files(self, root: Path) -> Iterator[Found]:
        """The keys in a file, or in all files below a directory, links and git's own folder left out.

        Raises:
            CannotScan: there is no such file or directory.
        """
        if not root.exists():
            raise CannotScan(f"there is no {_place(str(root))}")
        if root.is_file():
            yield from self._file(root, str(root))
            return
        for folder, folders, names in os.walk(root, onerror=self._not_read):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in sorted(names):
                path = Path(folder, name)
                yield from self._file(path, str(path.relative_to(root)) if root != Path() else str(path))

    def history(self, repository: Path) -> Iterator[Found]:
        """The keys in any version of any file, and in any message, that a repository still keeps.

        Raises:
            CannotScan: it is no git repository, or git is not installed.
        """
        git = shutil.which("git")
        if git is None:
            raise CannotScan("git is not installed")
        folder = repository if repository.is_dir() else repository.parent
        command = [git, "-C", str(folder), *_GIT]
        if subprocess.run([*command, "rev-parse", "--git-dir"], capture_output=True).returncode != 0:  # noqa: S603
            raise CannotScan(f"{_place(str(folder))} is no git repository")
        looked_up = 0
        with (
            subprocess.Popen(  # noqa: S603
                [*command, "rev-list", "--objects", "--all", "--reflog"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as listing,
            subprocess.Popen(  # noqa: S603
                [*command, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as objects,
        ):
            names = present(listing.stdout, "what git lists")
            asked, answers = present(objects.stdin, "git's input"), present(objects.stdout, "git's answers")
            for line in names:
                id, _, path = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
                asked.write(id.encode() + b"\n")
                asked.flush()
                _, kind, *size = answers.readline().decode().split()
                if not size:
                    continue  # a clone that left it out
                content = _Part(answers, int(size[0]))
                found = list(self._spot(content)) if kind != "tree" else []
                content.skip()
                answers.read(1)
                if not found:
                    continue
                where = f"{id[:12]} (message)"
                if kind == "blob":
                    where = f"{id[:12]}:{path}"
                    if looked_up < COMMITS_LOOKED_UP_MAX:
                        looked_up += 1
                        where = f"{_commit_of([*command], id) or id[:12]}:{path}"
                for number, one in found:
                    yield Found(_place(where), number, one.secret, one.formats)
            asked.close()

    def _file(self, path: Path, place: str) -> Iterator[Found]:
        try:
            # A pipe or a device would be waited for.
            if not stat.S_ISREG(path.lstat().st_mode):
                return
            with path.open("rb") as file:
                for number, one in self._spot(file):
                    yield Found(_place(place), number, one.secret, one.formats)
        except OSError as error:
            self._not_read(error)

    def _spot(self, content: _Reading) -> Iterator[tuple[int, Spotted]]:
        """The keys in it with their lines. What may be the beginning of one is kept for the next piece."""
        line, kept, first = 1, b"", True
        while True:
            read = content.read(CHUNK_BYTES)
            if first:
                if b"\0" in read[:BINARY_LOOK_BYTES]:
                    self.binary += 1
                    return
                self.looked_at += 1
                first = False
            data = kept + read
            done = max(len(data) - KEY_BYTES_MAX, 0) if read else len(data)
            counted = 0
            for found in self._spotter.find(data):
                if found.at >= done:
                    break
                line += data.count(b"\n", counted, found.at)
                counted = found.at
                yield line, found
            line += data.count(b"\n", counted, done)
            kept = data[done:]
            if not read:
                return

    def _not_read(self, error: OSError) -> None:
        self.unreadable.append(_place(str(error.filename or "a file")))


class _Part:
    """The next bytes of a stream, a given number, as a separate stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        read = self._stream.read(min(size, self._left))
        self._left -= len(read)
        return read

    def skip(self) -> None:
        """Go to its end."""
        while self._left and self.read(CHUNK_BYTES):
            pass


def _commit_of(command: list[str], blob: str) -> str | None:
    """The commit that brought a version of a file."""
    found = subprocess.run(  # noqa: S603
        [*command, "log", "--all", "--reflog", "--format=%h", "--no-show-signature", f"--find-object={blob}"],
        capture_output=True,
    )
    return next(iter(found.stdout.decode("ascii", "replace").split()[::-1]), None)


def _place(text: str) -> str:
    """A path as it may be printed: no key in it, and nothing that moves a terminal's cursor."""
    return _UNPRINTABLE.sub("?", clipped(text, PLACE_LENGTH_MAX) or "")
