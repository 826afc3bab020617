"""Secrets that must be readable again are sealed with a key that is not in the database."""

import stat
import threading
from pathlib import Path

import pytest

from keyturn.database import Database
from tests.makers import one
from tillgate.store import Sealer, SealingError
from tillgate.store.sealing import KEY_FILE, claim, key_from, new_key


def test_what_is_sealed_is_opened_with_the_same_key_only() -> None:
    """Another key opens nothing, and neither does a changed text."""
    sealer, text = Sealer(new_key()), "whsec_größe"
    sealed = sealer.seal(text)
    assert text not in sealed
    assert sealer.open(sealed) == text
    assert sealer.seal(text) != sealed
    for wrong, other in ((Sealer(new_key()), sealed), (sealer, sealed[:-2] + "AA"), (sealer, ""), (sealer, text)):
        with pytest.raises(SealingError):
            wrong.open(other)


def test_a_sealer_does_not_show_its_key() -> None:
    """Neither its repr nor its fingerprint tells the key."""
    key = new_key()
    sealer = Sealer(key)
    assert key[:8] not in repr(sealer)
    assert sealer.fingerprint not in key
    assert Sealer(key).fingerprint == sealer.fingerprint != Sealer(new_key()).fingerprint


@pytest.mark.parametrize("key", ["", "short", "x" * 45, "a" * 42 + "=", "ключ"])
def test_a_malformed_key_is_refused_with_what_to_do(key: str) -> None:
    """The message does not repeat the key."""
    with pytest.raises(SealingError, match="tillgate doctor --new-secret-key") as caught:
        Sealer(key)
    assert not key or key not in str(caught.value)


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start makes it, later ones read it."""
    data = tmp_path / "deep" / "data"
    key = key_from(data)
    assert stat.S_IMODE((data / KEY_FILE).stat().st_mode) == 0o600
    assert key_from(data) == key
    Sealer(key)


def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever makes the file, everybody reads the same whole key."""
    for number in range(20):
        data, start, found = tmp_path / str(number), threading.Barrier(4), []

        def begin(data: Path = data, start: threading.Barrier = start, found: list[str] = found) -> None:
            start.wait()
            found.append(key_from(data))

        threads = [threading.Thread(target=begin) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1
        Sealer(found[0])
        assert [path.name for path in data.iterdir()] == [KEY_FILE]


@pytest.mark.anyio
async def test_a_database_belongs_to_the_key_it_was_first_used_with(database: Database) -> None:
    """Another key is refused before anything is sealed with it; the message names both by their fingerprints."""
    first, second = Sealer(new_key()), Sealer(new_key())
    await claim(database, first)
    await claim(database, first)
    with pytest.raises(SealingError, match=rf"{first.fingerprint}.*{second.fingerprint}"):
        await claim(database, second)
    assert await one(database, "SELECT value FROM instance_facts WHERE name = 'sealing_key'") == first.fingerprint
