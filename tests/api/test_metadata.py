"""Metadata is merged by its keys, at every route that changes it."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.test_idempotency import WAYS
from tests.shop import Shop
from tillgate.api.application import NATIVE
from tillgate.checkout.metadata import KEYS_MAX, VALUE_LENGTH_MAX

pytestmark = pytest.mark.anyio

NOWHERE = "https://receiver.example/"
CHANGES_METADATA = [
    route.path
    for route in NATIVE.routes
    if route.method == "PATCH" and route.body is not None and "metadata" in route.body.__struct_fields__
]


async def changed(client: httpx.AsyncClient, path: str, metadata: dict[str, Any] | None) -> Any:
    answer = await client.patch(path, json={"metadata": metadata})
    assert answer.status_code == 200, answer.text
    return answer.json()["metadata"]


async def test_metadata_is_merged_by_key_wherever_it_can_be_changed(shop: Shop) -> None:
    """What a change names is set, null removes one, everything else stays, also what somebody else sets in the same
    moment; null instead of the object removes all. Bounds are those of what there would be."""
    assert len(CHANGES_METADATA) >= 7
    client = await shop.client()
    for route in CHANGES_METADATA:
        maker = WAYS[f"PATCH {route}"][0]
        assert maker is not None
        path = route.replace("{id}", await maker(client, NOWHERE))
        assert await changed(client, path, None) is None
        await asyncio.gather(*(changed(client, path, {one: {"deep": 1.50}}) for one in ("erp", "warehouse")))
        both = {"erp": {"deep": 1.5}, "warehouse": {"deep": 1.5}}
        assert await changed(client, path, {"long": "x" * VALUE_LENGTH_MAX}) == both | {"long": "x" * VALUE_LENGTH_MAX}
        assert await changed(client, path, {"long": None, "erp": 77, "absent": None}) == both | {"erp": 77}
        assert await changed(client, path, {}) == both | {"erp": 77}
        many = await client.patch(path, json={"metadata": {str(number): 1 for number in range(KEYS_MAX - 1)}})
        assert (many.status_code, many.json()["error"]["param"]) == (400, "metadata")
        assert await changed(client, path, {"erp": None, "warehouse": None}) == {}
        assert await changed(client, path, None) is None
        assert await changed(client, path, {"again": True}) == {"again": True}
