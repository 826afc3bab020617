"""All that can happen to what a shop shows, in whatever order; after each step, kept forms are true."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.kept import compared, forget_forms
from tests.shop import PUBLIC_URL, ShopBeside
from tillgate.base.errors import TillgateError
from tillgate.base.principal import Principal
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.sessions import discounts, pricing

OUTCOMES = ("underpaid", "overpaid", "paid", "detected", "top_up", "reorged", "late", "dust", "failed")
PAYERS = ("payer_authorizes", "payer_declines", "payer_is_reorged", "payer_pays_late")
LISTS = ("checkout_sessions", "orders", "payments", "payment_links", "products", "customers")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=8)


class KeptForms(RuleBasedStateMachine):
    """One shop, a few objects at a time. What is refused is refused: there is nothing to see of it."""

    shop: ShopBeside

    @initialize()
    def open(self) -> None:
        self.begun = self.shop.shop.clock.now()
        self.sessions: list[dict[str, Any]] = []
        self.refunds: list[str] = []
        self.product = self.made("POST", "/products", {"name": "Tea", "price": "4.00"})["id"]
        gift = {"name": "Gift", "pricing": "buyer", "price": "3.00"}
        self.gift = self.made("POST", "/products", gift)["id"]
        self.customer = self.made("POST", "/customers", {"name": "Ada"})["id"]
        self.link = self.made("POST", "/payment_links", {"title": "Plan", "fiatAmount": "5.00"})["id"]
        self.clock = self.made("POST", "/test_clocks", {"name": "Time"})["id"]
        coupon = {"name": "Off", "discountType": "percentage", "discountPercentage": "100"}
        self.coupon = self.made("POST", "/coupons", coupon)["id"]
        self.code = self.made("POST", "/promotion_codes", {"code": f"C{self.coupon[-12:]}", "couponId": self.coupon})
        self.start({}, manual=False, clock=True)
        assert self.sessions

    def made(self, method: str, path: str, body: Any) -> Any:
        answer = self.shop.request(method, path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def asked(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.shop.request(method, path, json=body)
        assert answer.status_code in (200, 201, 400, 404, 409), answer.text
        return answer.json() if answer.status_code < 400 else {}

    def start(self, more: dict[str, Any], *, manual: bool, clock: bool) -> None:
        body = (more or {"amount": {"value": "7.77", "currency": "USD"}}) | {
            "captureMethod": "manual" if manual else "automatic"
        }
        made = self.asked("POST", "/checkout_sessions", body | ({"testClockId": self.clock} if clock else {}))
        if made:
            self.sessions.append(made)

    @property
    def session(self) -> dict[str, Any]:
        return self.sessions[-1]

    @rule(manual=st.booleans(), clock=st.booleans())
    def open_for_an_amount(self, manual: bool, clock: bool) -> None:
        self.start({}, manual=manual, clock=clock)

    @rule(clock=st.booleans(), codes=st.booleans(), metadata=st.dictionaries(WORDS, WORDS, max_size=2))
    def open_for_lines(self, clock: bool, codes: bool, metadata: dict[str, str]) -> None:
        lines = [{"productId": self.product, "quantity": 2}, {"productId": self.gift}]
        more = {"lineItems": lines, "currency": "USD", "customerId": self.customer, "allowPromotionCodes": codes}
        unique = {"reference": f"r-{len(self.sessions)}-{self.clock}", "uniqueReference": True, "metadata": metadata}
        self.start(more | unique, manual=False, clock=clock)

    @rule(free=st.booleans())
    def open_from_a_link(self, free: bool) -> None:
        self.start({"linkId": self.link} | ({"couponId": self.coupon} if free else {}), manual=False, clock=False)

    @rule(outcome=st.sampled_from(OUTCOMES))
    def see_money(self, outcome: str) -> None:
        self.asked("POST", f"/checkout_sessions/{self.session['id']}/simulate", {"outcome": outcome})

    @rule(payer=st.sampled_from(PAYERS))
    def let_pay(self, payer: str) -> None:
        self.asked("POST", f"/checkout_sessions/{self.session['id']}/simulate", {"payer": payer})

    @rule(what=st.sampled_from(["accept", "wait"]))
    def decide(self, what: str) -> None:
        self.asked("POST", f"/orders/{self.session['orderId']}/{what}")

    @rule(what=st.sampled_from(["everything", "excess"]))
    def decide_to_give_back(self, what: str) -> None:
        self.asked("POST", f"/orders/{self.session['orderId']}/refund", {"what": what})

    @rule(what=st.sampled_from(["expire", "cancel", "accept"]))
    def end(self, what: str) -> None:
        self.asked("POST", f"/checkout_sessions/{self.session['id']}/{what}")

    @rule(amount=st.sampled_from(["0.01", "3.00", None]), last=st.booleans())
    def capture(self, amount: str | None, last: bool) -> None:
        body = {"cancelRemainder": last} | ({"amount": amount} if amount else {})
        self.asked("POST", f"/payments/{self.session['paymentId']}/capture", body)

    @rule()
    def capture_a_part_of_another(self) -> None:
        self.start({}, manual=True, clock=False)
        self.let_pay("payer_authorizes")
        self.capture("3.00", last=False)

    @rule()
    def release(self) -> None:
        self.asked("POST", f"/payments/{self.session['paymentId']}/cancel")

    @rule(amount=st.sampled_from(["0.01", "2.00", None]), waits=st.booleans())
    def give_back(self, amount: str | None, waits: bool) -> None:
        body = {"paymentId": self.session["paymentId"], "reason": "other"} | ({"amount": amount} if amount else {})
        made = self.asked("POST", "/refunds", body | ({"destination": "refund_stays_pending"} if waits else {}))
        self.refunds += [made["id"]] if made else []

    @precondition(lambda self: self.refunds)
    @rule(sent=st.booleans())
    def end_refund(self, sent: bool) -> None:
        body = {"txHash": "0xa"} if sent else None
        self.asked("POST", f"/refunds/{self.refunds.pop()}/{'settle' if sent else 'cancel'}", body)

    @rule(seconds=st.sampled_from([1, 1_800, 86_400, 8 * 86_400]))
    def advance(self, seconds: int) -> None:
        self.asked("POST", f"/test_clocks/{self.clock}/advance", {"seconds": seconds})

    @rule(noun=st.sampled_from(["orders", "payments"]), metadata=st.dictionaries(WORDS, WORDS, max_size=2))
    def annotate(self, noun: str, metadata: dict[str, str]) -> None:
        object_id = self.session["orderId" if noun == "orders" else "paymentId"]
        self.asked("PATCH", f"/{noun}/{object_id}", {"metadata": metadata})

    @rule(word=st.sampled_from(["fulfilled", "unfulfilled"]))
    def fulfil(self, word: str) -> None:
        self.asked("PATCH", f"/orders/{self.session['orderId']}", {"fulfillment": word})

    @rule(noun=st.sampled_from(["products", "customers", "payment_links"]), word=WORDS)
    def rename(self, noun: str, word: str) -> None:
        object_id = {"products": self.product, "customers": self.customer, "payment_links": self.link}[noun]
        self.asked("PATCH", f"/{noun}/{object_id}", {"title" if noun == "payment_links" else "name": word})

    @rule()
    def archive_a_link(self) -> None:
        self.asked("DELETE", f"/payment_links/{self.link}")
        self.link = self.asked("POST", "/payment_links", {"title": "Plan", "fiatAmount": "5.00"})["id"]

    @rule(what=st.sampled_from(["code", "no code", "price", "nothing", "complete"]))
    def change_the_price(self, what: str) -> None:
        self.shop.run(self._change_the_price, what)

    async def _change_the_price(self, what: str) -> None:
        app, session_id = self.shop.shop.app, self.session["id"]
        context, buyer = app._checkout, Principal(self.shop.shop.project_id, False, "buyer", "buyer:test")

        async def operation(tx: Any) -> None:
            if what == "code":
                await discounts.apply_promotion_code(context, tx, buyer, session_id, self.code["code"])
            elif what == "no code":
                await discounts.remove_promotion_code(context, tx, buyer, session_id)
            elif what == "complete":
                await pricing.complete(context, tx, buyer, session_id)
            else:
                order = await get_order_of_session(tx, session_id)
                amount = "0.00" if what == "nothing" else "6.50"
                await pricing.say_price(context, tx, buyer, session_id, order.line_items[-1].id, amount)

        try:
            await self.shop.shop.database.write(operation)
        except TillgateError:
            return

    @rule()
    def lose_the_forms(self) -> None:
        """As after an upgrade that shows another form: whatever was kept counts for nothing."""
        self.shop.run(forget_forms, self.shop.shop.database)

    @invariant()
    def kept_forms_are_true(self) -> None:
        found = self.shop.run(compared, self.shop.shop.database, PUBLIC_URL, self.begun)
        assert not found.untrue

    def teardown(self) -> None:
        """Whether a form is kept or not, answers are the same by every byte."""
        if not getattr(self, "sessions", None):
            return
        paths = [f"/{noun}?limit=100" for noun in LISTS]
        paths += [f"/checkout_sessions/{self.session['id']}", f"/orders/{self.session['orderId']}"]
        paths += [f"/payments/{self.session['paymentId']}", f"/customers/{self.customer}"]
        paths += [f"/payment_links/{self.link}", f"/products/{self.product}"]
        kept = [self.shop.request("GET", path).content for path in paths]
        self.shop.run(forget_forms, self.shop.shop.database)
        assert [self.shop.request("GET", path).content for path in paths] == kept
