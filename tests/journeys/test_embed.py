"""A partner's page on another origin: its customer chooses a template, fills it in, looks at it and publishes it."""

import http.server
import json
import re
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.house.source import ROOT
from tests.running import RunningServer

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "docs/embedding.md").read_text("utf-8")
# What the guide has a partner write, and beside it who remembers what was said.
PAGE = """<!doctype html><html lang="en"><title>A partner</title>
<style>iframe { width: 100%; height: 90vh; border: 0 }</style>
<h1>A partner</h1><script>
window.heard = [];
window.addEventListener("message", (event) => window.heard.push(event.data));
</script>"""


def block(language: str) -> str:
    """The guide's one block of a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


class Partner:
    """An application elsewhere."""

    def __init__(self) -> None:
        self.html = ""
        partner = self

        class Pages(http.server.BaseHTTPRequestHandler):
            """The page, whatever is asked for."""

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(partner.html.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.origin = f"http://localhost:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def partners() -> Iterator[tuple[Partner, Partner]]:
    """One that is on the list, and one that is not."""
    made = (Partner(), Partner())
    yield made
    for one in made:
        one.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    made = RunningServer(tmp_path / "data").start()
    yield made
    made.stop()


def token_of(keys: dict[str, Any], **ck: Any) -> str:
    """What the guide has a partner sign, and with other terms."""
    sample: dict[str, Any] = {}
    exec(block("python"), sample)  # noqa: S102 — the guide's own lines
    arguments = (keys["testPublishableKey"], keys["keyId"], keys["signingKey"])
    token: str = sample["session_token"](*arguments)
    if not ck:
        return token
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["ck"] |= ck
    return jwt.encode(claims, keys["signingKey"], algorithm="EdDSA", headers={"kid": keys["keyId"]})


def heard(page: Page, type: str) -> Any:
    """The last message of a type that the partner's page has heard, once there is one."""
    found = page.wait_for_function("type => window.heard.findLast(one => one.type === type)", arg=type)
    return found.json_value()


def is_good_everywhere(page: Page) -> None:
    """In the frame no rule of axe is broken, and nothing is wider than a phone."""
    inside = page.frames[-1]
    assert run_axe(inside).violations == []
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 390, "height": 844})
    inside.wait_for_function("innerWidth < 400")
    assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size(size)


@pytest.mark.spec("craftkit R29", "craftkit R39")
def test_a_partners_customer_publishes_a_template_inside_of_its_page(
    server: RunningServer, partners: tuple[Partner, Partner], open_page: OpenPage, browser: Browser
) -> None:
    """R29, R39: with a token that the partner signed itself. What is typed is seen at once and published within the
    session's limits, the partner's page hears of it, and no page elsewhere may show any of it."""
    partner, other = partners
    server.project()
    for line in block("sh").splitlines():
        said = server.cli(*shlex.split(line.replace("https://app.example.com", partner.origin))[1:])
    keys = json.loads(said)
    server.cli("templates", "publish", "--slug", "bill", "--name", "Bill", "--starter", "invoice")
    token = token_of(keys)
    address = f"{server.url}/embed/builder?session_token={token}"
    shown = block("html").replace("https://pay.example.com", server.url).replace("TOKEN", token)
    partner.html = other.html = f"{PAGE}{shown}</html>"

    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(partner.origin)
    frame = page.frame_locator("#documents")
    assert heard(page, "ready") == {"source": "craftkit", "v": 1, "type": "ready"}
    expect(frame.get_by_role("heading", name="Choose a template")).to_be_visible()
    is_good_everywhere(page)
    frame.get_by_role("button", name="Choose Bill").click()
    expect(frame.get_by_label("Seller", exact=True)).to_have_value("Acme Ltd")
    picture = frame.get_by_role("img", name="Page 1 of the preview")
    expect(picture).to_be_visible()
    before = picture.get_attribute("src") or ""
    frame.get_by_label("Seller", exact=True).fill("Acme & Sons")
    expect(picture).not_to_have_attribute("src", before)
    is_good_everywhere(page)
    page.evaluate(
        "origin => document.getElementById('documents').contentWindow.postMessage("
        "{source: 'craftkit', v: 1, type: 'fill', data: {'seller.name': 'Filled by the partner'}}, origin)",
        server.url,
    )
    expect(frame.get_by_label("Seller", exact=True)).to_have_value("Filled by the partner")
    frame.get_by_text("Layout").click()
    source = frame.get_by_label("Typst source")
    written = source.input_value().rstrip()
    source.fill(f"{written}\n#nothing-like-that")
    expect(frame.get_by_text(f"Line {len(written.splitlines()) + 1}: unknown variable")).to_be_visible()
    assert heard(page, "preview_failed")["line"] == len(written.splitlines()) + 1
    source.fill(f"{written}\nThank you.")
    frame.get_by_label("Name of the template").fill("Bill of Acme")
    with page.expect_console_message(lambda message: message.type == "log") as logged:
        frame.get_by_role("button", name="Publish").click()
    expect(frame.get_by_role("heading", name="Published")).to_be_visible()
    told = heard(page, "published")
    assert logged.value.text == f"Version 1 of {told['template']} is published."
    assert (told["version"], told["template"].startswith("bill-")) == (1, True)

    key = json.loads(server.cli("keys", "create", "--name", "api", "--mode", "test", "--format", "craftkit", "--json"))[
        "key"
    ]
    with httpx.Client(base_url=f"{server.url}/v1", trust_env=False, headers={"Authorization": f"Bearer {key}"}) as api:
        made = api.get(f"/templates/{told['template']}").json()
        assert (made["name"], made["id"]) == ("Bill of Acme", told["templateId"])
        listed = [one["slug"] for one in api.get("/templates").json()["templates"]]
    assert listed == ["bill"]  # the project's own, which is as it was

    frame.get_by_role("button", name="Go on with it").click()
    frame.get_by_role("button", name="Publish").click()
    expect(frame.get_by_role("alert")).to_contain_text("As much was published in this session as may be.")

    # A page of an origin that is not on the list shows nothing, and hears nothing.
    strange = browser.new_context()
    elsewhere = strange.new_page()
    with elsewhere.expect_console_message(lambda message: "frame-ancestors" in message.text):
        elsewhere.goto(other.origin)
    assert elsewhere.frame_locator("#documents").locator("main").count() == 0
    assert elsewhere.evaluate("window.heard") == []
    strange.close()

    # Without scripts the same forms do it by their buttons.
    plain = open_page(java_script_enabled=False)
    plain.goto(address)
    plain.get_by_role("button", name="Choose Bill of Acme").click()
    plain.get_by_role("button", name="Preview").last.click()
    expect(plain.get_by_role("img", name="Page 1 of the preview")).to_be_visible()
    plain.get_by_role("button", name="Add a row").click()
    expect(plain.get_by_role("group", name="Lines, row 3")).to_be_visible()
