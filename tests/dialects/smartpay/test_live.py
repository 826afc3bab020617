"""An order in yen that is paid live, in a token that is worth dollars."""

from fractions import Fraction

import pytest

from tests.dialects.smartpay.conftest import Smart, own
from tests.rails.evm.offered import TOKENS, seen_now, served_nodes, set_up
from tillgate.base.clock import DAY_MS
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.rails.port import Sighted

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_order_in_yen_is_paid_in_a_dollar_token(smart: Smart) -> None:
    """Without a rate it is refused in words; with one the session is paid by the token's amount, rounded up, and the
    order has succeeded in yen."""
    shop, token = smart.shop, TOKENS[0]
    asked = smart.payload(captureMethod=None)
    with served_nodes() as nodes:
        await set_up(shop, nodes)
        refused = await smart.call("POST", "/checkout-sessions", asked, key=smart.live)
        assert refused.status_code >= 400 and "JPY" in refused.text
        rate = rates.checked(NewRate("USD", "JPY", "151.25", DAY_MS), shop.clock.now())
        await shop.database.write(lambda tx: rates.set_rate(tx, rate))
        answer = await smart.call("POST", "/checkout-sessions", asked, key=smart.live)
        assert answer.is_success, answer.text
        made = answer.json()
        native = await shop.client(mode="live")
        session = (await native.get(f"/checkout_sessions/{own('cs', made['id'])}")).json()
        [option] = [one for one in session["paymentOptions"] if one["symbol"] == token.symbol]
        price = Fraction(session["fiat"]["amount"])
        assert session["fiat"]["currency"] == "JPY" and price == made["order"]["amount"]
        assert int(option["amountAtomic"]) == -(-price / Fraction("151.25") * 10**6 // 1)
        seen = seen_now(token, 1, int(option["amountAtomic"]), shop.clock.now(), confirmed=True)
        told = Sighted(token.address.lower(), "0x" + "d1" * 20, session["address"], seen)
        payments = LivePayments(shop.app._checkout)
        await shop.database.write(lambda tx: payments.observe(tx, session["address"].lower(), [told]))
        order = (await smart.call("GET", f"/orders/{made['order']['id']}", key=smart.live)).json()
        assert (order["status"], order["currency"], order["amount"]) == ("succeeded", "JPY", made["order"]["amount"])
