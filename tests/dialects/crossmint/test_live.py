"""Crossmint's orders in live mode: what a payer signs is a transfer on the project's own network."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.crossmint.conftest import MUG, ROOT
from tests.makers import execute
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, live_shop, reaches
from tests.requirements.calling import key_of
from tests.shop import Shop
from tillgate.dialects.crossmint.ids import own_id
from tillgate.rails.evm import watching

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def taken_apart(text: str) -> list[Any]:
    """The fields of an unsigned EIP-1559 transaction: RLP (Ethereum Yellow Paper, appendix B) behind its type."""
    encoded = bytes.fromhex(text.removeprefix("0x"))
    assert encoded[0] == 2
    found, rest = _item(encoded[1:])
    assert rest == b"" and isinstance(found, list)
    return found


def _item(text: bytes) -> tuple[Any, bytes]:
    first = text[0]
    if first < 0x80:
        return text[:1], text[1:]
    kind, short = (0xC0, first < 0xF8) if first >= 0xC0 else (0x80, first < 0xB8)
    size, start = first - kind, 1
    if not short:
        start += first - kind - 55
        size = int.from_bytes(text[1:start], "big")
    content, rest = text[start : start + size], text[start + size :]
    if kind == 0x80:
        return content, rest
    items = []
    while content:
        one, content = _item(content)
        items.append(one)
    return items, rest


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    async with live_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", anvil) as opened_shop:
        await execute(opened_shop.database, "UPDATE networks SET name = 'base' WHERE name = 'anvil'")
        yield opened_shop


async def test_the_payers_wallet_signs_what_pays_the_order(anvil: Anvil, shop: Shop) -> None:
    """`payment.method` is the network of that name, and another one is refused with those there are; the transfer is
    of the token that is taken there, for its chain id, to the order's own address. A node that holds the payer's key
    signs and sends it, and the order is paid."""
    client = await shop.client(mode="live")
    product = (await client.post("/products", json=MUG)).json()["id"]
    key = (await key_of(shop, format="crossmint", mode="live")).secret.reveal()
    caller = await shop.caller(key=None)
    headers = {"x-api-key": key}

    async def created(**payment: Any) -> Any:
        body = {
            "recipient": {"email": "buyer@example.com"},
            "payment": {"method": "base", "payerAddress": anvil.account} | payment,
            "lineItems": {"collectionLocator": f"crossmint:{product}"},
        }
        return await caller.post(f"https://shop.example{ROOT}/orders", json=body, headers=headers)

    for wrong, field in (({"method": "polygon"}, "payment.method"), ({"currency": "usdc"}, "payment.currency")):
        refused = await created(**wrong)
        assert refused.status_code == 400, refused.text
        assert refused.json()["message"].startswith(field) and "base (tusd)" in refused.json()["message"]
    assert (await client.get("/orders")).json()["data"] == []

    made = (await created()).json()["order"]
    prepared = made["payment"]["preparation"]
    assert (prepared["chain"], prepared["payerAddress"]) == ("base", anvil.account)
    chain, nonce, tip, fee, _, to, value, data, access = taken_apart(prepared["serializedTransaction"])
    assert (int.from_bytes(chain, "big"), nonce, tip, fee, value, access) == (31_337, b"", b"", b"", b"", [])
    assert to.hex() == anvil.token.lower().removeprefix("0x")
    session_id = (await client.get(f"/orders/{own_id('ord', made['orderId'])}")).json()["sessionId"]
    session = (await client.get(f"/checkout_sessions/{session_id}")).json()
    assert data.hex() == f"a9059cbb{session['address'][2:].lower():0>64}{50 * ATOMIC:064x}"

    anvil.ask("eth_sendTransaction", {"from": anvil.account, "to": f"0x{to.hex()}", "data": f"0x{data.hex()}"})
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, session, "paid")
    answer = await caller.get(f"https://shop.example{ROOT}/orders/{made['orderId']}", headers=headers)
    assert answer.json()["phase"] == "delivery" and "preparation" not in answer.json()["payment"]
