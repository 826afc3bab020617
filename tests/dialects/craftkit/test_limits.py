"""The limits that CraftKit's language declares are those that it keeps."""

from typing import Any

import httpx
import pytest

from tests.dialects.craftkit.conftest import Press
from tests.dialects.craftkit.test_embed import CATALOG, SESSION, enabled
from tests.limits import Asked, Spot, kept
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.wire.openapi import document

pytestmark = pytest.mark.anyio


def instead(spot: Spot, body: dict[str, Any]) -> dict[str, Any]:
    """Of a catalog and the reference to one, one is sent."""
    return {name: one for name, one in body.items() if spot.path[0] != "catalogRef" or name != "variableCatalog"}


async def test_a_limit_is_kept(sqlite_press: Press) -> None:
    """In each field a value at the declared limit is not refused for it, and one beyond is, by name."""
    await enabled(sqlite_press)
    asked = {
        "POST /templates/{slug}/render": Asked("/templates/note/render", {"data": {"title": "A", "rows": []}}),
        "POST /embed/sessions": Asked("/embed/sessions", {**SESSION, "variableCatalog": CATALOG}),
        "POST /embed/sessions/refresh": Asked("/embed/sessions/refresh", {"renewToken": "ert_0123456789"}),
        "POST /embed/catalogs": Asked("/embed/catalogs", {"name": "orders", "catalog": CATALOG}),
    }

    async def call(method: str, path: str, body: Any) -> httpx.Response:
        return await sqlite_press.call(method, path, body)

    lookups = frozenset({"versionNumber", "version"})
    told = document(CRAFTKIT, "", "https://shop.example", "")
    tried, wrong = await kept(told, asked, call, lookups=lookups, instead=instead)
    assert not wrong, "\n".join(wrong)
    assert tried > 30
