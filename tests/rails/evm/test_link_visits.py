"""Payment links in live mode: nobody's visit costs an address of the wallet, and visitors are in nobody's way."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rails.evm.offered import TOKENS, LiveBeside, offering
from tests.shop import ShopBeside, still_shop_beside
from tillgate.checkout.settlement import records

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
