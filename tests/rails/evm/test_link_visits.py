"""Payment links in live mode: nobody's visit costs an address of the wallet, and visitors are in nobody's way."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rails.evm import offered
from tests.rails.evm.offered import TOKENS, LiveBeside, Offered, offering
from tests.shop import ShopBeside, still_shop_beside
from tillgate.checkout.settlement import records
from tillgate.rails.evm.networks import operations, probing
from tillgate.store import Transaction

__all__ = ["still_shop_beside"]


@pytest.fixture
def live(still_shop_beside: ShopBeside) -> Iterator[LiveBeside]:
    with offering(still_shop_beside) as opened:
        yield opened


def test_many_visitors_of_live_links_have_no_address_yet_and_each_gets_their_own(live: LiveBeside) -> None:
    """Sessions without an address, also those that cost nothing, are many at once; none is looked for on a network.
    Whoever chooses how to pay has one, and is paid there."""

    def asked(method: str, path: str, body: Any = None) -> Any:
        answer = live.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    link = asked("POST", "/payment_links", {"title": "Course", "fiatAmount": "12.00", "fiatCurrency": "USD"})
    free = asked("POST", "/payment_links", {"title": "Leaflet", "fiatAmount": "0", "fiatCurrency": "USD"})
    sessions = [asked("POST", "/checkout_sessions", {"linkId": one["id"]}) for one in (link, link, link, free, free)]
    assert {one["address"] for one in sessions} == {None}
    assert [one["status"] for one in sessions] == ["pending"] * 3 + ["paid"] * 2

    def looked_for() -> list[str]:
        return live.run(live.shop.database.read, lambda tx: records.lately(tx, 0, 10)) + live.run(
            live.shop.database.read, lambda tx: records.every(tx, "", 10)
        )

    assert looked_for() == []
    chosen = []
    for session, option in zip(sessions[:2], sessions[0]["paymentOptions"], strict=True):
        path = f"/checkout_sessions/{session['id']}/payment_option"
        chosen.append(asked("POST", path, {"asset": option["asset"]}))
    addresses = [one["address"].lower() for one in chosen]
    assert sorted(looked_for()) == sorted(addresses * 2) and len(set(addresses)) == 2
    [asked_for] = [one for one in chosen[0]["paymentOptions"] if one["chosen"]]
    [token] = [one for one in TOKENS if one.chain_id == asked_for["chainId"]]
    live.tell(addresses[0], token, int(asked_for["amountAtomic"]), confirmed=True)
    stands = [asked("GET", f"/checkout_sessions/{one['id']}") for one in sessions[:3]]
    assert [one["status"] for one in stands] == ["paid", "pending", "pending"]
    assert [one["address"] is None for one in stands] == [False, False, True]


def test_a_price_that_no_amount_can_hold_is_offered_in_no_such_token(
    still_shop_beside: ShopBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a token with 77 decimals 2^256 - 1 atomic units are 1.15: a cent of it is offered exactly; 2.00 is more than a
    contract counts, and is offered in the other token alone. Nobody is asked for what the number would wrap to."""
    monkeypatch.setattr(probing, "DECIMALS_MAX", 77)
    six, wei = TOKENS
    monkeypatch.setattr(offered, "TOKENS", (six, wei._replace(decimals=77)))
    with offering(still_shop_beside) as live:

        def options(value: str) -> dict[str, str]:
            answer = live.request("POST", "/checkout_sessions", json={"amount": {"value": value, "currency": "USD"}})
            assert answer.status_code == 201, answer.text
            return {one["symbol"]: one["amountAtomic"] for one in answer.json()["paymentOptions"]}

        assert options("0.01") == {six.symbol: "10000", wei.symbol: str(10**75)}
        assert options("2.00") == {six.symbol: "2000000"}
        now = live.shop.clock.now()
        for token in (six, wei):

            async def take(tx: Transaction, token: Offered = token) -> None:
                project_id, taken = live.shop.project_id, token is wei
                await operations.accept(tx, project_id, token.network, token.address, accepted=taken, now=now)

            live.run(live.shop.database.write, take)
        refused = live.request("POST", "/checkout_sessions", json={"amount": {"value": "2.00", "currency": "USD"}})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "currency_not_accepted")
