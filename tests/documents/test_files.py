"""Where documents are kept: in the database, or in a directory, which backups and retention know as well."""

import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.dialects.craftkit.conftest import Press, pressed
from tests.makers import execute, rows
from tests.requirements.calling import AMOUNT
from tests.running import run_cli
from tests.shop import open_shop
from tillgate.base.clock import DAY_MS
from tillgate.documents.context import DocumentSettings
from tillgate.documents.files import DatabaseFiles, DirectoryFiles, Kept, file_of, pack, unpack, write_file
from tillgate.documents.moving import Differs, Moved, to_database, to_directory
from tillgate.documents.renders.operations import drop_old

pytestmark = pytest.mark.anyio

ID = "doc_0123456789ABCDEF"
DATA = {"title": "Hello", "rows": []}


@pytest.fixture
async def press(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Press]:
    """A shop that keeps its documents in a directory."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    settings = DocumentSettings(directory=tmp_path / "documents")
    async with open_shop(tmp_path, url, documents=settings) as shop:
        press = await pressed(shop)
        await press.publish()
        yield press


async def test_documents_are_kept_in_a_directory(press: Press, tmp_path: Path) -> None:
    """Readable by its owner only; the database has but the row. Retention erases the file with it; one that is gone
    is not found; the file of an issued document is made again."""
    context = press.shop.app._crossroads._apps[-1].context.documents
    assert isinstance(context.files, DirectoryFiles)
    made = await press.asked(DATA)
    path = f"/renders/{made['id']}/download"
    file = await press.call("GET", path)
    assert file.status_code == 200, file.text
    [kept] = (tmp_path / "documents").glob("*/*.pdf")
    assert kept.read_bytes() == file.content
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [row["content"] for row in await rows(press.shop.database, "SELECT content FROM document_files")] == [""]

    client = await press.shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    receipt = await client.get(f"/orders/{session['orderId']}/receipt", timeout=60)
    [other] = set((tmp_path / "documents").glob("*/*.pdf")) - {kept}
    other.unlink()
    again = await client.get(f"/orders/{session['orderId']}/receipt", timeout=60)
    assert (again.status_code, again.content) == (200, receipt.content)

    kept.unlink()
    assert (await press.call("GET", path)).json()["error"]["code"] == "not_found"
    made = await press.asked(DATA)
    press.shop.clock.ahead_ms += context.settings.kept_ms + DAY_MS
    assert await drop_old(context, press.shop.database) == 2
    assert list((tmp_path / "documents").glob("*/*.pdf")) == [other]
    assert len(await rows(press.shop.database, "SELECT id FROM document_files")) == 1


async def test_what_is_in_the_database_stays_readable(press: Press, tmp_path: Path) -> None:
    """Whatever was kept there before a directory was set; the reverse is said, and made again where it can be."""
    database, directory = DatabaseFiles(), DirectoryFiles(tmp_path / "documents")
    await press.shop.database.write(lambda tx: database.put(tx, ID, b"one", 1))
    kept = await press.shop.database.read(lambda tx: directory.find(tx, ID))
    assert kept is not None and await directory.read(kept) == b"one"
    await execute(press.shop.database, "UPDATE document_files SET content = '' WHERE id = $1", ID)
    kept = await press.shop.database.read(lambda tx: database.find(tx, ID))
    assert kept is not None and await database.read(kept) is None
    await press.shop.database.write(lambda tx: database.put(tx, ID, b"two", 1))
    assert await press.shop.database.read(lambda tx: database.find(tx, ID)) == Kept(ID, b"two")


async def test_the_first_file_stays_and_no_name_leads_elsewhere(tmp_path: Path) -> None:
    """A file is whole or not there, whoever writes it once more; an archive with other names is refused as a whole."""
    files = DirectoryFiles(tmp_path / "documents")
    for content in (b"first", b"second"):
        await files.write(ID, content)
    assert await files.read(Kept(ID, b"")) == b"first"
    assert [one.name for one in files.directory.glob("*/*")] == [f"{ID}.pdf"]
    for wrong in ("../doc_0123456789", "doc_../../etc/passwd", "doc_0123456789\0", ""):
        with pytest.raises(ValueError, match="no id"):
            await files.write(wrong, b"")
    assert pack(files.directory, tmp_path / "one.zip") == 1
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(f"{ID}.pdf", b"first")
        archive.writestr("../../evil.pdf", b"evil")
    with pytest.raises(zipfile.BadZipFile, match="no document"):
        unpack(tmp_path / "bad.zip", tmp_path / "there")
    assert not (tmp_path / "there").exists()
    assert unpack(tmp_path / "one.zip", tmp_path / "there") == 1
    await files.erase([ID, "doc_ABCDEFGH12345678"])
    assert await files.read(Kept(ID, b"")) is None


def test_a_backup_has_the_documents_of_a_directory(tmp_path: Path) -> None:
    """In an archive beside it, which a restore puts back; without a directory for it, or without the archive, the
    restore says so."""
    data, there = tmp_path / "data", tmp_path / "documents"
    data.mkdir()
    run_cli("projects", "create", "--name", "Shop", "--data", str(data))
    (there / "ef").mkdir(parents=True)
    (there / "ef" / f"{ID}.pdf").write_bytes(b"%PDF")
    backup, beside = tmp_path / "backup.zip", tmp_path / "backup.documents.zip"
    named = {"TILLGATE_DOCUMENTS": str(there)}
    assert "1 documents of" in run_cli("backup", str(backup), "--data", str(data), **named)
    assert beside.stat().st_mode & 0o777 == 0o600
    for target, place in (("one", None), ("two", tmp_path / "restored")):
        into = tmp_path / target
        into.mkdir()
        if place is None:
            assert "TILLGATE_DOCUMENTS" in run_cli("restore", str(backup), "--data", str(into), status=1)
            continue
        said = run_cli("restore", str(backup), "--data", str(into), TILLGATE_DOCUMENTS=str(place))
        assert f"1 documents are in {place}" in said
        assert (place / "ef" / f"{ID}.pdf").read_bytes() == b"%PDF"
    assert "already there" in run_cli("backup", str(tmp_path / "backup.zip"), "--data", str(data), status=1, **named)


async def test_files_are_moved_both_ways_and_after_an_interruption(
    tmp_path: Path, database_url: str, anyio_backend: object
) -> None:
    """Each is in one place afterwards and the same bytes; a file that is another one, or gone, is told and changed by
    nothing."""
    directory = tmp_path / "documents"
    contents = {f"doc_0123456789ABC{number:03}": b"%PDF " + bytes([number]) * 999 for number in range(1, 6)}
    async with open_shop(tmp_path, database_url, still=True) as shop:
        database, inside, outside = shop.database, DatabaseFiles(), DirectoryFiles(directory)

        async def kept() -> dict[str, bytes]:
            found = {}
            for id in contents:
                one = await database.read(partial(outside.find, id=id))
                found[id] = await outside.read(one) or b"" if one is not None else b""
            return found

        for id, content in contents.items():
            await database.write(partial(inside.put, id=id, content=content, now=0))
        first, second, *_ = contents
        write_file(directory, first, contents[first])  # as an interrupted run has left it
        assert await to_directory(database, directory) == Moved(5, 0, [])
        assert await to_directory(database, directory) == Moved(0, 5, [])
        assert await kept() == contents
        assert {row["content"] for row in await rows(database, "SELECT content FROM document_files")} == {""}

        lost = file_of(directory, second).rename(tmp_path / "lost")
        assert await to_database(database, directory) == Moved(4, 0, [second])
        assert list(directory.glob("*/*.pdf")) == []
        lost.rename(file_of(directory, second))
        write_file(directory, first, contents[first])
        assert await to_database(database, directory) == Moved(1, 4, [])
        assert list(directory.glob("*/*.pdf")) == []
        assert await kept() == contents

        write_file(directory, first, b"another")
        for move in (to_directory, to_database):
            with pytest.raises(Differs):
                await move(database, directory)
        assert (await database.read(partial(inside.find, id=first))).content == contents[first]  # type: ignore[union-attr]


def test_the_command_moves_files(tmp_path: Path) -> None:
    """docs/documents.md: it needs the directory, and says how many there were."""
    data = ("--data", str(tmp_path / "data"))
    run_cli("projects", "create", "--name", "Shop", *data)
    assert "TILLGATE_DOCUMENTS names no directory" in run_cli("documents", "move", "--to", "directory", *data, status=1)
    for to in ("directory", "database"):
        said = run_cli("documents", "move", "--to", to, *data, TILLGATE_DOCUMENTS=str(tmp_path / "documents"))
        assert said == "0 moved, 0 there already.\n"
