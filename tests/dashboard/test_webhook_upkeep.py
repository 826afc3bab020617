"""In the dashboard: a new signing secret beside the old one, and events sent again."""

import re

import pytest

from tests.dashboard.conftest import RAW_SECRET, Owner, hidden
from tests.dashboard.test_webhooks import endpoint
from tests.receiver import Received, Receiver
from tests.shop import eventually
from tillgate.base.clock import DAY_MS, HOUR_MS
from tillgate.events.signing import SigningSecret, signature_headers

pytestmark = pytest.mark.anyio


async def rotated(owner: Owner, path: str, overlap: str) -> tuple[str, str]:
    """The new secret, and the page that shows it."""
    form_id = hidden(await owner.page(f"{path}/rotate"), "form_id")
    answer = await owner.send(f"{path}/rotate", overlap=overlap, form_id=form_id)
    assert answer.status_code == 200, answer.text
    [secret] = RAW_SECRET.findall(answer.text)
    return secret, answer.text


def signed_by(secret: str, received: Received) -> bool:
    """Whether one of the signatures is by this secret."""
    headers = signature_headers(
        [SigningSecret(secret)],
        event_id=received.headers["webhook-id"],
        body=received.body,
        timestamp=int(received.headers["webhook-timestamp"]),
    )
    return headers["webhook-signature"] in received.headers["webhook-signature"].split(" ")


async def test_a_rotated_secret_is_shown_once_and_signs_beside_the_old_one(owner: Owner, receiver: Receiver) -> None:
    """For the overlap that was chosen both sign; then, or at once where that was chosen, only the new one."""
    path = await endpoint(owner, receiver.url, ["session.created"])
    first, shown = await rotated(owner, path, "3600")
    assert "Also signs until" in shown
    second, _ = await rotated(owner, path, "86400")
    page = await owner.page(path)
    assert f"{second[:12]}…" in page and "The previous secret also signs until" in page
    for secret in (first, second):
        assert secret not in page
    assert "The previous secret also signs until" in await owner.page(f"{path}/rotate")

    await owner.session()
    await eventually(lambda: len(receiver.received) == 1)
    owner.shop.clock.ahead_ms += DAY_MS + HOUR_MS
    assert "The previous secret" not in await owner.page(path)
    await owner.session()
    await eventually(lambda: len(receiver.received) == 2)
    third, shown = await rotated(owner, path, "0")
    assert "No longer used" in shown
    await owner.session()
    await eventually(lambda: len(receiver.received) == 3)
    by = [[signed_by(secret, one) for secret in (first, second, third)] for one in receiver.received]
    assert by == [[True, True, False], [False, True, False], [False, False, True]]


async def test_a_rotation_that_is_sent_again_makes_no_third_secret(owner: Owner) -> None:
    """A reload of the answer would end the overlap; it is refused and shows nothing. So is an overlap not offered."""
    path = await endpoint(owner, "https://shop.example/hook")
    form_id = hidden(await owner.page(f"{path}/rotate"), "form_id")
    for overlap in ("", "5", "-1", "604801", "x"):
        refused = await owner.send(f"{path}/rotate", overlap=overlap, form_id=form_id)
        assert refused.status_code == 422 and 'id="overlap-problem"' in refused.text
        assert not RAW_SECRET.search(refused.text)
    first = await owner.send(f"{path}/rotate", overlap="0", form_id=form_id)
    again = await owner.send(f"{path}/rotate", overlap="0", form_id=form_id)
    assert (first.status_code, again.status_code) == (200, 409)
    assert not RAW_SECRET.search(again.text)
    prefix = RAW_SECRET.findall(first.text)[0][:12]
    assert f"{prefix}…" in await owner.page(path)


async def test_what_did_not_arrive_is_sent_again_or_everything_or_a_range(
    owner_of_both: Owner, receiver: Receiver
) -> None:
    """Three sessions, of which the second failed and the third came while the endpoint was paused; that it was is an
    event between them, and the alert of it another."""
    owner = owner_of_both
    path = await endpoint(owner, receiver.url, ["session.created"])

    async def shown(words: str) -> str | None:
        page = await owner.page(path)
        return page if words in page else None

    await owner.session()
    await eventually(lambda: shown("Delivered"))
    receiver.status = 500
    await owner.session()
    await eventually(lambda: shown("500 ·"))
    receiver.status = 410
    owner.shop.clock.ahead_ms += 61_000
    await eventually(lambda: shown("410 Gone"))
    await owner.session()
    receiver.status = 200
    await owner.done(f"{path}/activate")
    await eventually(lambda: len(receiver.received) >= 3)

    def heard() -> list[int]:
        return [one.json["sequence"] for one in receiver.received]

    owner.shop.clock.ahead_ms += 10 * 60_000
    await eventually(lambda: heard() == [1, 2, 2, 2])
    await eventually(lambda: shown("3 of 6 attempts"))
    receiver.received.clear()
    again = {"after": "0", "before": "", "which": "missed"}
    assert "Replay events" in await owner.page(f"{path}/replay")
    assert await owner.done(f"{path}/replay", **again) == path
    assert "being sent again" in await owner.page(path)
    await eventually(lambda: heard() == [5])

    async def nothing_pending() -> bool:
        return "Pending" not in await owner.page(path)

    await eventually(nothing_pending)
    await owner.done(f"{path}/replay", **again)
    assert "nothing to replay" in await owner.page(path)
    receiver.received.clear()
    await owner.done(f"{path}/replay", **(again | {"after": "1", "which": "everything"}))
    await eventually(lambda: sorted(heard()) == [2, 5])
    await eventually(nothing_pending)
    receiver.received.clear()
    await owner.done(f"{path}/replay", **(again | {"after": "1", "before": "3", "which": "everything"}))
    await eventually(lambda: heard() == [2])


async def test_a_long_range_goes_on_where_it_stopped(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form comes back with the next sequence filled in, until the end of the range."""
    monkeypatch.setattr("tillgate.events.deliveries.operations.REPLAY_MAX", 2)
    path = await endpoint(owner, "https://93.184.216.34/hook", ["session.expired"])
    for _ in range(3):
        await owner.session()
    where = await owner.done(f"{path}/replay", after="0", before="", which="everything")
    assert where == f"{path}/replay?from=2&before=&which=everything"
    page = await owner.page(where)
    assert "first part of the range" in page
    assert re.search(r'name="after"[^>]* value="2"', page)
    assert re.search(r'value="everything"[^>]* checked', page)
    assert await owner.done(f"{path}/replay", after="2", before="", which="everything") == path


async def test_a_wrong_range_is_named_and_nothing_is_sent(owner: Owner, receiver: Receiver) -> None:
    """Whatever is typed; and what stands in the address is taken for a number or not at all."""
    path = await endpoint(owner, receiver.url, ["session.created"])
    good = {"after": "0", "before": "9", "which": "everything"}
    for field, value in (
        ("after", ""), ("after", "-1"), ("after", "1.5"), ("after", "٣"), ("after", "9" * 30), ("after", str(2**53)),
        ("after", "1"),  # beyond the end of a log that is empty
        ("before", "x"), ("before", "0x10"), ("which", ""), ("which", "none"),
    ):  # fmt: skip
        answer = await owner.send(f"{path}/replay", **(good | {field: value}))
        assert answer.status_code == 422, (field, value)
        assert f'id="{field}-problem"' in answer.text
    page = await owner.page(f'{path}/replay?from="><b>&before=1e9&which=x')
    assert '"><b>' not in page and re.search(r'name="after"[^>]* value="0"', page)
    assert receiver.received == []
