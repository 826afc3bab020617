"""A project's settings: what a merchant says, what buyers see of it, and who may say it."""

import asyncio
import html
import re

import httpx
import pytest

from tests.checkout.projects.test_images import jpeg, png
from tests.dashboard.conftest import Owner, browser_of
from tests.shop import PUBLIC_URL
from tillgate.pages.brand import CONTRAST_MIN, DARK, LIGHT, contrast, style_of, text_on

pytestmark = pytest.mark.anyio

GIVEN = {
    "name": "Corner shop",
    "colour": "#ffdd00",
    "address": "1 High Street\nTown",
    "taxId": "GB123456789",
    "footer": "Registered at Example, 7",
    "supportEmail": "help@example.com",
    "termsUrl": "https://example.com/terms",
    "privacyUrl": "https://example.com/privacy",
    "locale": "de",
    "timeZone": "Europe/London",
    "successUrl": "https://example.com/thanks",
    "cancelUrl": "https://example.com/basket",
    "sessionLifetimeMinutes": "30",
    "tolerancePercentage": "0.5",
    "toleranceAmount": "0.25",
    "toleranceCurrency": "USD",
    "sweepLeast": "2.50",
    "mailBuyers": "yes",
}


async def upload(owner: Owner, content: bytes, name: str = "logo.png", kind: str = "image/png") -> httpx.Response:
    return await owner.http.post(
        "/dashboard/settings/logo", data={"csrf": owner.csrf}, files={"logo": (name, content, kind)}
    )


async def checkout(owner: Owner) -> httpx.Response:
    """The page of a new session, as its buyer gets it."""
    path = await owner.session()
    async with browser_of(owner.shop) as http:
        return await http.get(f"/checkout/{path.rpartition('/')[2]}")


async def test_what_is_set_comes_back_and_stands_in_the_audit_log(owner_of_both: Owner) -> None:
    """The form shows what was saved; saving it again changes nothing."""
    owner = owner_of_both
    await owner.done("/settings", **GIVEN)
    page = await owner.page("/settings")
    for name, value in GIVEN.items():
        if name not in ("locale", "mailBuyers", "address", "footer"):
            assert re.search(rf'name="{name}"[^>]*value="{re.escape(value)}"', page), name
    assert '<option value="de" selected' in page
    assert "1 High Street\nTown</textarea>" in page and "Registered at Example, 7</textarea>" in page
    lines = await owner.shop.keys.store.audit_of(owner.shop.project_id, None, None, 50)
    (line,) = [one for one in lines if one.action == "project.settings_changed"]
    assert line.detail["colour"] == {"from": "", "to": "#ffdd00"}
    await owner.done("/settings", **GIVEN)
    again = await owner.shop.keys.store.audit_of(owner.shop.project_id, None, None, 50)
    assert len(again) == len(lines)


async def test_a_wrong_setting_keeps_the_others_in_the_form(owner: Owner) -> None:
    """What was wrong is named beside its field, and nothing is saved."""
    answer = await owner.send("/settings", **GIVEN | {"timeZone": "Nowhere/Land", "colour": "#123456"})
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert 'id="timeZone-problem"' in page
    assert 'value="#123456"' in page
    assert 'value="#123456"' not in await owner.page("/settings")


async def test_what_two_people_save_at_once_is_shown_to_the_second(owner_of_both: Owner) -> None:
    """Nothing of theirs is saved: beside each field in which they differ is what the first has saved, and what the
    second typed is in it. Saved again, that stands. Who saves what is there already, or has nothing to change, is not
    held up."""
    owner = owner_of_both
    version = await owner.settings_version()
    await owner.done("/settings", **GIVEN, version=version)
    typed = GIVEN | {"name": "Other shop", "colour": "#000000", "address": "", "locale": "", "mailBuyers": ""}
    for stale in (version, ""):
        answer = await owner.send("/settings", **typed, version=stale)
        page = html.unescape(answer.text)
        assert answer.status_code == 409
        assert "Somebody else changed the settings while you had them open" in page
        for name, theirs in {
            "name": "Corner shop", "colour": "#ffdd00", "address": "1 High Street\nTown", "locale": "Deutsch",
            "mailBuyers": "switched on",
        }.items():  # fmt: skip
            assert f'id="{name}-problem">Saved meanwhile: {theirs}</p>' in page
        assert page.count("Saved meanwhile") == 5
        assert 'value="Other shop"' in page
        assert 'value="#000000"' in page
    assert 'value="Corner shop"' in await owner.page("/settings")
    assert await owner.done("/settings", **GIVEN, version=version) == "/settings"

    shown = re.search(r'name="version" value="(\w+)"', page)
    assert shown is not None
    assert await owner.done("/settings", **typed, version=shown[1]) == "/settings"
    assert 'value="Other shop"' in await owner.page("/settings")


async def test_of_two_who_save_in_the_same_moment_one_is_refused(owner_of_both: Owner) -> None:
    """Whatever the database: what was read is compared under the project's lock, name and settings as one."""
    owner = owner_of_both
    for number in range(5):
        version = await owner.settings_version()
        both = [{**GIVEN, "name": f"Shop {number} of {one}", "taxId": f"{number} of {one}"} for one in "ab"]
        answers = await asyncio.gather(*(owner.send("/settings", **fields, version=version) for fields in both))
        assert sorted(one.status_code for one in answers) == [303, 409]
        won = both[[one.status_code for one in answers].index(303)]
        page = await owner.page("/settings")
        assert f'value="{won["name"]}"' in page
        assert f'value="{won["taxId"]}"' in page


async def test_buyers_see_the_seller(owner: Owner) -> None:
    """Who sells, where to turn, terms and privacy; where nothing is set, nothing is shown."""
    assert "seller" not in (await checkout(owner)).text
    await owner.done("/settings", **GIVEN | {"address": "1 <b>High</b> Street", "taxId": "<i>1</i>", "locale": ""})
    page = (await checkout(owner)).text
    assert "1 &lt;b&gt;High&lt;/b&gt; Street" in page
    assert "Tax ID: &lt;i&gt;1&lt;/i&gt;" in page
    for address in ("mailto:help%40example.com", "https://example.com/terms", "https://example.com/privacy"):
        assert f'href="{address}"' in page


async def test_a_projects_language_is_its_sessions(owner: Owner) -> None:
    """Where the session says none of its own."""
    await owner.done("/settings", **GIVEN)
    page = (await checkout(owner)).text
    assert '<html lang="de"' in page
    assert "Steuernummer: " in page


async def test_a_colour_is_a_style_sheet_of_numbers(owner: Owner) -> None:
    """It is linked, not written into the page; what is no colour has no style sheet."""
    await owner.done("/settings", **GIVEN)
    page = (await checkout(owner)).text
    assert '<link rel="stylesheet" href="/colours/ffdd00.css">' in page
    assert "style=" not in page
    async with browser_of(owner.shop) as http:
        answer = await http.get("/colours/ffdd00.css")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert re.fullmatch(r"[\s:root{}@mediaprfs\-colr\w#;():]*", answer.text)
        for wrong in ("FFDD00", "ffdd0", "ffdd00;", "red", "..%2f..%2fx"):
            assert (await http.get(f"/colours/{wrong}.css")).status_code == 404


@pytest.mark.parametrize("colour", ["ffdd00", "000000", "ffffff", "14614a", "808080", "0000ff", "ff0000", "777777"])
def test_text_stays_readable_in_any_colour(colour: str) -> None:
    """As links on both grounds, and as the text on a button, also while the pointer is on it (WCAG 2.2, 1.4.3)."""
    accents = re.findall(r"--accent(?:-hover)?: #(\w{6})", style_of(colour))
    light, light_hover, dark, dark_hover = [tuple(bytes.fromhex(one)) for one in accents]
    assert contrast(light, LIGHT) >= CONTRAST_MIN
    assert contrast(dark, DARK) >= CONTRAST_MIN
    texts = [tuple(bytes.fromhex(one)) for one in re.findall(r"--on-accent: #(\w{6})", style_of(colour))]
    assert texts == [text_on(light), text_on(dark)]
    for text, grounds in zip(texts, ((light, light_hover), (dark, dark_hover)), strict=True):
        assert all(contrast(text, ground) >= CONTRAST_MIN for ground in grounds)


async def test_a_logo_is_served_as_nothing_but_an_image(owner_of_both: Owner) -> None:
    """Under a name of its content, with the type that its content has, and in a sandbox."""
    owner = owner_of_both
    picture = jpeg(40, 30)
    answer = await upload(owner, picture, "logo.html", "text/html")
    assert answer.status_code == 303, answer.text
    page = (await checkout(owner)).text
    found = re.search(r'<img class="logo" src="(/logos/[^"]+)" alt="">', page)
    assert found is not None
    async with browser_of(owner.shop) as http:
        logo = await http.get(found[1])
        assert (logo.status_code, logo.content) == (200, picture)
        assert logo.headers["content-type"] == "image/jpeg"
        assert logo.headers["x-content-type-options"] == "nosniff"
        assert logo.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "immutable" in logo.headers["cache-control"]
        for wrong in (f"{found[1][:-1]}0", "/logos/prj_nope/0", f"{found[1]}%00"):
            gone = await http.get(wrong)
            assert gone.status_code == 404 or wrong == found[1]
        assert (await upload(owner, png(20, 20))).status_code == 303
        assert (await http.get(found[1])).status_code == 404
    await owner.done("/settings/logo/remove")
    assert 'class="monogram"' in (await checkout(owner)).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG, JPEG or WebP"),
        (png() + b"<script>", "PNG, JPEG or WebP"),
        (png(1, 2_000), "1024 pixels"),
        (b"\x89PNG" + b"\0" * 110_000, "100 kB"),
    ],
    ids=["svg", "something behind it", "too wide", "too large"],
)
async def test_a_logo_that_will_not_do_is_refused(owner: Owner, content: bytes, words: str) -> None:
    """By its content; the page says what would do."""
    answer = await upload(owner, content)
    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert 'id="logo-problem"' in answer.text


async def test_an_upload_is_bounded_and_a_form(owner: Owner) -> None:
    """Anything else is refused before it is looked at."""
    assert (await upload(owner, b"\0" * 300_000)).status_code == 413
    assert (await owner.send("/settings/logo", logo="x")).status_code == 415
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\nbroken", b"--x--\r\n", b"--y\r\n\r\n--y--"):
        answer = await owner.http.post("/dashboard/settings/logo", content=body, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text
    nothing = {"content-type": "multipart/form-data"}
    assert (await owner.http.post("/dashboard/settings/logo", content=b"x", headers=nothing)).status_code == 400
    assert (await owner.http.post("/dashboard/settings/logo", files={"logo": png()})).status_code == 403


async def test_the_page_costs_no_query_more_for_its_settings(owner: Owner) -> None:
    """Name, settings and logo come in one read; the API's GET reads none of them."""
    await owner.done("/settings", **GIVEN)
    await upload(owner, png())
    path = await owner.session()
    session_id, statements = path.rpartition("/")[2], list[str]()
    database = owner.shop.app._database
    read = database.read

    async def counted(operation: object) -> object:
        statements.append(getattr(operation, "__qualname__", ""))
        return await read(operation)  # type: ignore[arg-type]

    async with browser_of(owner.shop) as http:
        client = await owner.shop.client()
        await client.get(f"/checkout_sessions/{session_id}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "read", counted)
            assert (await http.get(f"{PUBLIC_URL}/checkout/{session_id}")).status_code == 200
            of_page = len(statements)
            statements.clear()
            await client.get(f"/checkout_sessions/{session_id}")
    # The session, the project, and what the price is made of.
    assert of_page == 3
    assert not any("get_profile" in one or "_view" in one for one in statements)
