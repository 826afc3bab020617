"""The page of embed: enabled, its signing key shown once, suspended and resumed, at once in force."""

import re

import pytest

from tests.dashboard.conftest import Owner, hidden, owner
from tests.requirements.calling import bearer, key_of
from tests.shop import PUBLIC_URL, shop, sqlite_shop

__all__ = ["owner", "shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

SESSION = {"tenant": {"externalId": "acme", "displayName": "Acme"}, "actor": {"externalId": "7"}}
PEM = re.compile(r"-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----")


@pytest.mark.spec("craftkit R42")
async def test_embed_is_enabled_on_its_page(owner: Owner) -> None:
    """R42: Embed, Overview, **Enable embed mode**. The signing key is in that answer and in no other; suspending,
    resuming and the origins are in force with the next request."""
    key = bearer(await key_of(owner.shop, format="craftkit"))

    async def asked() -> int:
        root = f"{PUBLIC_URL}/v1/embed/sessions"
        return (await owner.http.post(root, json=SESSION, headers=key)).status_code

    page = await owner.page("/embed")
    assert "Overview" in page
    assert "Enable embed mode" in page
    assert await asked() == 401
    wrong = await owner.send("/embed/enable", origins="http://shop.example")
    assert wrong.status_code == 422
    assert "an origin such as https://app.example.com" in wrong.text
    form = hidden(page, "form_id")
    made = await owner.send("/embed/enable", form_id=form, origins="https://Shop.example/\nhttps://shop.example:443")
    assert made.status_code == 201
    [pem] = PEM.findall(made.text)
    assert (await owner.send("/embed/enable", form_id=form, origins="")).status_code == 409
    assert await asked() == 200
    page = await owner.page("/embed")
    assert pem not in page
    assert re.findall(r">(https://[^<]*)</textarea>", page.replace("\n", "")) == ["https://shop.example"]
    assert re.search(r"ck_pk_live_\w{32}", page)
    await owner.done("/embed/suspend")
    assert await asked() == 403
    assert "Suspended" in await owner.page("/embed")
    await owner.done("/embed/resume")
    assert await asked() == 200
    await owner.done("/embed/origins", origins="")
    other = await owner.send("/embed/rotate", form_id=hidden(await owner.page("/embed"), "form_id"))
    assert PEM.findall(other.text) not in ([pem], [])
    log = await owner.page("/audit")
    for action in ("embed.enabled", "embed.key_rotated", "embed.origins_set", "embed.suspended", "embed.resumed"):
        assert action in log
