"""The secret key is changed while servers run, and what it sealed is sealed again."""

import pytest

from keyturn.database import Database
from keyturn.database.shape import tables_of
from tests.makers import counter_over, execute, one, rows
from tillgate.opening import all_migrations
from tillgate.store import Sealer, SealingError
from tillgate.store.sealing import Resealed, SealedColumn, claim, has_started_with, new_key, reseal, sealed_columns

pytestmark = pytest.mark.anyio

COLUMNS = sealed_columns(tables_of(all_migrations()))


async def sealed_rows(database: Database, sealer: Sealer, number: int) -> None:
    """Endpoints with both of their secrets sealed."""
    counter = await counter_over(database)
    for place in range(number):
        await execute(
            database,
            "INSERT INTO webhook_endpoints (id, project_id, livemode, url, events, active, secret_sealed, "
            "secret_prefix, created_at, updated_at, previous_secret_sealed) "
            "VALUES ($1, $2, FALSE, 'x', '', TRUE, $3, '', 1, 1, $4)",
            f"we_{place:04d}",
            counter.project_id,
            sealer.seal(f"secret {place}"),
            sealer.seal(f"before {place}") if place % 2 else None,
        )


def test_every_sealed_column_is_found_by_its_name() -> None:
    """Those that there are, in tables whose key is ``id``: what a new one has to be called, and how it is found."""
    assert set(COLUMNS) >= {
        SealedColumn("webhook_endpoints", "secret_sealed"),
        SealedColumn("webhook_endpoints", "previous_secret_sealed"),
    }
    keys = {table.name: {column.name for column in table.columns} for table in tables_of(all_migrations())}
    assert all("id" in keys[column.table] for column in COLUMNS)


def test_the_first_key_seals_and_each_opens() -> None:
    """Both are accepted while one is replaced by the other."""
    old, new = new_key(), new_key()
    before, both, after = Sealer(old), Sealer(f"{new},{old}"), Sealer(new)
    assert both.open(before.seal("x")) == both.open(after.seal("x")) == after.open(both.seal("x")) == "x"
    assert (both.is_current(before.seal("x")), both.is_current(after.seal("x"))) == (False, True)
    assert both.fingerprint == after.fingerprint and both.knows(before.fingerprint)
    assert old[:8] not in repr(both) and new[:8] not in repr(both)
    with pytest.raises(SealingError, match="at most"):
        Sealer(",".join(new_key() for _ in range(5)))


async def test_a_rotation_seals_everything_again_and_binds_the_database(database: Database) -> None:
    """Over several batches; afterwards the new key alone opens the database, and the old one does not."""
    old, new = new_key(), new_key()
    await claim(database, Sealer(old))
    await sealed_rows(database, Sealer(old), 205)
    both = Sealer(f"{new} {old}")
    assert not await has_started_with(database, both)
    await claim(database, both)
    assert await has_started_with(database, both)
    assert await reseal(database, both, COLUMNS) == Resealed(307, 0, finished=True)
    after = Sealer(new)
    await claim(database, after)
    found = await rows(
        database, "SELECT secret_sealed, previous_secret_sealed FROM webhook_endpoints WHERE id = 'we_0201'"
    )
    assert [after.open(text) for text in (found[0][0], found[0][1])] == ["secret 201", "before 201"]
    assert await reseal(database, after, COLUMNS) == Resealed(0, 0, finished=True)
    with pytest.raises(SealingError, match="was sealed with the secret key"):
        await claim(database, Sealer(old))


async def test_nobody_starts_without_the_key_that_is_coming(database: Database) -> None:
    """From the first start with both on, the old key alone and the new key alone are refused."""
    old, new = new_key(), new_key()
    await claim(database, Sealer(old))
    await claim(database, Sealer(f"{old},{new}"))  # not yet: the old one still seals
    await claim(database, Sealer(old))
    await claim(database, Sealer(f"{new},{old}"))
    await claim(database, Sealer(f"{old},{new}"))
    with pytest.raises(SealingError, match="is being changed"):
        await claim(database, Sealer(old))
    with pytest.raises(SealingError, match="was sealed with"):
        await claim(database, Sealer(new))


async def test_an_interrupted_rotation_goes_on(database: Database) -> None:
    """What was sealed again stays so, and the rest follows."""
    old, new = new_key(), new_key()
    await claim(database, Sealer(old))
    await sealed_rows(database, Sealer(old), 3)
    both = Sealer(f"{new},{old}")
    await execute(
        database, "UPDATE webhook_endpoints SET secret_sealed = $1 WHERE id = 'we_0001'", both.seal("secret 1")
    )
    assert await reseal(database, both, COLUMNS) == Resealed(3, 0, finished=True)


async def test_what_no_key_opens_stays_unless_it_is_given_up(database: Database) -> None:
    """The database stays bound to the key before; then the lost texts are replaced, and only those."""
    lost, new = Sealer(new_key()), Sealer(new_key())
    await claim(database, lost)
    await sealed_rows(database, lost, 2)
    await execute(database, "UPDATE webhook_endpoints SET secret_sealed = $1 WHERE id = 'we_0000'", new.seal("kept"))
    assert await reseal(database, new, COLUMNS) == Resealed(0, 2, finished=False)
    with pytest.raises(SealingError):
        await claim(database, new)
    assert await reseal(database, new, COLUMNS, lambda: "fresh") == Resealed(2, 2, finished=True)
    await claim(database, new)
    for id, text in (("we_0000", "kept"), ("we_0001", "fresh")):
        sealed = await one(database, "SELECT secret_sealed FROM webhook_endpoints WHERE id = $1", id)
        assert new.open(sealed) == text
