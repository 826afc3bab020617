"""Hooks, outgoing webhooks, and what a key cannot do."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.dialects.craftkit.conftest import ROOT, Press
from tests.receiver import Receiver
from tests.requirements.calling import bearer, key_of, send
from tests.shop import eventually
from tillgate.dialects.craftkit import CRAFTKIT

pytestmark = pytest.mark.anyio

DATA = {"title": "By hook", "rows": []}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.mark.spec("craftkit R24", "craftkit R52")
async def test_a_hook_renders_without_a_key(press: Press) -> None:
    """R24, R52: the token authenticates, the body is the flat data, and the render is the project's: its keys of that
    mode read it. A signature is checked where it is sent, and has to be where the template says so."""
    made = await press.publish()
    path, body = f"/hooks/{made.test.token}", json.dumps(DATA).encode()
    asked = await press.call("POST", path, body, key="")
    assert asked.status_code == 202, asked.text
    assert set(asked.json()) == {"id", "status", "pollUrl"}
    assert (await press.ended(asked.json()["id"]))["status"] == "succeeded"
    signed = hmac.new(made.test.secret.encode(), body, hashlib.sha256).hexdigest()
    for signature, status in ((signed, 202), ("0" * 64, 401), ("é", 401)):
        answer = await press.http.post(
            f"{ROOT}{path}", content=body, headers={"x-craftkit-signature": signature.encode("latin-1")}
        )
        assert answer.status_code == status, signature
        assert status == 202 or answer.json()["error"]["code"] == "invalid_signature"
    for wrong, code in ((b"{", "invalid_json"), (b"{}", "invalid_input_data")):
        assert (await press.call("POST", path, wrong, key="")).json()["error"]["code"] == code
    await press.publish(signature_required=True)
    unsigned = await press.call("POST", path, body, key="")
    assert (unsigned.status_code, unsigned.json()["error"]["code"]) == (401, "invalid_signature")
    # The live hook makes a live render, which a key of test mode does not see.
    live = await press.http.post(
        f"{ROOT}/hooks/{made.live.token}",
        content=body,
        headers={"x-craftkit-signature": hmac.new(made.live.secret.encode(), body, hashlib.sha256).hexdigest()},
    )
    assert (await press.call("GET", f"/renders/{live.json()['id']}")).status_code == 404


async def test_endpoints_are_told_how_a_render_ended(press: Press, receiver: Receiver) -> None:
    """Outgoing webhooks: the body, the headers, the signature over the body alone, and six attempts in all."""
    native = await press.shop.client()
    new = {"url": receiver.url, "events": ["render.succeeded", "render.failed"], "dialect": "craftkit"}
    secret = (await native.post("/webhook_endpoints", json=new)).json()["secret"]
    await press.publish("broken", "#panic()")
    good = await press.asked(DATA)
    bad = await press.asked(DATA, "broken")
    told = await eventually(lambda: receiver.received if len(receiver.received) == 2 else None)
    by_event = {one.json["event"]: one for one in told}
    succeeded, failed = by_event["render.succeeded"], by_event["render.failed"]
    assert set(succeeded.json) == {
        "event",
        "renderId",
        "templateId",
        "status",
        "downloadUrl",
        "errorMessage",
        "createdAt",
        "completedAt",
    }
    assert (succeeded.json["renderId"], succeeded.json["downloadUrl"]) == (good["id"], good["downloadUrl"])
    assert (failed.json["renderId"], failed.json["status"]) == (bad["id"], "failed")
    assert "panicked" in failed.json["errorMessage"]
    assert succeeded.headers["x-craftkit-event"] == "render.succeeded"
    signed = hmac.new(secret.encode(), succeeded.body, hashlib.sha256).hexdigest()
    assert succeeded.headers["x-craftkit-signature"] == signed
    assert CRAFTKIT.webhooks is not None
    assert CRAFTKIT.webhooks.attempts_max == 6


@pytest.mark.spec("craftkit R25", "craftkit R26", "craftkit R27", "craftkit R51")
async def test_a_key_changes_no_template_project_or_webhook(sqlite_press: Press) -> None:
    """R25 to R27: also one that was given every scope; R51: each refusal has the documents' envelope."""
    key = (await key_of(sqlite_press.shop, "*", format="craftkit")).secret.reveal()
    for method, path in (
        ("POST", "/templates"),
        ("PUT", "/templates/note"),
        ("DELETE", "/templates/note"),
        ("PATCH", "/projects/one"),
        ("POST", "/projects"),
        ("POST", "/webhooks"),
    ):
        answer = await sqlite_press.call(method, path, {}, key=key)
        assert answer.status_code in (404, 405), (method, path)
        assert set(answer.json()["error"]) == {"code", "message"}
    new = {"url": "https://shop.example/hook", "events": ["*"]}
    refused = await send(sqlite_press.shop.app, "POST", "/webhook_endpoints", bearer(key), json=new)
    assert refused.status_code == 403
    assert len((await sqlite_press.call("GET", "/templates")).json()["templates"]) == 1


async def test_too_many_renders_wait_and_a_server_without_typst_says_so(sqlite_press: Press) -> None:
    """503 both, with a code of their own; nothing is queued."""
    context = sqlite_press.shop.app._crossroads._apps[-1].context
    documents = context.documents
    app = sqlite_press.shop.app._crossroads._apps[-1]
    try:
        for changed, code in (
            (documents._replace(installed=False), "documents_not_installed"),
            (documents._replace(settings=documents.settings._replace(waiting_max=0)), "queue_unavailable"),
        ):
            app.context = app._spoken._context = context._replace(documents=changed)
            answer = await sqlite_press.call("POST", "/templates/note/render", {"data": DATA})
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, code)
    finally:
        app.context = app._spoken._context = context


async def test_each_of_many_names_is_one_document(press: Press) -> None:
    """Six at once, two of each name: as many documents as names."""
    answers = await asyncio.gather(
        *(press.call("POST", "/templates/note/render", {"data": DATA, "jobId": f"n{n % 3}"}) for n in range(6))
    )
    ids = {one.json()["id"] for one in answers}
    assert len(ids) == 3
    for render_id in ids:
        assert (await press.ended(render_id))["status"] == "succeeded"
    rows = await press.shop.database.read(lambda tx: tx.fetch_all("SELECT id FROM document_files LIMIT 50"))
    assert len(rows) == 3
