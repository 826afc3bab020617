"""The request log's pages: what was asked, and why it was refused."""

import re

import pytest

from tests.dashboard.conftest import Owner
from tests.shop import eventually

pytestmark = pytest.mark.anyio


async def test_a_refused_request_says_why_and_what_would_allow_it(owner_of_both: Owner) -> None:
    """From the list to the request: the rule that refused it, and the change that would allow it; once it is made, the
    page says so. Requests of the other mode are not among them."""
    owner = owner_of_both
    issued = await owner.shop.issued(["sessions:read"])
    live = await owner.shop.issued(["links:read"], mode="live")
    for text, path in ((issued, "/checkout_sessions"), (issued, "/payment_links"), (live, "/payment_links")):
        headers = {"Authorization": f"Bearer {text.secret.reveal()}", "User-Agent": "shop/1"}
        await owner.http.get(f"/api/v1{path}", headers=headers)

    async def logged() -> str:
        page = await owner.page("/requests")
        return page if page.count("GET /") == 2 else ""

    page = await eventually(logged)
    assert "scope missing" in page
    refused = await owner.page(f"/requests?show=refused&key={issued.key.id}")
    assert "GET /checkout_sessions<" not in refused
    found = re.search(r'href="/dashboard(/requests/req_\w+)">GET /payment_links<', refused)
    assert found is not None
    why = await owner.page(found[1])
    assert "Why was this refused?" in why and "Give the key the scope links:read." in why and "shop/1" in why
    await owner.done(f"/api-keys/{issued.key.id}/edit", name="wider", scopes="links:read")
    assert "The request would be allowed now." in await owner.page(found[1])


async def test_malformed_addresses_are_refused_with_the_reason(owner: Owner) -> None:
    """An unknown filter, a page that never was, a request of nobody."""
    assert "Requests appear here when a key is used" in await owner.page("/requests")
    await owner.page("/requests?show=everything", 400)
    await owner.page("/requests?after=x", 400)
    await owner.page("/requests/req_nobody", 404)
