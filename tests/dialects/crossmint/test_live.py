"""Crossmint's orders in live mode: what a payer signs is a transfer on the project's own network."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.crossmint.conftest import MUG, ROOT
from tests.dialects.smartpay.conftest import PAYLOAD, own
from tests.makers import execute
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, accept, live_shop, reaches
from tests.requirements.calling import key_of
from tests.shop import Shop, eventually
from tillgate.base import ids
from tillgate.base.clock import HOUR_MS
from tillgate.dialects.crossmint.ids import own_id
from tillgate.rails.evm import watching
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.operations import NewRate

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


async def test_what_a_block_of_the_old_quotes_time_holds_pays_the_order_at_its_rate(anvil: Anvil, shop: Shop) -> None:
    """A euro order is paid in dollars. It is quoted again while the rate has moved, and offers more dollars at the same
    address; the old amount, in a block from before, pays it whole, and what explains the transaction says by which
    offer."""
    client = await shop.client(mode="live")
    product = (await client.post("/products", json=MUG | {"currency": "EUR"})).json()["id"]
    headers = {"x-api-key": (await key_of(shop, format="crossmint", mode="live")).secret.reveal()}
    caller = await shop.caller(key=None)
    orders = f"https://shop.example{ROOT}/orders"

    async def rate(value: str) -> None:
        new = rates.checked(NewRate("EUR", "USD", value), shop.clock.now())
        await shop.database.write(lambda tx: rates.set_rate(tx, new))

    async def transfer(answer: Any) -> bytes:
        """What the payer is to sign, as the data of the transaction."""
        order = answer.json().get("order") or answer.json()
        data: bytes = taken_apart(order["payment"]["preparation"]["serializedTransaction"])[7]
        return data

    body = {
        "recipient": {"email": "buyer@example.com"},
        "payment": {"method": "base", "payerAddress": anvil.account},
        "lineItems": {"collectionLocator": f"crossmint:{product}"},
    }
    await rate("1.10")
    made = await caller.post(orders, json=body, headers=headers)
    order_id, old = made.json()["order"]["orderId"], await transfer(made)
    before = int(anvil.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    await rate("1.20")
    shop.clock.ahead_ms += HOUR_MS
    expired = (await caller.get(f"{orders}/{order_id}", headers=headers)).json()
    assert (expired["phase"], "preparation" in expired["payment"]) == ("quote", False)
    edited = {"recipient": {"email": "buyer@example.com"}}
    again = await caller.patch(f"{orders}/{order_id}", json=edited, headers=headers)
    new = await transfer(again)
    assert old[:36] == new[:36], "the same address of the same order"
    assert [int.from_bytes(one[36:], "big") for one in (old, new)] == [55 * ATOMIC, 60 * ATOMIC]

    anvil.ask("evm_setNextBlockTimestamp", before + 1)
    sent = anvil.ask(
        "eth_sendTransaction", {"from": anvil.account, "to": anvil.token.lower(), "data": f"0x{old.hex()}"}
    )
    anvil.mine(CONFIRMATIONS + 1)
    session_id = (await client.get(f"/orders/{own_id('ord', order_id)}")).json()["sessionId"]
    session = await reaches(client, {"id": session_id}, "paid")
    assert (session["fiatReceived"]["amount"], session["exceptions"]) == ("50.00", [])

    async def explained() -> Any:
        [on] = (await client.get(f"/transfers/{sent}")).json()["networks"]
        return on["movements"][0] if on["movements"][0]["verdict"] == "counted" else None

    movement = await eventually(explained)
    assert (movement["amountAtomic"], movement["value"], movement["currency"]) == ("55000000", "50.00", "EUR")
    assert made.json()["order"]["quote"]["quotedAt"] < movement["offerEndedAt"] <= again.json()["quote"]["quotedAt"]


async def test_euros_and_yen_are_paid_in_dollars_and_euro_tokens_in_two_languages(anvil: Anvil, shop: Shop) -> None:
    """Orders in euros and yen, in Crossmint's and Smartpay's language: in USDC by rates, yen by way of the dollar,
    and euros one for one where the project takes a euro token. Each is paid to the last unit in its own language.
    Smartpay's document has yen alone, and reads orders in euros that were made elsewhere."""
    await accept(shop, anvil.other_token, name="base")
    for symbol, currency in (("USDC", "USD"), ("EURC", "EUR")):
        await execute(shop.database, "UPDATE tokens SET symbol = $1 WHERE currency = $2", symbol, currency)
    for base, quote, value in (("EUR", "USD", "1.0832"), ("USD", "JPY", "151.25")):
        rate = rates.checked(NewRate(base, quote, value), shop.clock.now())
        await shop.database.write(lambda tx, rate=rate: rates.set_rate(tx, rate))  # type: ignore[misc]
    client, caller = await shop.client(mode="live"), await shop.caller(key=None)
    crossmint = {"x-api-key": (await key_of(shop, format="crossmint", mode="live")).secret.reveal()}
    smartpay = {"Authorization": f"Basic {(await key_of(shop, format='smartpay', mode='live')).secret.reveal()}"}
    dollars, euros = anvil.token, anvil.other_token
    sessions, whole = "https://shop.example/v1/checkout-sessions", PAYLOAD | {"captureMethod": "automatic"}

    for currency, price, symbol, token, atomic in (
        ("EUR", "50.00", "usdc", dollars, 54_160_000),
        ("EUR", "50.00", "eurc", euros, 50_000_000),
        ("JPY", "500", "usdc", dollars, 3_305_786),
    ):
        mug = {"name": "Mug", "price": price, "currency": currency}
        product = (await client.post("/products", json=mug)).json()["id"]
        body = {
            "recipient": {"email": "buyer@example.com"},
            "payment": {"method": "base", "currency": symbol, "payerAddress": anvil.account},
            "lineItems": {"collectionLocator": f"crossmint:{product}"},
        }
        orders = f"https://shop.example{ROOT}/orders"
        made = await caller.post(orders, json=body, headers=crossmint)
        assert made.status_code == 201, made.text
        order = made.json()["order"]
        assert order["quote"]["totalPrice"] == {"amount": price, "currency": currency.lower()}
        *_, to, _, data, _ = taken_apart(order["payment"]["preparation"]["serializedTransaction"])
        assert (to.hex(), int.from_bytes(data[36:], "big")) == (token.lower().removeprefix("0x"), atomic)
        anvil.ask("eth_sendTransaction", {"from": anvil.account, "to": token.lower(), "data": f"0x{data.hex()}"})

        anvil.mine(CONFIRMATIONS + 1)
        native = (await client.get(f"/orders/{own_id('ord', order['orderId'])}")).json()
        paid = await reaches(client, {"id": native["sessionId"]}, "paid")
        assert (paid["fiatReceived"], paid["exceptions"]) == ({"amount": price, "currency": currency}, [])
        option = next(one for one in paid["paymentOptions"] if one["chosen"])
        assert (option["symbol"], "exchangeRate" in option) == (symbol.upper(), symbol == "usdc")
        delivering = (await caller.get(f"{orders}/{order['orderId']}", headers=crossmint)).json()
        assert (delivering["phase"], delivering["payment"]["status"]) == ("delivery", "completed")
        assert delivering["payment"]["received"]["amount"] == price
        read = f"https://shop.example/v1/orders/order_live_{ids.spelled(native['id'], 'base62')}"
        told = (await caller.get(read, headers=smartpay)).json()
        assert (told["status"], told["amount"], told["currency"]) == (
            "succeeded",
            int(price.replace(".", "")),
            currency,
        )

    asked = await caller.post(sessions, json=whole | {"currency": "EUR"}, headers=smartpay)
    assert asked.status_code == 400 and "expected JPY" in asked.json()["message"]
    asked = await caller.post(sessions, json=whole, headers=smartpay)
    assert asked.status_code == 200, asked.text
    session = (await client.get(f"/checkout_sessions/{own('cs', asked.json()['id'])}")).json()
    offered = {one["symbol"]: int(one["amountAtomic"]) for one in session["paymentOptions"]}
    assert offered["USDC"] == 3_305_786
    anvil.send("transfer(address,uint256)", session["address"], offered["EURC"], to=euros)
    anvil.mine(CONFIRMATIONS + 1)
    paid = await reaches(client, session, "paid")
    assert (paid["fiatReceived"], paid["exceptions"]) == ({"amount": "500", "currency": "JPY"}, [])
    told = await caller.get(f"https://shop.example/v1/orders/{asked.json()['order']['id']}", headers=smartpay)
    assert (told.json()["status"], told.json()["amount"], told.json()["currency"]) == ("succeeded", 500, "JPY")
