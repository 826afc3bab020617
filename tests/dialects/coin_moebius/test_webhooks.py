"""The normalised event, as a merchant's server receives it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.coin_moebius.conftest import Coin
from tests.dialects.coin_moebius.test_statuses import Journey
from tests.receiver import Receiver
from tests.shop import eventually
from tillgate.base.principal import Principal
from tillgate.events.endpoints.operations import NewEndpoint, create_endpoint
from tillgate.events.signing import SigningSecret

pytestmark = pytest.mark.anyio


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


async def listening(coin: Coin, receiver: Receiver) -> SigningSecret:
    """An endpoint of the first project that hears the normalised event; its secret."""
    context = coin.shop.app._api.context.endpoints
    owner = Principal(coin.shop.project_id, False, "operator", "operator:test")
    new = NewEndpoint(f"{receiver.url}/coin", ["*"], dialect="coin-moebius")
    made = await coin.shop.database.write(lambda tx: create_endpoint(context, tx, owner, new))
    return made.secret


async def begun(coin: Coin) -> Journey:
    product = await coin.product("20.00")
    made = (await coin.check_out(product.id, metadata={"customerRef": "user_77"})).json()
    return Journey(coin, await coin.shop.client(), made["txId"])


async def heard(receiver: Receiver, number: int) -> list[Any]:
    found = await eventually(lambda: len(receiver.received) >= number and receiver.received)
    return sorted((one.json for one in found), key=lambda one: str(one))


async def test_the_event_is_the_same_whatever_pays(coin: Coin, receiver: Receiver) -> None:
    """Nine fields, signed in both of the native ways; one for each status that is reached, a refund with what went
    back."""
    await listening(coin, receiver)
    one = await begun(coin)
    await one.simulate("detected")
    await one.simulate("paid")
    await one.refund("5.50")
    told = await heard(receiver, 3)
    assert {(event["status"], event["amount"]) for event in told} == {
        ("pending", 20), ("succeeded", 20), ("refunded", 5.5),
    }  # fmt: skip
    status = await coin.status(one.transaction)
    for event in told:
        assert event | {"status": "", "amount": 0} == {
            "id": one.transaction,
            "projectId": coin.project,
            "provider": "crypto",
            "status": "",
            "amount": 0,
            "currency": "USD",
            "metadata": {"customerRef": "user_77"},
            "isTest": True,
            "createdAt": status["createdAt"],
        }
    for request in receiver.received:
        assert {"webhook-id", "webhook-signature", "x-webhook-signature"} <= set(request.headers)


async def test_what_is_short_or_lost_says_so_in_its_metadata(coin: Coin, receiver: Receiver) -> None:
    """`invoicedAmount` of a partial payment, `reason` of one that its chain lost."""
    await listening(coin, receiver)
    short = await begun(coin)
    await short.simulate("underpaid")
    [partial] = await heard(receiver, 1)
    assert (partial["status"], partial["metadata"]["invoicedAmount"]) == ("partial", 20)
    assert partial["amount"] < 20
    lost = await begun(coin)
    await lost.simulate("paid")
    await lost.simulate("reorged")
    told = await eventually(lambda: [one.json for one in receiver.received if one.json["status"] == "disputed"])
    assert "reorganised" in told[0]["metadata"]["reason"]
