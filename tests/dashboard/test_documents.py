"""Templates in the dashboard: the editor with its preview, versions, hooks and renders."""

import base64
import json
import re
from typing import Any

import httpx
import pytest

from keyturn.database import Transaction
from tests.axe import run_axe
from tests.browser import OpenPage
from tests.dashboard.conftest import Owner, hidden, owner
from tests.planner import Noting
from tests.running import RunningServer
from tests.shop import PUBLIC_URL, Shop, shop, sqlite_shop
from tillgate.documents.catalogs import records as catalogs
from tillgate.documents.embedding import records as sessions
from tillgate.documents.partners import records as partners
from tillgate.documents.renders import records as renders
from tillgate.documents.templates import records as templates

__all__ = ["owner", "shop", "sqlite_shop"]

SOURCE = '#let data = json("data.json")\n= #data.title\n#for row in data.rows [- #row.name\n]'
ROWS = {
    "v0_key": "title",
    "v0_label": "Title",
    "v0_type": "text",
    "v0_required": "yes",
    "v7_key": "customer.email",
    "v7_type": "email",
    "l0_key": "rows",
    "l0f3_key": "name",
}
SAMPLE = json.dumps({"title": "Hello", "rows": [{"name": "one"}]})
EDITED = {"of": "", "slug": "note", "name": "A note", "source": SOURCE, "sample": SAMPLE, **ROWS}
PREVIEW = "/templates/-/preview"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.anyio
async def test_a_template_is_written_looked_at_published_and_rolled_back(owner: Owner) -> None:
    """The preview publishes nothing and names the line or the field that is wrong; each version stays; what was
    published is what was typed."""
    page = await owner.page("/templates")
    for starter in ("Certificate", "Credit note", "Invoice", "Packing slip", "Receipt"):
        assert f">{starter}<" in page
    assert "INV-1042" in await owner.page("/templates/-/new?starter=invoice")
    script = {"Accept": "application/json"}

    async def drawn(**changes: str) -> tuple[int, dict[str, object]]:
        sent = {"csrf": owner.csrf, **EDITED, **changes}
        answer = await owner.http.post(f"/dashboard{PREVIEW}", data=sent, headers=script)
        return answer.status_code, answer.json()

    status, told = await drawn()
    assert (status, told["pages"], told["message"]) == (200, 1, "")
    assert str(told["pictures"]).startswith("['data:image/png;base64,")
    status, told = await drawn(source=f"{SOURCE}\n#nothing")
    assert (status, told["message"], told["line"]) == (422, "unknown variable: nothing", 5)
    assert (await drawn(sample="{"))[1]["message"] == "The body is not valid JSON." or (await drawn(sample="{"))[
        0
    ] == 422
    status, told = await drawn(sample="{}")
    assert (status, "title" in str(told["message"])) == (422, True)
    # Without scripts the same form shows the page again, with the picture in it.
    plain = await owner.send(PREVIEW, **EDITED)
    assert plain.status_code == 200
    assert 'src="data:image/png;base64,' in plain.text
    assert (await drawn(paper="us-letter", landscape="yes", margin="12", source="#nothing"))[1]["line"] == 1
    assert (await drawn(paper="us-letter", landscape="yes", margin="12", source="= Heading"))[0] == 200
    for field, wrong in (("paper", "a9"), ("margin", "1e1"), ("margin", "101")):
        refused = await owner.send("/templates", **EDITED | {field: wrong})
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True)
    twice = await owner.send("/templates", **EDITED | {"v7_key": "title"})
    assert twice.status_code == 422
    assert 'id="v1_key-problem"' in twice.text
    assert "There are no templates yet" in await owner.page("/templates")

    assert await owner.done("/templates", **EDITED | {"paper": "a5", "margin": "12"}) == "/templates/note"
    first = await owner.page("/templates/note/edit")
    assert '<option value="a5" selected' in first
    assert 'name="margin" type="number" min="0" max="100" value="12"' in first
    again = await owner.send("/templates", **EDITED)
    assert (again.status_code, "has a template note already" in again.text) == (422, True)
    assert await owner.done("/templates", **EDITED | {"of": "note", "source": "= Two"}) == "/templates/note"
    page = await owner.page("/templates/note")
    assert "2 of 2" in page
    assert "= Two" in await owner.page("/templates/note/edit")
    first = await owner.page("/templates/note/edit?version=1")
    assert "= #data.title" in first
    assert re.search(r'name="v1_key" value="customer.email"', first)
    assert '"name": "one"' in first
    await owner.done("/templates/note/roll-back", version="1")
    assert "1 of 2" in await owner.page("/templates/note")
    for version in ("3", "", "x"):
        assert (await owner.send("/templates/note/roll-back", version=version)).status_code in (400, 404)
    log = await owner.page("/audit")
    assert "template.published" in log
    assert "template.rolled_back" in log


@pytest.mark.anyio
async def test_images_are_added_and_removed_by_versions(owner: Owner) -> None:
    """Each by one of its own, so earlier renders keep theirs; what is no image, or too much, changes nothing."""
    await owner.done("/templates", **EDITED)

    async def uploaded(name: str, content: bytes, **more: str) -> httpx.Response:
        files = {"image": (name, content, "image/png")}
        path = f"/dashboard/templates/{more.pop('slug', 'note')}/images"
        return await owner.http.post(path, data={"csrf": owner.csrf, **more}, files=files)

    assert (await uploaded("a/../Logo.png", PNG)).status_code == 303
    assert (await uploaded("C:\\fakepath\\mark.svg", b'<?xml version="1.0"?><svg/>')).status_code == 303
    page = await owner.page("/templates/note/edit")
    assert "Logo.png" in page and "mark.svg" in page and "../" not in page
    assert "3 of 3" in await owner.page("/templates/note")
    shown = {"of": "note", "source": '#image("Logo.png", alt: "A dot")'}
    sent = {"csrf": owner.csrf, **EDITED, **shown}
    drawn = await owner.http.post(f"/dashboard{PREVIEW}", data=sent, headers={"Accept": "application/json"})
    assert (drawn.status_code, drawn.json()["message"]) == (200, "")
    for name, content in (
        ("logo.png", b"GIF89a"), ("logo.exe", PNG), ("x.svg", b"text"), ("", PNG),
        ("big.png", PNG + bytes(5 * 1024 * 1024 - 60)),
    ):  # fmt: skip
        refused = await uploaded(name, content)
        assert refused.status_code == 422, name
        assert 'id="image-problem"' in refused.text, name
    assert (await uploaded("big.png", bytes(6 * 1024 * 1024))).status_code == 413
    assert (await uploaded("logo.png", PNG, slug="none")).status_code == 404
    await owner.done("/templates/note/images/remove", name="mark.svg")
    assert (await owner.send("/templates/note/images/remove", name="mark.svg")).status_code == 404
    page = await owner.page("/templates/note/edit")
    assert "Logo.png" in page and "mark.svg" not in page
    assert "4 of 4" in await owner.page("/templates/note")


@pytest.mark.anyio
async def test_a_hook_is_shown_once_and_renders_are_listed(owner: Owner) -> None:
    """A new address ends the earlier one at once; whether it takes unsigned requests is switched on the page."""
    await owner.done("/templates", **EDITED)
    path = "/templates/note/hooks/test/rotate"

    async def address() -> str:
        made = await owner.send(path, form_id=hidden(await owner.page("/templates/note"), "form_id"))
        assert made.status_code == 201
        return str(re.findall(rf"{PUBLIC_URL}(/v1/hooks/hk_test_[\w-]+)", made.text)[0])

    async def called(where: str) -> int:
        return (await owner.http.post(where, json={"title": "Hello"})).status_code

    first, second = await address(), await address()
    assert (await called(first), await called(second)) == (404, 202)
    page = await owner.page("/templates/note")
    assert second.rpartition("/")[2] not in page
    assert page.count("Queued") + page.count("Rendering") + page.count("Succeeded") == 1
    await owner.done("/templates/note/signatures", required="yes")
    assert "Only signed requests are taken." in await owner.page("/templates/note")
    assert await called(second) == 401
    await owner.done("/templates/note/signatures", required="no")
    assert await called(second) == 202


@pytest.mark.slow
def test_the_editor_shows_what_is_typed(running: RunningServer, open_page: OpenPage) -> None:
    """In a real browser: the picture follows, an error leads to its line, no rule of axe is broken, and nothing is
    wider than a phone."""
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{running.url}/dashboard/sign-in")
    page.get_by_label("E-mail").fill(running.owner_email)
    page.get_by_label("Password", exact=True).fill(running.owner_password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{running.url}/dashboard")
    page.goto(f"{running.url}/dashboard/templates/-/new?starter=receipt")
    picture = page.get_by_role("img", name="Page 1 of the preview")
    picture.wait_for()
    before = picture.get_attribute("src")
    source = page.get_by_label("Source")
    written = source.input_value().rstrip()
    source.fill(f"{written}\nThank you.")
    page.wait_for_function("before => document.querySelector('#pictures img').src !== before", arg=before)
    assert run_axe(page).violations == []
    source.fill(f"{written}\n#nothing")
    line = len(written.splitlines()) + 1
    page.get_by_role("button", name=f"Line {line}").click()
    assert page.evaluate("getSelection().toString()") == "#nothing"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    source.fill(f"{written}\nThank you.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"{running.url}/dashboard/templates/receipt")
    assert run_axe(page).violations == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Add an image").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("The image was added").wait_for()
    page.get_by_role("button", name="Remove logo.png").wait_for()
    assert run_axe(page).violations == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.anyio
async def test_each_list_is_read_from_an_index(sqlite_shop: Shop) -> None:
    """A page of templates, versions, renders or sessions reads no other rows, and sorts none."""
    plans: list[str] = []

    async def operation(tx: Transaction) -> None:
        noting = Noting(tx)
        project_id: Any = sqlite_shop.project_id
        seen: Any = noting
        await templates.of_project(seen, project_id)
        await templates.after(seen, project_id, "a", 10)
        for tenant in (None, "acme"):
            await templates.with_manifests(seen, project_id, tenant, 10)
            await templates.count(seen, project_id, tenant, 10)
        await templates.versions(seen, "tpl_1", 5, 10)
        for after in (None, "rnd_1"):
            await renders.of_template(seen, "tpl_1", False, after, 10)
        await catalogs.newest(seen, project_id, "invoices")
        await partners.keys_of(seen, project_id)
        await sessions.ended_before(seen, 0, 10)
        assert len(noting.asked) == 12
        for asked in noting.asked:
            found = await tx.fetch_all(f"EXPLAIN QUERY PLAN {asked.sql}", *asked.params)
            plans.extend(f"{row['detail']}   {asked.sql[:90]}" for row in found)

    await sqlite_shop.database.read(operation)
    assert [one for one in plans if re.match(r"SCAN (?!had|named)|USE TEMP", one)] == []
