"""Refunds that a merchant sends on a network, over HTTP and on a real node: a transaction settles a refund where it is
the one that was to be sent, once that is final, and no longer than its block is part of the chain."""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dashboard.conftest import browser_of, owner_of
from tests.mailserver import Mailbox, mail_server
from tests.makers import rows
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, live_shop, opened, reaches
from tests.shop import PUBLIC_URL, Shop, eventually
from tillgate.checkout.refunds import confirming
from tillgate.checkout.settlement import records as settlement
from tillgate.rails.evm import watching
from tillgate.rails.evm.proving import prove

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BUYER = "0x52908400098527886E0F7030069857D2E4169EE7"
# The same first and last six characters.
LOOK_ALIKE = "0x5290840000000000000000000000000000169EE7".lower()
OTHER_BUYER = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
# Whose checksum is in its capitals (EIP-55).
MIXED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    watched = watching.watched_network
    monkeypatch.setattr(watching, "watched_network", lambda *of: watched(*of)._replace(patience_ms=0))
    monkeypatch.setattr(confirming, "ASK_MS_MIN", 20)
    monkeypatch.setattr(confirming, "ASK_MS_MAX", 20)
    monkeypatch.setattr(confirming, "RECHECK_EVERY_MS", 20)
    async with live_shop(tmp_path, database_url, anvil) as opened_shop:
        yield opened_shop


async def paid(client: httpx.AsyncClient, anvil: Anvil, value: str = "50.00") -> tuple[dict[str, Any], str]:
    """A session that was paid, and the transaction that paid it."""
    session = await opened(client, value)
    tx_hash = anvil.pay(session["address"], int(float(value)) * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    return await reaches(client, session, "paid"), tx_hash


async def refunded(client: httpx.AsyncClient, session: dict[str, Any], amount: str, to: str | None = BUYER) -> str:
    """The id of a new refund."""
    body = {"paymentId": session["paymentId"], "reason": "requested_by_customer", "amount": amount, "destination": to}
    answer = await client.post("/refunds", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "pending"
    refund_id: str = answer.json()["id"]
    return refund_id


async def asked(client: httpx.AsyncClient, refund_id: str, tx_hash: str) -> httpx.Response:
    """The answer to what settles a refund, as soon as its network gives one: on a busy machine a node may be slow."""

    async def answered() -> httpx.Response | None:
        answer = await client.post(f"/refunds/{refund_id}/settle", json={"txHash": tx_hash})
        return answer if answer.status_code not in (429, 503) else None

    found: httpx.Response = await eventually(answered)
    return found


async def settle(client: httpx.AsyncClient, refund_id: str, tx_hash: str) -> dict[str, Any]:
    answer = await asked(client, refund_id, tx_hash)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(client: httpx.AsyncClient, refund_id: str, tx_hash: str) -> str:
    """Why a transaction does not settle a refund."""
    answer = await asked(client, refund_id, tx_hash)
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (409, "refund_not_proved", "txHash"), error
    assert (await client.get(f"/refunds/{refund_id}")).json()["status"] == "pending"
    message: str = error["message"]
    return message


async def becomes(client: httpx.AsyncClient, refund_id: str, status: str) -> dict[str, Any]:
    """The refund as soon as it has a status."""

    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/refunds/{refund_id}")).json()
        return found if found["status"] == status else None

    found: dict[str, Any] = await eventually(there)
    return found


async def told(client: httpx.AsyncClient, object_id: str) -> list[str]:
    """The events of an object, oldest first."""
    data = (await client.get("/events", params={"limit": 100})).json()["data"]
    return [one["type"] for one in reversed(data) if one["data"]["id"] == object_id]


@ON_SQLITE
async def test_only_the_transfer_that_was_to_be_sent_settles_a_refund(anvil: Anvil, shop: Shop) -> None:
    """Not the buyer's own payment, an older transfer, another amount or token, or an address whose ends look the same;
    what was sent settles it once it is final, and nothing else a second time."""
    client = await shop.client(mode="live")
    session, payment = await paid(client, anvil)
    older = anvil.pay(BUYER, 20 * ATOMIC)
    anvil.mine()
    # The chain's clock has run ahead of the machine's with each block.
    mined_at = int(anvil.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    shop.clock.ahead_ms += max(mined_at * 1_000 - shop.clock.now(), 0) + 2_000
    refund_id, second = [await refunded(client, session, "20.00") for _ in range(2)]
    anvil.ask("evm_setNextBlockTimestamp", hex(shop.clock.now() // 1_000 + 1))
    wrong = {
        "pays nothing to the refund's destination": payment,
        "is older than the refund": older,
        "another amount": anvil.pay(BUYER, 20 * ATOMIC + 1),
        "looks like the refund's destination": anvil.pay(LOOK_ALIKE, 20 * ATOMIC),
        "in another token": anvil.send("transfer(address,uint256)", BUYER, 20 * ATOMIC, to=anvil.other_token),
        "does not know this transaction": f"0x{'ab' * 32}",
    }
    anvil.mine()
    waiting = anvil.pay(BUYER, 20 * ATOMIC)
    for sentence, tx_hash in wrong.items():
        assert sentence in await refused(client, refund_id, tx_hash)
    assert "is not in a block yet" in await refused(client, refund_id, waiting)
    none = await client.post(f"/refunds/{refund_id}/settle", json={"txHash": "by bank"})
    assert (none.status_code, none.json()["error"]["param"]) == (400, "txHash")

    anvil.mine()
    assert (await settle(client, refund_id, waiting.upper().replace("0X", "0x")))["status"] == "pending"
    moved = (await client.get(f"/refunds/{refund_id}", params={"expand": "transaction"})).json()["transaction"]
    assert (moved["txHash"], moved["status"], moved["confirmedAt"]) == (waiting, "pending", None)
    blocked = await client.post(f"/refunds/{refund_id}/cancel")
    assert (blocked.status_code, blocked.json()["error"]["code"]) == (409, "refund_being_sent")
    anvil.mine(CONFIRMATIONS - 1)
    assert (await becomes(client, refund_id, "succeeded"))["destination"] == BUYER
    assert await told(client, refund_id) == ["refund.created", "refund.succeeded"]

    assert "has sent another refund" in await refused(client, second, waiting)
    assert (await client.get("/unassigned_transfers")).json()["data"] == []


async def test_one_transaction_settles_several_refunds_and_a_reorganisation_undoes_them(
    anvil: Anvil, shop: Shop
) -> None:
    """Each transfer of a batch counts for one refund, also where two are alike. What a reorganisation removed is
    pending again, before and after it was final, with an alert; it succeeds again when it is back, or by another
    transaction, and its credit note is not written twice."""
    client = await shop.client(mode="live")
    session, _ = await paid(client, anvil)
    one, two = [await refunded(client, session, "10.00") for _ in range(2)]
    rest = await refunded(client, session, "30.00", to=OTHER_BUYER)
    before = anvil.snapshot()
    batch = anvil.pay_all([(BUYER, 10 * ATOMIC), (OTHER_BUYER, 30 * ATOMIC), (BUYER, 10 * ATOMIC)])
    anvil.mine(2)
    raw = anvil.ask("eth_getRawTransactionByHash", batch)
    for refund_id in (one, two, rest):
        await settle(client, refund_id, batch)

    anvil.revert(before)
    anvil.mine(4)
    for refund_id in (one, two, rest):
        await eventually(lambda refund_id=refund_id: reorganized(client, refund_id, 1))  # type: ignore[misc]
        assert (await client.get(f"/refunds/{refund_id}")).json()["status"] == "pending"
    assert anvil.ask("eth_sendRawTransaction", raw) == batch
    anvil.mine(CONFIRMATIONS + 1)
    for refund_id in (one, two, rest):
        await becomes(client, refund_id, "succeeded")
    order = (await client.get(f"/orders/{session['orderId']}")).json()
    assert (order["status"], order["refunded"]) == ("refunded", "50.00")

    again, _ = await paid(client, anvil, "7.00")
    late = await refunded(client, again, "7.00")
    middle = anvil.snapshot()
    sent = anvil.pay(BUYER, 7 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    await settle(client, late, sent)
    await becomes(client, late, "succeeded")
    anvil.revert(middle)
    anvil.mine(CONFIRMATIONS + 4)
    await eventually(lambda: reorganized(client, late, 1))
    assert (await becomes(client, late, "pending"))["status"] == "pending"
    order = (await client.get(f"/orders/{again['orderId']}")).json()
    assert (order["status"], order["refunded"]) == ("paid", "0.00")
    # Nobody fulfils it a second time.
    order_told = await told(client, again["orderId"])
    assert (order_told.count("order.paid"), order_told[-1]) == (1, "order.updated")
    other = anvil.pay_all([(BUYER, 7 * ATOMIC)])
    anvil.mine(CONFIRMATIONS + 1)
    await settle(client, late, other)
    await becomes(client, late, "succeeded")
    assert (await told(client, late)) == [
        "refund.created",
        "refund.succeeded",
        "refund.reorganized",
        "refund.succeeded",
    ]
    alerts = (await client.get("/events", params={"limit": 100, "type": "alert.refund_reorganized"})).json()["data"]
    assert sorted(one_alert["data"]["subjectId"] for one_alert in alerts) == sorted([one, two, rest, late])


async def reorganized(client: httpx.AsyncClient, refund_id: str, times: int) -> bool:
    """It was told so often that a reorganisation removed a refund's transfer."""
    return (await told(client, refund_id)).count("refund.reorganized") == times


async def test_a_buyer_says_where_a_refund_goes_and_nobody_else(anvil: Anvil, tmp_path: Path) -> None:
    """A link works once, and asks for an address that money can be sent to; the buyer sees all of it before it counts.
    The merchant sees what to send, records it on the refund's page, and is told why another transaction is none. The
    refund that an address of the wallet's own sends leaves books that are the chain."""
    mailbox, database_url = Mailbox(), f"sqlite:///{tmp_path}/tillgate.db"
    async with mail_server(mailbox) as server, live_shop(tmp_path, database_url, anvil, mail=server) as shop:
        client = await shop.client(mode="live")
        customer = (await client.post("/customers", json={"name": "Ada", "email": "ada@example.com"})).json()
        session = await opened(client, customerId=customer["id"])
        anvil.pay(session["address"], 50 * ATOMIC)
        anvil.mine(CONFIRMATIONS + 1)
        await reaches(client, session, "paid")
        refund_id = await refunded(client, session, "20.00", to=None)
        path = f"/refunds/{refund_id}"
        early = await client.post(f"{path}/settle", json={"txHash": f"0x{'ab' * 32}"})
        assert (early.status_code, early.json()["error"]["code"]) == (409, "refund_without_destination")

        mailed = (await client.post(f"{path}/destination_link", json={"mail": True})).json()
        assert (mailed["mailedTo"], mailed["url"]) == ("ada@example.com", None)
        await eventually(lambda: mailbox.mails)
        (first,) = re.findall(r"/refunds/([\w-]{43})", mailbox.text())
        named = {"Idempotency-Key": "a-link"}
        made = await client.post(f"{path}/destination_link", json={}, headers=named)
        again = await client.post(f"{path}/destination_link", json={}, headers=named)
        assert made.json() == again.json()
        token = made.json()["url"].removeprefix(f"{PUBLIC_URL}/refunds/")
        kept = await rows(shop.database, "SELECT token_digest FROM refund_links")
        assert [one[0] for one in kept] == [hashlib.sha256(token.encode()).hexdigest()]

        async with browser_of(shop) as http:
            assert (await http.get(f"/refunds/{first}")).status_code == 404
            page = await http.get(f"/refunds/{token}")
            assert page.headers["referrer-policy"] == "no-referrer"
            assert anvil.account.lower() not in page.text.lower()
            (ready,) = await rows(
                shop.database,
                "SELECT address FROM wallet_addresses WHERE given_at IS NULL ORDER BY address_index LIMIT 1",
            )
            for address, sentence in {
                "my wallet": "begins with 0x",
                BUYER.lower().replace("0x52", "0x52A"): "begins with 0x",
                f"0x{'0' * 40}": "would not reach you",
                f"0x{'0' * 39}1": "would not reach you",
                anvil.token: "would not reach you",
                session["address"]: "would not reach you",
                ready[0]: "would not reach you",
                MIXED[:-1] + "e": "is wrong",
            }.items():
                for step in ("", "confirm"):
                    wrong = await http.post(f"/refunds/{token}", data={"address": address, "step": step})
                    assert (wrong.status_code, sentence in wrong.text) == (422, True), (address, wrong.text)
            asked = await http.post(f"/refunds/{token}", data={"address": f" {MIXED.lower()} "})
            assert "".join(re.findall(r"<span>(\w{2,4})</span>", asked.text)) == MIXED
            assert (await client.get(path)).json()["destination"] is None
            confirmed = await http.post(f"/refunds/{token}", data={"address": MIXED, "step": "confirm"})
            assert "Your address is confirmed" in confirmed.text
            used = await http.post(f"/refunds/{token}", data={"address": BUYER, "step": "confirm"})
            assert used.status_code == 404
        assert (await client.get(path)).json()["destination"] == MIXED
        assert await told(client, refund_id) == ["refund.created", "refund.updated"]

        async with owner_of(shop) as owner:
            await owner.done("/mode", mode="live")
            here = await owner.http.get(f"/dashboard/refunds/{refund_id}")
            shown = here.headers["location"].removeprefix("/dashboard")
            content = await owner.page(shown)
            for part in (MIXED, "Confirmed by the buyer", ">20</code>", anvil.token, "QR code"):
                assert part.lower() in content.lower(), part
            payment = anvil.pay(anvil.account, 20 * ATOMIC)
            with anvil.impersonating(session["address"]):
                sent = anvil.send("transfer(address,uint256)", MIXED, 20 * ATOMIC, sender=session["address"])
                anvil.mine()

            async def says(tx_hash: str, sentence: str) -> bool:
                return sentence in (await owner.send(f"{shown}/settle", txHash=tx_hash)).text

            async def settled() -> bool:
                return (await owner.send(f"{shown}/settle", txHash=sent)).status_code == 303

            # A node may be slow on a busy machine.
            await eventually(lambda: says(payment, "pays nothing to the refund"))
            await eventually(settled)
            assert f"has 1 of {CONFIRMATIONS} confirmations" in await owner.page(shown)
        late = await client.post(f"{path}/destination_link", json={})
        assert (late.status_code, late.json()["error"]["code"]) == (409, "refund_asks_no_address")
        anvil.mine(CONFIRMATIONS)
        await becomes(client, refund_id, "succeeded")
        assert (await client.get("/unassigned_transfers")).json()["data"] == []
        (proof,) = [one async for one in prove(shop.database, shop.sealer, settlement.every)]
        assert (proof.difference_count, proof.unanswered) == (0, None)
