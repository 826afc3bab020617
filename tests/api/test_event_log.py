"""The event log has an identity, and a place that is not in it is refused."""

from pathlib import Path

import pytest

from keyturn.database import HighWater, open_database
from keyturn.database.high_water import BLOCK
from tests.makers import execute
from tests.shop import Shop, open_shop
from tillgate.events.log import renew_identity
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

KEY = new_key()
AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def test_a_cursor_beyond_the_end_is_refused_with_where_the_end_is(shop: Shop) -> None:
    """409 with the newest number and the log's id, for a list and for a replay; the end itself is a place."""
    client = await shop.client()
    for _ in range(2):
        await client.post("/checkout_sessions", json=AMOUNT)
    at_the_end = (await client.get("/events", params={"after": "2"})).json()
    assert (at_the_end["data"], at_the_end["nextCursor"]) == ([], "2")
    beyond = await client.get("/events", params={"after": "3"})
    error = beyond.json()["error"]
    assert (beyond.status_code, error["code"], error["param"]) == (409, "sequence_ahead", "after")
    assert (error["newestSequence"], error["logId"]) == (2, at_the_end["logId"])
    endpoint = (await client.post("/webhook_endpoints", json={"url": "http://localhost:9/", "events": ["*"]})).json()
    replayed = await client.post(f"/webhook_endpoints/{endpoint['id']}/replay", json={"after": 3})
    assert (replayed.status_code, replayed.json()["error"]["code"]) == (409, "sequence_ahead")


async def test_a_cursor_of_the_other_mode_or_of_another_project_is_refused(shop: Shop) -> None:
    """Each project has a log a mode, with an id of its own, also while it is empty."""
    mine = await shop.client()
    others = [await shop.client(mode="live"), await shop.client(project=await shop.project())]
    own = (await mine.get("/events")).json()["logId"]
    for other in others:
        theirs = (await other.get("/events", params={"after": "0"})).json()["logId"]
        assert theirs != own
        refused = await mine.get("/events", params={"after": "0", "log": theirs})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "sequence_ahead")
        assert refused.json()["error"]["logId"] == own
    assert (await mine.get("/events", params={"after": "0", "log": own})).status_code == 200


async def test_a_cursor_from_before_a_restore_is_refused(shop: Shop) -> None:
    """With another identity, the old log's id fits no place any more."""
    client = await shop.client()
    await client.post("/checkout_sessions", json=AMOUNT)
    before = (await client.get("/events", params={"after": "0"})).json()["logId"]
    await shop.database.write(renew_identity)
    refused = await client.get("/events", params={"after": "1", "log": before})
    assert (refused.status_code, refused.json()["error"]["newestSequence"]) == (409, 1)
    assert (await client.get("/events", params={"after": "1"})).json()["logId"] != before


@pytest.mark.parametrize(("query", "param"), [({"log": "log_" + "0" * 26}, "log"), ({"after": "0", "log": "x"}, "log")])
async def test_a_log_is_named_beside_a_cursor_only(sqlite_shop: Shop, query: dict[str, str], param: str) -> None:
    """``log`` without ``after``, or no log's id at all, is a 400."""
    refused = await (await sqlite_shop.client()).get("/events", params=query)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (400, "invalid_query", param)


async def test_a_server_on_an_older_database_goes_on_above_what_it_gave_out(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The numbers that were lost are not given again, the log has another id, and the server says so; only once."""
    marks = tmp_path / "marks"
    async with open_shop(tmp_path, database_url, high_water_dir=marks, secret_key=KEY) as shop:
        client, project = await shop.client(), shop.project_id
        for _ in range(5):
            await client.post("/checkout_sessions", json=AMOUNT)
        before = (await client.get("/events")).json()["logId"]
    database = await open_database(database_url)
    try:  # as from a backup that was made after the second event
        await execute(database, "DELETE FROM events WHERE sequence > 2")
        await execute(database, "UPDATE event_sequences SET last = 2")
    finally:
        await database.close()
    for start in range(2):
        async with open_shop(tmp_path, database_url, high_water_dir=marks, secret_key=KEY) as shop:
            client = await shop.client(project=project)
            said = capsys.readouterr().out
            assert ("database.behind" in said) == (start == 0)
            refused = await client.get("/events", params={"after": "5", "log": before})
            assert refused.json()["error"]["code"] == "sequence_ahead"
            await client.post("/checkout_sessions", json=AMOUNT)
            # A follower that knows no log's id misses nothing that there is, either.
            [*_, event] = (await client.get("/events", params={"after": "5"})).json()["data"]
            assert event["sequence"] == BLOCK + 2 + start


async def test_a_killed_server_leaves_no_gap(tmp_path: Path, database_url: str) -> None:
    """What was reserved and not given out is no loss: the sequence goes on with the next number."""
    marks = HighWater(tmp_path / "marks" / "high-water")
    try:
        async with open_shop(tmp_path, database_url, high_water_dir=tmp_path / "marks", secret_key=KEY) as shop:
            client, project = await shop.client(), shop.project_id
            await client.post("/checkout_sessions", json=AMOUNT)
        [mark] = marks.marks("events/")
        assert (mark.given, mark.reserved) == (1, BLOCK + 1)
        async with open_shop(tmp_path, database_url, high_water_dir=tmp_path / "marks", secret_key=KEY) as shop:
            client = await shop.client(project=project)
            await client.post("/checkout_sessions", json=AMOUNT)
            assert [one["sequence"] for one in (await client.get("/events")).json()["data"]] == [2, 1]
    finally:
        marks.close()
