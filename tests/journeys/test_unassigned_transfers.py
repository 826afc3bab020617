"""Money that fits no payment, or comes when nobody waits for it, over HTTP and on a real node: none of it is lost, and
a person decides."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.makers import rows
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, live_shop, opened, reaches
from tests.shop import Shop, eventually
from tillgate.base.clock import DAY_MS
from tillgate.rails.evm import watching
from tillgate.rails.evm.addresses import parse_address

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MONTH_SECONDS = 31 * DAY_MS // 1_000


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        node.send("mint(address,uint256)", node.account, 10**15, to=node.other_token)
        node.mine()
        yield node


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Path) -> str:
    """What the two databases do differently is in the statements of ``tests/rails/evm/test_unassigned.py``."""
    return f"sqlite:///{tmp_path}/tillgate.db"


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A shop that takes one token of two, both worth dollars."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    async with live_shop(tmp_path, database_url, anvil, second="CHF") as opened_shop:
        yield opened_shop


async def order_reaches(client: httpx.AsyncClient, session: dict[str, Any], status: str) -> dict[str, Any]:
    """The order of a session as soon as it has a status."""

    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/orders/{session['orderId']}")).json()
        return found if found["status"] == status else None

    found: dict[str, Any] = await eventually(there)
    return found


async def transfer_reaches(client: httpx.AsyncClient, tx_hash: str, status: str) -> dict[str, Any]:
    """The unassigned transfer of a transaction as soon as it has a status."""

    async def there() -> dict[str, Any] | None:
        listed = (await client.get("/unassigned_transfers", params={"status": status})).json()["data"]
        return next((one for one in listed if one["txHash"] == tx_hash), None)

    found: dict[str, Any] = await eventually(there)
    return found


async def types(client: httpx.AsyncClient, type: str) -> int:
    return len((await client.get("/events", params={"limit": 100, "type": type})).json()["data"])


async def test_money_that_nobody_waits_for_leads_to_its_orders_review(anvil: Anvil, shop: Shop) -> None:
    """For a canceled session, a second time, and a month late: each order waits for a decision, and says why."""
    client = await shop.client(mode="live")
    canceled, twice, late = [await opened(client) for _ in range(3)]
    assert (await client.post(f"/checkout_sessions/{canceled['id']}/cancel")).status_code == 200
    for one in (canceled, twice, twice):
        anvil.pay(one["address"], 50 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    order = await order_reaches(client, canceled, "review")
    assert order["exceptions"] == ["unexpected"]
    order = await order_reaches(client, twice, "review")
    assert "overpaid" in order["exceptions"]
    assert await types(client, "unassigned_transfer.created") == 0

    assert (await client.post(f"/checkout_sessions/{late['id']}/expire")).status_code == 200
    anvil.ask("evm_increaseTime", hex(MONTH_SECONDS))
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, late, "expired")
    anvil.pay(late["address"], 50 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    order = await order_reaches(client, late, "review")
    assert order["exceptions"] == ["late"]
    assert (await client.post(f"/orders/{late['orderId']}/accept")).json()["status"] == "paid"


async def test_money_that_fits_no_payment_is_assigned_returned_and_orphaned(anvil: Anvil, shop: Shop) -> None:
    """A token that the project does not take is kept and reported once, with the order of whoever had the address;
    assigned, that order waits for its merchant, and is paid once they accept; what a reorganisation removes cannot be
    assigned."""
    client = await shop.client(mode="live")
    session, second = await opened(client), await opened(client)
    sent = anvil.send("transfer(address,uint256)", session["address"], 45 * ATOMIC, to=anvil.other_token)
    anvil.mine()
    await transfer_reaches(client, sent, "confirming")
    anvil.mine(CONFIRMATIONS)
    found = await transfer_reaches(client, sent, "unassigned")
    assert (found["amount"], found["symbol"], found["currency"], found["reason"]) == (
        "45",
        "TEUR",
        "CHF",
        "token_not_offered",
    )
    assert found["suggestedOrderId"] == session["orderId"] and found["recipient"] == session["address"]
    # Written as everywhere else, with the checksum in its capitals (EIP-55); so is the event's.
    assert found["sender"] == parse_address(anvil.account)
    assert await types(client, "unassigned_transfer.created") == await types(client, "alert.unassigned_transfer") == 1
    [expanded] = (await client.get("/unassigned_transfers", params={"expand": "suggestedOrder"})).json()["data"]
    assert expanded["suggestedOrder"]["status"] == "open"

    path = f"/unassigned_transfers/{found['id']}"
    # Another project's, the other mode's, and without the scope.
    others = await shop.project()
    for other in (await shop.client(mode="live", project=others), await shop.client()):
        assert (await other.get(path)).status_code == 404
        assert (await other.post(f"{path}/return", json={})).status_code == 404
        assert (await other.get("/unassigned_transfers")).json()["data"] == []
    reader = await shop.client(["payments:read"], mode="live")
    assert (await reader.post(f"{path}/return", json={})).status_code == 403

    # Francs are no dollars: what it is worth has to be said.
    body = {"orderId": session["orderId"]}
    refused = await client.post(f"{path}/assign", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "value")
    assert (await client.post(f"{path}/assign", json={"orderId": "ord_00000000000000000000000000"})).status_code == 400
    for headers in ({"Idempotency-Key": "assign"}, {"Idempotency-Key": "assign"}, {}):
        answer = await client.post(f"{path}/assign", json=body | {"value": "50.00"}, headers=headers)
        assert (answer.json()["status"], answer.json()["orderId"]) == ("assigned", session["orderId"])
    order = await order_reaches(client, session, "review")
    assert order["exceptions"] == ["unexpected"]
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json()["status"] == "detected"
    assert await types(client, "unassigned_transfer.assigned") == 1
    refused = await client.post(f"{path}/assign", json={"orderId": second["orderId"], "value": "50.00"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "transfer_not_open")
    assert (await client.post(f"{path}/return", json={})).status_code == 409
    paid = (await client.post(f"/orders/{session['orderId']}/accept")).json()
    assert paid["status"] == "paid" and paid["exceptions"] == ["unexpected"]
    [moved] = (await client.get("/transactions", params={"orderId": session["orderId"]})).json()["data"]
    assert (moved["txHash"], moved["amount"]["eth"], moved["value"]) == (sent, "45", "50.00")

    # To an address of the wallet that nobody was given: seen by the slow round.
    [pooled] = await rows(
        shop.database, "SELECT address FROM wallet_addresses WHERE given_at IS NULL ORDER BY address_index LIMIT 1"
    )
    stray = anvil.pay(pooled["address"], 7 * ATOMIC)
    anvil.mine(320)
    found = await transfer_reaches(client, stray, "unassigned")
    assert (found["reason"], found["suggestedOrderId"]) == ("no_session", None)
    path = f"/unassigned_transfers/{found['id']}"
    for headers in ({"Idempotency-Key": "return"}, {"Idempotency-Key": "return"}, {}):
        answer = await client.post(f"{path}/return", json={"note": "by hand"}, headers=headers)
        assert (answer.json()["status"], answer.json()["note"]) == ("returned", "by hand")
    assert await types(client, "unassigned_transfer.returned") == 1

    # A reorganisation takes one away before it is final: nobody was told, and nothing can be decided.
    snapshot = anvil.snapshot()
    gone = anvil.send("transfer(address,uint256)", second["address"], 5 * ATOMIC, to=anvil.other_token)
    anvil.mine()
    await transfer_reaches(client, gone, "confirming")
    anvil.revert(snapshot)
    anvil.mine(2)
    found = await transfer_reaches(client, gone, "orphaned")
    refused = await client.post(
        f"/unassigned_transfers/{found['id']}/assign", json={"orderId": second["orderId"], "value": "5.00"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "transfer_not_open")
    assert await types(client, "unassigned_transfer.created") == 2
    lines = await rows(shop.database, "SELECT action FROM key_audit WHERE action LIKE 'transfer.%' ORDER BY sequence")
    assert [one["action"] for one in lines] == ["transfer.assigned", "transfer.returned"]
