"""The language that a session says its buyer reads."""

import pytest

from tests.shop import Shop
from tillgate.words import LANGUAGES

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


@pytest.mark.parametrize("tag", [*LANGUAGES, None])
async def test_a_session_keeps_its_language(shop: Shop, tag: str | None) -> None:
    """What was asked for is shown, also when it is read again; without one it is null."""
    client = await shop.client()
    made = (await client.post("/checkout_sessions", json=AMOUNT | {"locale": tag})).json()
    read = (await client.get(f"/checkout_sessions/{made['id']}")).json()
    assert (made["locale"], read["locale"]) == (tag, tag)


@pytest.mark.parametrize("tag", ["xx", "DE", "de-AT", "pt", "", "en\u200b", 7, ["de"]])
async def test_what_is_no_language_is_refused_with_those_that_are(sqlite_shop: Shop, tag: object) -> None:
    """The field is named, and what it takes is listed."""
    client = await sqlite_shop.client()
    refused = await client.post("/checkout_sessions", json=AMOUNT | {"locale": tag})
    assert refused.status_code in (400, 422)
    error = refused.json()["error"]
    assert error["param"] == "locale"
    if isinstance(tag, str):
        assert all(one in error["message"] for one in LANGUAGES)
