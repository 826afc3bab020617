"""What live renders are billed by: counted by project, month and key."""

import pytest

from tests.dashboard.conftest import Owner, owner_of_both
from tests.dialects.craftkit.conftest import pressed
from tests.requirements.calling import bearer, key_of
from tests.shop import shop

__all__ = ["owner_of_both", "shop"]

pytestmark = pytest.mark.anyio

DATA = {"title": "Hello", "rows": []}


@pytest.mark.spec("craftkit R8", "craftkit R9")
async def test_live_renders_are_counted_by_month_and_key(owner_of_both: Owner) -> None:
    """R8: by the API, on the dashboard and as a file, which spreadsheets run nothing of; R9: test renders are free. A
    render that failed is not counted."""
    till = owner_of_both.shop
    press = await pressed(till)
    await press.publish()
    await press.publish("broken", "#panic()")
    assert "Documents that live keys made" not in await owner_of_both.page("/api-keys")
    issued = [await key_of(till, format="craftkit", mode="live", name=name) for name in ("=Shop", "Desk")]
    for number, key in enumerate(issued):
        for _ in range(2 - number):
            assert (await press.asked(DATA, key=key.secret.reveal()))["status"] == "succeeded"
    assert (await press.asked(DATA, "broken", key=issued[0].secret.reveal()))["status"] == "failed"
    assert (await press.asked(DATA))["status"] == "succeeded"

    told = (await press.call("GET", "/usage", key=issued[1].secret.reveal())).json()
    counted = {issued[0].key.id: 2, issued[1].key.id: 1}
    assert (told["renders"], {one["key"]: one["renders"] for one in told["keys"]}) == (3, counted)
    assert (await press.call("GET", "/usage")).json() == {"month": told["month"], "renders": 0, "keys": []}
    earlier = (await press.call("GET", "/usage?month=2020-01", key=issued[1].secret.reveal())).json()
    assert earlier == {"month": "2020-01", "renders": 0, "keys": []}
    native = {one: (await key_of(till, mode=one, name=f"Native {one}")).secret.reveal() for one in ("live", "test")}
    for mode, renders, keys in (("live", 3, counted), ("test", 0, {})):
        answer = await press.http.get(f"/api/v1/usage?month={told['month']}", headers=bearer(native[mode]))
        found = answer.json()
        assert (found["object"], found["month"], found["livemode"]) == ("usage", told["month"], mode == "live")
        assert (found["renders"], {one["key"]: one["renders"] for one in found["keys"]}) == (renders, keys)
    refused = await press.http.get("/api/v1/usage?month=2026-13", headers=bearer(native["live"]))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "month")
    for wrong in ("2026-13", "x", "2026-1", "2026-01-01"):
        answer = await press.call("GET", f"/usage?month={wrong}", key=issued[1].secret.reveal())
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request"), wrong

    page = await owner_of_both.page("/api-keys")
    path = f"/api-keys/renders?month={told['month']}"
    assert f"made in {told['month']}: <strong>3</strong>" in page and f'href="/dashboard{path}"' in page
    lines = (await owner_of_both.page(path)).splitlines()
    assert lines[0] == "month,key,name,renders"
    assert sorted(lines[1:]) == sorted(
        [f"{told['month']},{issued[0].key.id},'=Shop,2", f"{told['month']},{issued[1].key.id},Desk,1"]
    )
