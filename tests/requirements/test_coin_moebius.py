"""Coin Moebius' requirements on project keys, by its own routes: made, shown once, used and revoked in the dashboard.

What a key is for (R1 to R6) is in ``tests/dialects/coin_moebius/``.
"""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import InvalidKind, KeyChanges, KeyWish, Kind, Mode, change
from keyturn.keys.listing import every_key
from tests.dashboard.conftest import Owner, browser_of, hidden, owner, owner_of_both
from tests.house.source import ROOT
from tests.requirements.calling import bearer, ended, key_of, send
from tests.shop import Shop, shop, sqlite_shop

__all__ = ["owner", "owner_of_both", "shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

NEW = "/api-keys/new?format=coin-moebius"


async def info(shop: Shop, key: Any, **headers: str) -> httpx.Response:
    """What the project offers, which a key that comes has to be right for."""
    path = f"/api/projects/{shop.project_id}/public-info"
    return await send(shop.app, "GET", path, bearer(key) | headers, root="")


async def product_of(shop: Shop, mode: str = "test") -> str:
    """A product of the project, by its id."""
    client = await shop.client(mode=mode)
    made = await client.post("/products", json={"name": "Poster", "price": "29.99", "currency": "USD"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def check_out(shop: Shop, key: Any, product: str, project_id: str | None = None) -> httpx.Response:
    """A checkout in code."""
    path = f"/api/checkout/crypto/{project_id or shop.project_id}"
    return await send(shop.app, "POST", path, bearer(key), json={"productId": product}, root="")


async def status_of(shop: Shop, key: Any, transaction: str, project_id: str | None = None) -> httpx.Response:
    """A transaction's status in code."""
    path = f"/status/{project_id or shop.project_id}/{transaction}"
    return await send(shop.app, "GET", path, bearer(key), root="")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal in the document's envelope."""
    return answer.status_code, answer.json()["error"]["code"]


async def generated(owner: Owner, name: str = "Production server") -> tuple[str, str]:
    """Make a key by the document's own form; its text and the page that shows it."""
    page = await owner.page(NEW)
    drawn = {field: hidden(page, field) for field in ("form_id", "format", "drawn", "mode")}
    answer = await owner.send("/api-keys", **drawn, name=name)
    assert answer.status_code == 201, answer.text
    found = re.search(r"data-secret[^>]*>([^<]+)</code>", answer.text)
    assert found is not None
    return found[1], answer.text


@pytest.mark.spec(
    *("coin-moebius R7", "coin-moebius R8", "coin-moebius R9", "coin-moebius R10", "coin-moebius R11"),
    *("coin-moebius R12", "coin-moebius R13"),
)
async def test_a_key_is_made_in_the_projects_api_keys_tab(owner: Owner) -> None:
    """R7 to R9: the tab is empty at first and has a button to create one. R10, R11: it asks for a name and a button
    makes it. R12: the name changes nothing of what it can do. R13: it is the project's whose tab made it."""
    empty = await owner.page("/api-keys")
    assert "API Keys" in empty
    assert "No key yet" in empty
    assert "Create key" in empty
    form = await owner.page(NEW)
    assert 'name="name"' in form
    assert ">Generate key</button>" in form
    first, _ = await generated(owner, "Production server")
    second, _ = await generated(owner, "admin root: everything")
    keys = await every_key(owner.shop.keys.store, owner.shop.project_id)
    assert {key.name for key in keys} == {"Production server", "admin root: everything"}
    assert keys[0].terms == keys[1].terms
    for text in (first, second):
        assert text.startswith("cmk_")
        assert (await info(owner.shop, text)).status_code == 200
    other = await owner.shop.project()
    path = f"/api/projects/{other}/public-info"
    assert refusal(await send(owner.shop.app, "GET", path, bearer(first), root="")) == (404, "not_found")


@pytest.mark.spec("coin-moebius R14", "coin-moebius R16", "coin-moebius R17", "coin-moebius R18", "coin-moebius R19")
async def test_the_key_is_shown_once_with_a_warning_and_a_button_to_copy_it(owner: Owner, tmp_path: Path) -> None:
    """R14, R16, R17: right after it was made, with the words that this is the only time. R18, R19: only a hash is kept,
    so no page, answer or file holds it again."""
    text, page = await generated(owner)
    assert "not shown again" in page
    assert "Copy key" in page
    for path in ("", "/api-keys", "/api-keys/new", "/events"):
        assert text not in await owner.page(path)
    await info(owner.shop, text)
    [key] = await every_key(owner.shop.keys.store, owner.shop.project_id)
    assert text not in repr(key)
    assert text not in repr(await owner.shop.keys.store.secrets(owner.shop.project_id, key.id))
    assert text not in repr(await owner.shop.keys.store.audit(0, 100))
    files = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]  # noqa: ASYNC240
    assert len(files) > 1
    assert not any(text.encode() in content or text[14:-4].encode() in content for content in files)


@pytest.mark.spec("coin-moebius R15", "coin-moebius R21")
async def test_the_key_starts_with_cmk_and_goes_as_a_bearer_token(shop: Shop) -> None:
    """R15, R21: ``Authorization: Bearer cmk_…`` from a server creates a checkout and reads its status."""
    for mode in ("test", "live"):
        key = await key_of(shop, format="coin-moebius", mode=mode)
        assert re.fullmatch(rf"cmk_{mode}_[0-9A-Za-z]{{24}}", key.secret.reveal())
        assert (await info(shop, key)).status_code == 200
    key = await key_of(shop, format="coin-moebius")
    made = (await check_out(shop, key, await product_of(shop))).json()
    assert (await status_of(shop, key, made["txId"])).json()["status"] == "pending"


@pytest.mark.spec("coin-moebius R20", "coin-moebius R29")
async def test_a_lost_key_is_replaced_and_several_may_exist_at_once(shop: Shop) -> None:
    """R20, R29: create the new one, deploy it, delete the old one; in between both work, and no other notices."""
    old, other = [await key_of(shop, format="coin-moebius") for _ in range(2)]
    new = await key_of(shop, format="coin-moebius")

    async def working() -> list[bool]:
        return [(await info(shop, one)).status_code == 200 for one in (old, new, other)]

    assert await working() == [True, True, True]
    await shop.revoke(old.key.id)
    assert await working() == [False, True, True]


@pytest.mark.spec("coin-moebius R22")
async def test_nothing_that_is_shipped_to_a_browser_holds_a_key(sqlite_shop: Shop) -> None:
    """R22: there is no such key for browsers, a browser lets no page send one, the buyer's pages contain none, and the
    guide says where it belongs."""
    with pytest.raises(InvalidKind, match="coin-moebius has no publishable keys"):
        await key_of(sqlite_shop, format="coin-moebius", kind=Kind.PUBLISHABLE, origins=["https://shop.example"])
    key = await key_of(sqlite_shop, format="coin-moebius")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization"
    path = f"/api/checkout/crypto/{sqlite_shop.project_id}"
    preflight = await send(sqlite_shop.app, "OPTIONS", path, asked, root="")
    assert "authorization" not in preflight.headers["access-control-allow-headers"]
    made = (await check_out(sqlite_shop, key, await product_of(sqlite_shop))).json()
    script = await send(sqlite_shop.app, "GET", "/v1/coin-moebius-buy.js", root="")
    async with browser_of(sqlite_shop) as http:
        for url in (made["url"], str(script.url)):
            page = await http.get(url, follow_redirects=True)
            assert page.status_code == 200
            assert not re.search(r"(ck|pk|sk|cmk)_(test|live|pk)_[0-9A-Za-z]{16}", page.text)
    guide = " ".join((ROOT / "docs/keys.md").read_text().split())
    assert "server-side code" in guide


@pytest.mark.spec("coin-moebius R23")
async def test_whoever_holds_the_key_can_act_for_the_project(sqlite_shop: Shop) -> None:
    """R23: a key carries the project's whole authority, without a scope that anybody chose: it opens checkouts, reads
    any transaction of the project, whoever opened it, and none of another project."""
    issued = await sqlite_shop.keys.issuer.issue(
        KeyWish(project_id=sqlite_shop.project_id, mode=Mode.TEST, name="server", scopes=()),
        by="operator:test",
        format="coin-moebius",
    )
    product = await product_of(sqlite_shop)
    made = (await check_out(sqlite_shop, issued, product)).json()
    other = await key_of(sqlite_shop, format="coin-moebius")
    theirs = (await check_out(sqlite_shop, other, product)).json()
    for transaction in (made["txId"], theirs["txId"]):
        assert (await status_of(sqlite_shop, issued, transaction)).status_code == 200
    stranger, project_id = sqlite_shop.project_id, await sqlite_shop.project()
    foreign = await key_of(sqlite_shop, project_id=project_id, format="coin-moebius")
    for named in (stranger, project_id):
        assert refusal(await status_of(sqlite_shop, foreign, made["txId"], named)) == (404, "not_found")
        assert refusal(await check_out(sqlite_shop, foreign, product, named)) == (404, "not_found")


@pytest.mark.spec("coin-moebius R24", "coin-moebius R25")
async def test_saved_keys_are_listed_by_name_masked_prefix_and_date(owner: Owner) -> None:
    """R24, R25: enough to tell them apart, and never more; a renamed key is found by its new name."""
    key = await key_of(owner.shop, format="coin-moebius", name="Production server")
    text = key.secret.reveal()
    page = await owner.page("/api-keys")
    row = page[page.index("Production server") :]
    assert f"{text[:15]}…{text[-4:]}" in row
    assert "UTC</time>" in row
    assert text not in page
    assert text[15:-4] not in page
    await change(
        owner.shop.keys.store,
        owner.shop.clock,
        owner.shop.keys.issuer,
        project_id=owner.shop.project_id,
        key_id=key.key.id,
        changes=KeyChanges(name="Staging server"),
        by="user:1",
    )
    assert "Staging server" in await owner.page("/api-keys")


@pytest.mark.spec("coin-moebius R26", "coin-moebius R27", "coin-moebius R28")
async def test_revoking_from_the_row_takes_effect_immediately(owner_of_both: Owner) -> None:
    """R26 to R28: the row leads to it; once the answer is there, the very next call is rejected with a clear reason, on
    connections that are open as well."""
    owner = owner_of_both
    key = await key_of(owner.shop, format="coin-moebius", name="Leaked")
    assert (await info(owner.shop, key)).status_code == 200
    page = await owner.page("/api-keys")
    assert f'href="/dashboard/api-keys/{key.key.id}/revoke" aria-label="Revoke Leaked"' in page
    await ended(owner, f"/api-keys/{key.key.id}/revoke")
    for _ in range(3):
        refused = await info(owner.shop, key)
        assert refusal(refused) == (401, "invalid_api_key")
        assert "This key was revoked. Create a new one." in refused.json()["error"]["message"]


@pytest.mark.spec("coin-moebius R31")
def test_nothing_asks_a_merchant_for_a_card_or_a_plan() -> None:
    """R31: the server is free software on a machine of one's own, so there are no tiers; no page of the dashboard has a
    field for a card."""
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:400]
    pages = [path.read_text() for path in (ROOT / "src/tillgate/dashboard").rglob("*.html")]
    assert len(pages) > 20
    assert not [page for page in pages if re.search(r'autocomplete="cc-|name="card', page)]
