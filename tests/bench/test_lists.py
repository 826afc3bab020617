"""What the bench piles up for its lists is what the API lists."""

from pathlib import Path

import httpx
import pytest

from bench.lists import LISTS, more_keys, pile_up
from tests.shop import PUBLIC_URL, open_shop

pytestmark = pytest.mark.anyio


async def test_each_list_of_the_pile_is_read(tmp_path: Path) -> None:
    """A first page, one from the middle and one of a status hold what was piled up; a new session's event follows."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    pile = await pile_up(tmp_path, url, 60)
    [other] = await more_keys(tmp_path, url, 1)
    async with open_shop(tmp_path, url) as shop:
        transport = httpx.ASGITransport(shop.app, client=("127.0.0.1", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
            http.headers["Authorization"] = f"Bearer {pile.key}"
            for noun in LISTS:
                found = [(await http.get(page)).json()["data"] for page in pile.pages(noun)]
                assert [len(page) for page in found][:2] == [25, 25], noun
                assert all(found), noun
            price = {"amount": {"value": "5.00", "currency": "USD"}}
            for key in (pile.key, other):
                http.headers["Authorization"] = f"Bearer {key}"
                assert (await http.post("/api/v1/checkout_sessions", json=price)).status_code == 201
