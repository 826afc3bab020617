"""Keys are found where they do not belong, and told without being shown."""

import os
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import FORMATS, NATIVE, KeyFormat, Kind, Mode, generate
from keyturn.leaks.scanning import CHUNK_BYTES, CannotScan, Found, Scan
from keyturn.leaks.spotting import KEY_BYTES_MAX, Spotter

EVERY = [(form, kind, mode) for form in FORMATS.values() for kind in form.kinds for mode in Mode]


def secret(form: KeyFormat = NATIVE, kind: Kind = Kind.SECRET, mode: Mode = Mode.LIVE) -> str:
    return generate(form, kind, mode).reveal()


def places(found: Iterator[Found]) -> list[tuple[str, int, str]]:
    return [(one.place, one.line, one.secret.reveal()) for one in found]


@pytest.mark.parametrize(("form", "kind", "mode"), EVERY)
def test_a_key_of_each_format_is_found_in_other_text(form: KeyFormat, kind: Kind, mode: Mode) -> None:
    """In quotes, in a URL, glued to letters before and after; told with its format, kind and mode."""
    text = secret(form, kind, mode)
    for around in (f"KEY={text}", f'"{text}",', f"https://a/?k={text}&b", f"x{text}y", f"{text}{text}"):
        found = list(Spotter().find(around.encode()))
        assert [one.secret.reveal() for one in found] == [text] * around.count(text)
        assert all(form.name in one.formats for one in found)
        assert all((one.secret.kind, one.secret.mode) == (kind, mode) for one in found)


@given(st.binary(max_size=300), st.sampled_from(EVERY), st.integers(0, 3))
def test_what_lacks_its_checksum_is_no_key(noise: bytes, what: tuple[KeyFormat, Kind, Mode], at: int) -> None:
    """One wrong character and it is none; whatever stands before it, the whole one is found."""
    text = secret(*what)
    wrong = text[: -1 - at] + ("a" if text[-1 - at] != "a" else "b") + text[len(text) - at :]
    whole = [one.secret.reveal() for one in Spotter().find(noise + b"\n" + text.encode())]
    assert whole[-1:] == [text]
    if what[0].checksum_length >= 6:  # a shorter one lets one in some ten thousands through
        assert wrong not in [one.secret.reveal() for one in Spotter().find(noise + b"\n" + wrong.encode())]


def test_files_are_searched_and_reported_by_path_and_line(tmp_path: Path) -> None:
    """Folders below folders, a single file, any line ending; not git's own folder, links, pipes or binary files."""
    one, two, hidden = secret(), secret(), secret()
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "settings.py").write_text(f"# one\n# two\nKEY = '{one}'\n")
    (tmp_path / ".env").write_bytes(f"A=1\r\nB={two}\r\nC={one}".encode())
    (tmp_path / "binary").write_bytes(b"\0" + hidden.encode())
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(hidden)
    (tmp_path / "link").symlink_to(tmp_path / ".env")
    (tmp_path / "round").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    scan = Scan()
    assert places(scan.files(tmp_path)) == [(".env", 2, two), (".env", 3, one), ("a/b/settings.py", 3, one)]
    assert (scan.looked_at, scan.binary, scan.unreadable) == (2, 1, [])
    single = tmp_path / ".env"
    assert [line for _, line, _ in places(Scan().files(single))] == [2, 3]
    with pytest.raises(CannotScan, match="nowhere"):
        list(Scan().files(tmp_path / "nowhere"))


def test_a_key_on_the_border_between_two_pieces_is_found_once(tmp_path: Path) -> None:
    """Files are read piece by piece; wherever a key lies around the border, it and its line are right."""
    text = secret()
    path = tmp_path / "large"
    for shift in (-KEY_BYTES_MAX - 1, -KEY_BYTES_MAX, -len(text), -len(text) + 1, -1, 0, 1):
        before = CHUNK_BYTES + shift
        path.write_bytes(b"\n" * (before - 1) + b"=" + text.encode() + b"\n" + text.encode())
        assert [line for _, line, _ in places(Scan().files(path))] == [before, before + 1]


def test_names_are_printed_without_the_key_in_them(tmp_path: Path) -> None:
    """A file that is named after its key, or after an escape sequence, is reported in a form that may be printed."""
    text = secret()
    (tmp_path / f"backup-{text}\x1b[2J.txt").write_text(text)
    [found] = Scan().files(tmp_path)
    assert found.place == "backup-…?[2J.txt"
    assert text not in repr(found)


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    return made


def test_history_keeps_what_files_do_not(repository: Path) -> None:
    """A key that was committed and taken out, one on another branch, one in a message, one that was amended away: each
    is found with the commit that brought it."""
    removed, elsewhere, said, amended = secret(), secret(), secret(), secret()
    path = repository / "settings.py"
    path.write_text(f"\nKEY = '{removed}'\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "settings")
    first = git(repository, "rev-parse", "--short", "HEAD")
    path.write_text("KEY = None\n")
    git(repository, "commit", "-qam", f"No key\n\nIt was {said}")
    git(repository, "checkout", "-qb", "side")
    (repository / "other.txt").write_text(elsewhere)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "other")
    second = git(repository, "rev-parse", "--short", "HEAD")
    path.write_text(amended)
    git(repository, "commit", "-qam", "oops")
    path.write_text("")
    git(repository, "commit", "-qa", "--amend", "-m", "none")
    git(repository, "checkout", "-q", "main")
    assert places(Scan().files(repository)) == []
    found = {text: (place, line) for place, line, text in places(Scan().history(repository))}
    assert found.keys() == {removed, elsewhere, said, amended}
    assert found[removed] == (f"{first}:settings.py", 2)
    assert found[elsewhere] == (f"{second}:other.txt", 1)
    assert found[said][0].endswith("(message)")
    assert found[amended][0].endswith(":settings.py")


def test_a_repositorys_own_programs_are_not_run(repository: Path, tmp_path: Path) -> None:
    """A repository that somebody sent may name programs in its configuration; looking through it runs none of them."""
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    text = secret()
    (repository / "a.txt").write_text(text)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "a")
    (repository / ".gitattributes").write_text("* diff=evil filter=evil\n")
    for name in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge"):
        git(repository, "config", name, str(program))
    assert [one for _, _, one in places(Scan().history(repository))] == [text]
    assert not ran.exists()


def test_what_is_no_repository_is_refused_with_the_reason(tmp_path: Path) -> None:
    """History is asked for where there is none."""
    with pytest.raises(CannotScan, match="no git repository"):
        list(Scan().history(tmp_path))


def test_the_checksum_is_the_formats_own() -> None:
    """The spotter agrees with whoever made the key: last digits of a CRC-32 in base 62."""
    text = secret()
    value, digits = zlib.crc32(text[:-6].encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + digits
    assert text.endswith(digits)
