"""Settings → APIs: each language's base URL, and snippets that hold the right host."""

import re

import pytest

from tests.dashboard.conftest import Owner
from tests.shop import PUBLIC_URL
from tillgate.api.application import NATIVE
from tillgate.dashboard.apis import language_of
from tillgate.dialects import SPOKEN
from tillgate.dialects.coin_moebius.script import snippet
from tillgate.events.styles import TITLES

pytestmark = pytest.mark.anyio

LANGUAGES = [one for one in (NATIVE, *SPOKEN) if one.routes]


async def test_every_language_is_shown_with_its_base_urls(owner: Owner) -> None:
    """Those of its document and those below its prefix, on this server's own address; reached from the settings."""
    assert 'href="/dashboard/settings/apis"' in await owner.page("/settings")
    page = await owner.page("/settings/apis")
    for language in LANGUAGES:
        assert f">{TITLES[language.name]}</h2>" in page
        for mount in language.mounts:
            assert f">{PUBLIC_URL}{mount}</code>" in page


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.name)
def test_snippets_are_ready_but_for_the_key(language: object) -> None:
    """Each place is filled; what stands for the key is a placeholder and no key."""
    shown = language_of(language, PUBLIC_URL, "prj_01")  # type: ignore[arg-type]
    for label, text in shown.snippets:
        assert label
        assert PUBLIC_URL in text
        assert not re.search(r"\{(host|base|key|project)\}", text)


async def test_a_products_page_has_what_is_pasted_to_sell_it(owner: Owner) -> None:
    """The buy button with this host, project and product, and the script's hash; the switch between testing and live
    leads to a page that has it, too."""
    path = await owner.done("/products", name="Mug", pricing="fixed", price="12.00", currency="USD")
    page = await owner.page(path)
    project, product = owner.shop.project_id, path.rpartition("/")[2]
    pasted = snippet(f"{PUBLIC_URL}/coin-moebius", project, product).rstrip()
    assert 'integrity="sha384-' in pasted
    assert pasted in page
    assert "Testing" in page and f'href="/dashboard{path}/switch">Switch to live</a>' in page
    await owner.done(f"{path}/switch")
    assert "For sale in live mode" in await owner.page(path)
    await owner.done("/mode", mode="live", back="/dashboard")
    twin = re.findall(r'href="/dashboard(/products/prod_\w+)"', await owner.page("/products"))[0]
    assert f'product-id="{twin.rpartition("/")[2]}"' in await owner.page(twin)


async def test_a_key_is_made_from_there_in_the_form_of_its_document(owner: Owner) -> None:
    """The link beside a language leads to its own form."""
    page = await owner.page("/settings/apis")
    for link in re.findall(r'href="/dashboard(/api-keys/new[^"]*)"', page):
        assert (await owner.http.get(f"/dashboard{link}")).status_code == 200
