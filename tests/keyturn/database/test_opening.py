"""From a URL to a database, and what is said where that fails."""

import os
import stat
import traceback
from pathlib import Path

import pytest

from keyturn.database import StoreUnavailable, open_database
from tests.makers import execute, one
from tests.postgres import PostgresServer

pytestmark = pytest.mark.anyio

PASSWORD = "hunter2secret"


async def failing(url: str) -> str:
    """All that a log could hold of the failure: its message and its whole traceback, locals apart."""
    with pytest.raises(StoreUnavailable) as caught:
        await open_database(url)
    lines = traceback.TracebackException.from_exception(caught.value).format()
    # The caller's own line of source code is not a leak.
    return str(caught.value) + "".join(line for line in lines if "open_database(" not in line)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop",
        f"postgresql://shop:{PASSWORD}/x@127.0.0.1:1/shop",
        f"postgresql://shop:{PASSWORD}#x@127.0.0.1:1/shop",
        f"postgresql://shop:{PASSWORD}?x@127.0.0.1:1/shop",
        f"postgresql://shop:x:{PASSWORD}@127.0.0.1:1/shop",
        f"postgresql://shop:x@{PASSWORD}@127.0.0.1:1/shop",
        f"postgresql://shop:[{PASSWORD}@127.0.0.1:1/shop",
        f"postgresql://shop:%{PASSWORD}@127.0.0.1:1/shop",
        f"postgresql://127.0.0.1:1/shop?user=shop&password={PASSWORD}",
        f"postgresql://shop:{PASSWORD}@127.0.0.1:port/shop",
        f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop?sslmode=nonsense",
        f"postgresql://shop:{PASSWORD}@nowhere.invalid/shop",
        f"mysql://shop:{PASSWORD}@127.0.0.1/shop",
        f"postgresql+asyncpg://shop:{PASSWORD}@127.0.0.1/shop",
    ],
)
async def test_a_failure_to_open_never_prints_the_password(url: str) -> None:
    """Whatever is wrong with a URL, its password is neither in the message nor in the traceback."""
    told = await failing(url)
    assert PASSWORD not in told
    assert "hunter2" not in told


async def test_a_refused_password_is_not_repeated(postgres_server: PostgresServer) -> None:
    """The server's own refusal is passed on: it names the user or the database, never the password."""
    url = postgres_server.url("nowhere").replace("postgres@", f"nobody:{PASSWORD}@")
    assert PASSWORD not in await failing(url)


async def test_an_unknown_scheme_says_what_is_expected() -> None:
    """The message names both kinds of URL."""
    with pytest.raises(StoreUnavailable, match=r"'mysql': expected sqlite:///path or postgresql://user@host/name"):
        await open_database("mysql://localhost/shop")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And it is left as it was."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreUnavailable, match="cannot open the SQLite database"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear Sir")


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A file in the way is told as such."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable):
        await open_database(f"sqlite:///{tmp_path}/file/shop.db")


async def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    """The file, its WAL and its index cannot be read by others, whatever the umask."""
    before = os.umask(0)
    try:
        opened = await open_database(f"sqlite:///{tmp_path}/deep/shop.db")
        await execute(opened, "CREATE TABLE boxes (name TEXT)")
        files = sorted((tmp_path / "deep").iterdir())
        assert [path.name for path in files] == ["shop.db", "shop.db-shm", "shop.db-wal"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        await opened.close()
    finally:
        os.umask(before)


async def test_two_who_open_one_file_see_each_others_commits(tmp_path: Path) -> None:
    """The command line works beside a running server."""
    url = f"sqlite:///{tmp_path}/shop.db"
    first, second = await open_database(url), await open_database(url)
    try:
        await execute(first, "CREATE TABLE boxes (name TEXT)")
        await execute(second, "INSERT INTO boxes VALUES ('a')")
        assert await one(first, "SELECT COUNT(*) FROM boxes") == 1
        await execute(first, "DELETE FROM boxes")
        assert await one(second, "SELECT COUNT(*) FROM boxes") == 0
    finally:
        await first.close()
        await second.close()
