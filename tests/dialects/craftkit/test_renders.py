"""Templates, renders and their files, as CraftKit documents them."""

import asyncio
import io
import uuid

import pypdf
import pytest

from keyturn import FORMATS, Kind, Mode, generate, resume, suspend
from tests.dialects.craftkit.conftest import Press
from tests.requirements.calling import key_of
from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.dialects.craftkit.shapes import own_id
from tillgate.documents.renders.jobs import NO_END, Renderings
from tillgate.documents.renders.operations import TEST_JOB
from tillgate.documents.templates.manifest import ROWS_MAX, Loop, Manifest, Variable, bound
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

DATA = {"title": "Hello *you* $1$ #read(1)", "rows": [{"name": "a", "amount": "1.50"}], "unknown": 1}


def text_of(content: bytes) -> list[str]:
    """What stands on each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.mark.spec("craftkit R9", "craftkit R10", "craftkit R22", "craftkit R23", "craftkit R50")
async def test_a_document_is_asked_for_read_and_downloaded(press: Press) -> None:
    """R22, R50: POST a render against a template; R23: read it. R9, R10: a test key's document says TEST on each page,
    as text that can be selected, and a live key's does not."""
    asked = await press.call("POST", "/templates/note/render", {"data": DATA})
    assert asked.status_code == 202, asked.text
    told = asked.json()
    assert set(told) == {"id", "status", "pollUrl", "downloadUrl", "errorMessage", "createdAt"}
    assert (told["status"], told["downloadUrl"], str(uuid.UUID(told["id"]))) == ("queued", None, told["id"])
    assert told["pollUrl"].endswith(f"/v1/renders/{told['id']}")
    ended = await press.ended(told["id"])
    assert ended["status"] == "succeeded", ended
    assert ended["durationMs"] >= 0
    assert ended["downloadUrl"] == f"{told['pollUrl']}/download"
    file = await press.call("GET", f"/renders/{told['id']}/download")
    assert (file.status_code, file.headers["content-type"]) == (200, "application/pdf")
    assert file.headers["content-disposition"] == f'attachment; filename="{told["id"]}.pdf"'
    [page] = text_of(file.content)
    assert "TEST" in page
    assert "Hello *you* $1$ #read(1)" in page
    assert "a: 1.5" in page

    live = (await key_of(press.shop, format="craftkit", mode="live")).secret.reveal()
    done = await press.asked(DATA, key=live, filename="año 1.pdf")
    file = await press.call("GET", f"/renders/{done['id']}/download", key=live)
    assert "TEST" not in text_of(file.content)[0]
    assert (
        file.headers["content-disposition"] == "attachment; filename=\"a_o 1.pdf\"; filename*=UTF-8''a%C3%B1o%201.pdf"
    )
    # What one mode made is not there in the other.
    assert (await press.call("GET", f"/renders/{done['id']}")).json()["error"]["code"] == "not_found"
    [counted] = await press.shop.database.read(
        lambda tx: tx.fetch_all("SELECT renders, asked_by FROM render_counts LIMIT 5")
    )
    assert counted["renders"] == 1


async def test_one_name_is_one_render(press: Press) -> None:
    """Idempotency: by the header, which wins over ``jobId``; concurrent doubles are one render; a replay is 200 with
    the render as it is now, also where it failed."""
    answers = await asyncio.gather(
        *(
            press.call("POST", "/templates/note/render", {"data": DATA, "jobId": f"j{n}"}, idempotency_key="one")
            for n in range(4)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 202]
    assert len({one.json()["id"] for one in answers}) == 1
    await press.ended(answers[0].json()["id"])
    again = await press.call("POST", "/templates/note/render", {"data": DATA, "jobId": "one"})
    assert (again.status_code, again.json()["status"]) == (200, "succeeded")
    assert again.json()["downloadUrl"]
    await press.publish("broken", '#panic("no")')
    failed = await press.call(
        "POST", "/templates/broken/render", {"data": DATA, "jobId": "b", "options": {"sync": True}}
    )
    assert (failed.status_code, failed.json()["status"]) == (200, "failed")
    assert failed.json()["errorMessage"] == "line 1, column 1: panicked with: no"
    again = await press.call("POST", "/templates/broken/render", {"data": DATA, "jobId": "b"})
    assert (again.status_code, again.json()["id"]) == (200, failed.json()["id"])


async def test_a_render_stays_with_its_version(sqlite_press: Press) -> None:
    """The current one, or that which ``options.versionNumber`` names."""
    await sqlite_press.publish(source="Second")
    texts = []
    for options in ({}, {"versionNumber": 1}):
        done = await sqlite_press.asked(DATA, **options)
        texts += text_of((await sqlite_press.call("GET", f"/renders/{done['id']}/download")).content)
    assert "Second" in texts[0]
    assert "Hello" in texts[1]
    [template] = (await sqlite_press.call("GET", "/templates")).json()["templates"]
    assert (template["slug"], template["currentVersionNumber"], template["published"]) == ("note", 2, True)
    whole = (await sqlite_press.call("GET", "/templates/note")).json()
    assert whole["jsonSchema"]["required"] == ["title"]
    assert whole["manifest"]["loops"][0]["key"] == "rows"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/templates/note/render", b"{", (400, "invalid_json")),
        ("/templates/note/render", {"data": []}, (400, "invalid_request")),
        ("/templates/note/render", {"data": DATA, "more": 1}, (400, "invalid_request")),
        ("/templates/note/render", {"data": DATA, "jobId": ""}, (400, "invalid_request")),
        ("/templates/note/render", {"data": {}}, (400, "invalid_input_data")),
        ("/templates/note/render", {"data": DATA | {"customer": {"email": "x"}}}, (400, "invalid_input_data")),
        ("/templates/note/render", {"data": DATA | {"rows": [{"amount": 1}]}}, (400, "invalid_input_data")),
        ("/templates/note/render", {"data": DATA | {"rows": [{}] * 10_001}}, (400, "invalid_input_data")),
        (
            "/templates/note/render",
            {"data": DATA | {"rows": [{"name": "a", "amount": 10**400}]}},
            (400, "invalid_input_data"),
        ),
        ("/templates/note/render", {"data": DATA, "options": {"filename": "../x"}}, (400, "invalid_request")),
        ("/templates/note/render", {"data": DATA, "options": {"filename": "a\r\nb: c"}}, (400, "invalid_request")),
        ("/templates/none/render", {"data": DATA}, (404, "template_not_found")),
        ("/templates/note/render", {"data": DATA, "options": {"versionNumber": 9}}, (404, "version_not_found")),
        ("/hooks/hk_test_none", {}, (404, "invalid_token")),
    ],
)
async def test_what_is_wrong_is_told_by_the_documents_codes(
    sqlite_press: Press, path: str, body: object, expected: tuple[int, str]
) -> None:
    """In its envelope; what is wrong with a field is among ``issues``."""
    headers = {"content_type": "application/json"} if isinstance(body, bytes) else {}
    answer = await sqlite_press.call("POST", path, body, **headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == expected, answer.text
    if error["code"] in ("invalid_request", "invalid_input_data"):
        assert error["issues"]["fieldErrors"] or error["issues"]["formErrors"]


@pytest.mark.spec("craftkit R1", "craftkit R30", "craftkit R31", "craftkit R33")
async def test_every_route_asks_for_a_key(sqlite_press: Press) -> None:
    """R1, R30, R33: without the header, also with another scheme, it is missing. R31: with a Bearer that is no key, it
    is wrong."""
    foreign = (await key_of(sqlite_press.shop, format="crossmint")).secret.reveal()
    for method, path in (
        ("GET", "/templates"),
        ("GET", "/templates/note"),
        ("POST", "/templates/note/render"),
        ("GET", "/renders/0193c2c3"),
        ("GET", "/renders/0193c2c3/download"),
    ):
        nothing = await sqlite_press.call(method, path, {}, key="")
        assert (nothing.status_code, nothing.json()["error"]["code"]) == (401, "missing_authorization")
        basic = await sqlite_press.call(method, path, {}, key="", authorization="Basic abc")
        assert (basic.status_code, basic.json()["error"]["code"]) == (401, "missing_authorization"), path
        for wrong in ("ck_live_wrong", foreign):
            answer = await sqlite_press.call(method, path, {}, key=wrong)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_credentials"), path
    assert (await sqlite_press.call("GET", "/renders/0193c2c3")).json()["error"]["code"] == "not_found"


def test_rows_that_are_sent_empty_fill_nothing_without_bound() -> None:
    """A row of two characters has all its fields once it is read: what all loops have together is bounded."""
    loops = [Loop(name, [Variable(f"f{number}") for number in range(11)]) for name in ("a", "b")]
    rows = [{}] * ROWS_MAX
    assert len(bound(Manifest([], loops[:1]), {"a": rows})["a"]) == ROWS_MAX
    with pytest.raises(InvalidInput) as refused:
        bound(Manifest([], loops), {"a": rows, "b": rows})
    assert refused.value.code == "invalid_input_data"


async def test_whoever_asks_to_wait_is_answered_at_once_where_many_do(sqlite_press: Press) -> None:
    """202, and the document is made all the same: those that wait are bounded, and so is how often they look."""
    engine = sqlite_press.shop.app._crossroads._apps[-1].context.documents.engine
    engine.callers, before = asyncio.Semaphore(0), engine.callers
    try:
        body = {"data": DATA, "options": {"sync": True}}
        answer = await sqlite_press.call("POST", "/templates/note/render", body)
    finally:
        engine.callers = before
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert (await sqlite_press.ended(answer.json()["id"]))["status"] == "succeeded"


async def test_a_render_that_nobody_makes_any_more_comes_to_its_end(press: Press) -> None:
    """Its job failed for good without a word, as where each of its workers was killed: it does not wait for ever."""
    shop = press.shop
    made = await press.asked(DATA)
    render_id = own_id(ids.RENDER, made["id"])

    async def abandoned(tx: Transaction) -> None:
        undo = "UPDATE renders SET status = 'rendering', completed_at = NULL WHERE id = $1"
        await tx.execute(undo, render_id)
        await tx.execute("DELETE FROM document_files WHERE id = $1", render_id)
        await tx.execute(
            "INSERT INTO jobs (id, kind, key, project_id, lane, payload, state, run_at, lease_until, attempts, error, "
            "created_at, updated_at) VALUES ($1, $2, $3, $4, 'none', '{}', 'failed', NULL, 0, 9, 'killed', 0, 0) "
            # Whoever made it may not have recorded that yet.
            "ON CONFLICT (kind, key) DO UPDATE SET state = 'failed', run_at = NULL, lease_until = 0, attempts = 9",
            ids.new_id(ids.JOB),
            TEST_JOB,
            render_id,
            shop.project_id,
        )

    await shop.database.write(abandoned)
    drop = Renderings(shop.database, shop.app._crossroads._apps[-1].context.documents).kinds()[-1]
    await drop.run(None)  # type: ignore[arg-type]
    told = (await press.call("GET", f"/renders/{made['id']}")).json()
    assert (told["status"], told["errorMessage"]) == ("failed", NO_END)


@pytest.mark.spec(
    *("craftkit R5", "craftkit R15", "craftkit R16", "craftkit R17", "craftkit R19", "craftkit R20", "craftkit R21"),
    *("craftkit R28", "craftkit R31", "craftkit R32", "craftkit R35", "craftkit R47"),
)
async def test_a_key_ends_at_once_and_opens_its_own_project_alone(sqlite_press: Press) -> None:
    """On CraftKit's routes. R19, R20, R31: a revoked key is 401 ``invalid_credentials`` from its next call on; R15 to
    R17, R21, R47: the others of the project work on. R5, R28: another project's renders and templates are not there.
    R35: nor does a key work that this installation has not made. R32: a suspended project is 403
    ``partner_suspended``."""
    shop, made = sqlite_press.shop, await sqlite_press.asked(DATA)
    path = f"/renders/{made['id']}"

    async def told(key: str, where: str = path) -> tuple[int, str]:
        answer = await sqlite_press.call("GET", where, key=key)
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    old, new = [await key_of(shop, format="craftkit", name=name) for name in ("jobs", "hooks")]
    assert [await told(one.secret.reveal()) for one in (old, new)] == [(200, "")] * 2
    await shop.revoke(old.key.id)
    assert await told(old.secret.reveal()) == (401, "invalid_credentials")
    assert await told(new.secret.reveal()) == (200, "")

    other = await key_of(shop, format="craftkit", project_id=await shop.project())
    assert await told(other.secret.reveal()) == (404, "not_found")
    assert await told(other.secret.reveal(), "/templates/note") == (404, "template_not_found")
    elsewhere = generate(FORMATS["craftkit"], Kind.SECRET, Mode.TEST).reveal()
    assert await told(elsewhere) == (401, "invalid_credentials")

    named = {"project_id": shop.project_id, "by": "operator:test"}
    await suspend(shop.keys.store, shop.clock, reason="unpaid", **named)
    assert await told(new.secret.reveal()) == (403, "partner_suspended")
    await resume(shop.keys.store, shop.clock, **named)
    assert await told(new.secret.reveal()) == (200, "")
