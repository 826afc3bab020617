"""The key page of a project with many keys."""

import html
import re
from typing import Any

import pytest

from keyturn.keys.listing import KeyFilter, every_key
from keyturn.keys.model import Status
from tests.dashboard.conftest import Owner
from tillgate.base.clock import DAY_MS, to_rfc3339
from tillgate.dashboard.keys import KEYS_SHOWN

pytestmark = pytest.mark.anyio


async def test_keys_are_shown_a_page_at_a_time_and_found_by_name(owner: Owner) -> None:
    """Each key is on one page; the search and the status are kept from page to page."""
    for number in range(KEYS_SHOWN + 3):
        await owner.shop.issued(["links:read"], name=f"till {number:02}")
    first = await owner.page("/api-keys")
    [older] = re.findall(r'rel="next" href="/dashboard(/api-keys[^"]*)"', first)
    second = await owner.page(older)
    shown = [re.findall(r'class="row-link" href="/dashboard/api-keys/(key_\w+)"', page) for page in (first, second)]
    assert [len(one) for one in shown] == [KEYS_SHOWN, 3]
    assert len(set(shown[0]) | set(shown[1])) == KEYS_SHOWN + 3
    found = await owner.page("/api-keys?mode=test&q=TILL%2007")
    assert re.findall(r'api-keys/key_\w+">(till \d\d)</a>', found) == ["till 07"]
    assert "No test key fits" in await owner.page("/api-keys?mode=test&show=unused")


async def test_keys_are_tagged_and_found_by_tag_and_by_their_end(owner: Owner) -> None:
    """A tag is typed with the key, shown beside it, changed and followed to the keys that bear it; what is none is said
    beside its field. Keys that end within a month are listed apart."""
    fields: dict[str, Any] = {"mode": "test", "kind": "secret", "scopes": ["links:read"]}
    for name, tags in (("till", "staging team:red"), ("office", "")):
        made = await owner.send("/api-keys", name=name, tags=tags, **fields)
        assert made.status_code < 400, made.text
    page = await owner.page("/api-keys")
    assert 'href="/dashboard/api-keys?tag=team%3Ared">team:red</a>' in page
    found = await owner.page("/api-keys?tag=team%3Ared")
    assert "Only keys with the tag team:red" in re.sub(r"</?strong>", "", found)
    assert re.findall(r'api-keys/(key_\w+)">(\w+)</a>', found)[0][1] == "till" and ">office</a>" not in found
    [key_id] = set(re.findall(r'class="row-link" href="/dashboard/api-keys/(key_\w+)"', found))
    wrong = await owner.send(f"/api-keys/{key_id}/edit", name="till", tags="-no", scopes=["links:read"])
    assert wrong.status_code == 422 and "is no tag" in html.unescape(wrong.text)
    soon = to_rfc3339(owner.shop.clock.now() + 10 * DAY_MS)[:10]
    changed = await owner.send(
        f"/api-keys/{key_id}/edit", name="till", tags="beta", scopes=["links:read"], expires=soon
    )
    assert changed.status_code < 400, changed.text
    assert ">till</a>" not in await owner.page("/api-keys?tag=staging")
    assert ">till</a>" in await owner.page("/api-keys?show=expiring&tag=beta")
    assert ">office</a>" not in await owner.page("/api-keys?show=expiring")


async def test_selected_keys_are_revoked_together(owner: Owner) -> None:
    """After a question that names them; those of another project are not touched."""
    keys = [(await owner.shop.issued(["links:read"], name=f"till {number}")).key for number in range(3)]
    asked = await owner.page(f"/api-keys/revoke?key={keys[0].id}&key={keys[1].id}&key=key_nobody")
    assert "Revoke 2 keys?" in asked and "till 0" in asked and "till 2" not in asked
    answer = await owner.send("/api-keys/revoke", key=[keys[0].id, keys[1].id])
    assert answer.status_code == 200 and "2 keys are revoked" in answer.text and "Epoch" in answer.text
    store, project_id = owner.shop.keys.store, owner.shop.project_id
    assert [one.name for one in await every_key(store, project_id, KeyFilter(status=Status.ACTIVE))] == ["till 2"]


async def test_a_wrong_filter_or_page_is_reported(owner: Owner) -> None:
    """In plain words, and without a server error."""
    for query in (
        "mode=both",
        "show=gone",
        "kind=x",
        "after=key_nobody",
        "mode=test&after=key_nobody",
        f"q={'x' * 101}",
        f"tag={'x' * 41}",
    ):
        answer = await owner.http.get(f"/dashboard/api-keys?{query}")
        assert answer.status_code == 400, (query, answer.status_code)
