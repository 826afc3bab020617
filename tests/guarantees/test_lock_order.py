"""No two transactions can wait for each other in a circle: all take the rows that others share in one order.

The statements of real transactions on PostgreSQL are read: which rows each of them locks, and in which order.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from keyturn.database import Database, Transaction
from keyturn.database.postgres import PostgresTransaction
from keyturn.database.postgres import _text as text_of
from tests.dialects.coin_moebius.conftest import Coin
from tests.dialects.crossmint.conftest import MUG, Mint
from tests.dialects.smartpay.conftest import Smart
from tests.makers import ON_POSTGRES, Counter, counter_over, stray_transfer
from tests.rails.evm.live_shop import read_ahead, set_wallet
from tests.rails.evm.offered import TOKENS, Offered, Seen, seen_now, served_nodes, set_up
from tests.requirements.calling import key_of
from tests.shop import open_shop
from tillgate.base.principal import Principal
from tillgate.checkout.clocks.operations import create_clock
from tillgate.checkout.coupons.operations import NewCoupon, create_coupon
from tillgate.checkout.customers.operations import CustomerChanges, create_customer
from tillgate.checkout.issued import operations as issued
from tillgate.checkout.links.operations import NewLink, create_link
from tillgate.checkout.payment_tokens import operations as promises
from tillgate.checkout.payment_tokens.operations import NewPaymentToken
from tillgate.checkout.payments.model import AUTHORIZATION_MS, CaptureMethod
from tillgate.checkout.promotions.operations import NewPromotionCode, create_promotion_code
from tillgate.checkout.refunds.model import RefundReason
from tillgate.checkout.refunds.operations import NewRefund, create_refund, refund_order
from tillgate.checkout.sessions.choosing import choose
from tillgate.checkout.sessions.discounts import apply_promotion_code
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import Beside, NewSession, Visitor, open_session, visit_link
from tillgate.checkout.settlement import advancing, assigning, capturing, deciding, expiring, receiving
from tillgate.checkout.settlement.simulating import PAYERS, simulate_payer
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.checkout.shoppers import operations as shopping
from tillgate.checkout.shoppers.model import PaymentMethod
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.outbox import Outbox
from tillgate.events.styles import Styles
from tillgate.rails.evm.rail import EvmRail
from tillgate.rails.evm.wallets import operations as wallet_operations
from tillgate.rails.manual import ManualRail
from tillgate.rails.port import PaymentTerms, QuoteRequest, Rails, Sighted
from tillgate.rails.simulated import SimulatedRail

pytestmark = [pytest.mark.anyio, ON_POSTGRES]

# The one order. A session's row stands for its payment's, its order's and its redemption's.
ORDER: Final = (
    "payment_tokens",
    "test_clocks",
    "checkout_sessions",
    "unassigned_transfers",
    "customers",
    "wallets",
    "coupons",
    "promotion_codes",
    "payment_links",
    "event_sequences",
    "document_numbers",
)
_LOCK: Final = re.compile(r"FROM (\w+)\b.* FOR (?:NO KEY )?UPDATE", re.DOTALL)
_INSERT: Final = re.compile(r"^INSERT INTO (\w+) ")
_UPDATE: Final = re.compile(r"^UPDATE (\w+) .*?WHERE (?:\w+\.)?id = \$(\d+)", re.DOTALL)
_WALLET: Final = "SELECT id FROM wallets WHERE project_id = $1 AND is_current FOR UPDATE"


class Taken(NamedTuple):
    """A row that a transaction has locked."""

    table: str
    row: str

    @property
    def place(self) -> tuple[int, str]:
        # Of sessions, batches lock many, and skip those that somebody else holds.
        return ORDER.index(self.table), "" if self.table == "checkout_sessions" else self.row


class Locks:
    """What each transaction locked, in its order, each row once."""

    def __init__(self) -> None:
        self._session_of: dict[str, str] = {}
        # With what the transaction has inserted itself: nobody else sees it yet, so nobody waits for it.
        self._of: dict[int, tuple[PostgresTransaction, list[Taken], set[str]]] = {}

    def note(self, tx: PostgresTransaction, sql: Any, params: tuple[Any, ...], found: list[Any]) -> None:
        text = text_of(sql)
        rows: list[Taken] = []
        # The transaction is kept, so that no other gets its number.
        _, taken, own = self._of.setdefault(id(tx), (tx, [], set()))
        if "INSERT INTO event_sequences" in text:
            rows = [Taken("event_sequences", f"{params[0]} {params[1]}")]
        elif "INSERT INTO document_numbers" in text:
            rows = [Taken("document_numbers", f"{params[0]} {params[1]} {params[2]}")]
        elif (insert := _INSERT.match(text)) is not None and insert[1] in ORDER:
            own.add(params[0])
        elif insert is not None and insert[1] in ("payments", "orders"):
            self._session_of[params[0]] = params[1 if insert[1] == "payments" else 3]
        elif (update := _UPDATE.match(text)) is not None and update[1] in ORDER[:1] + ORDER[2:]:
            # A session is changed only by whoever has locked it, also by the id of its payment.
            rows = [Taken(update[1], params[int(update[2]) - 1])]
        elif (lock := _LOCK.search(text)) is not None and lock[1] in ORDER:
            named = [row["id"] if "id" in row.keys() else params[0] for row in found]  # noqa: SIM118
            # A row that is not there today is waited for where it is.
            named = named or ([] if "SKIP LOCKED" in text else [params[0]])
            rows = [Taken(lock[1], self._session_of.get(one, one)) for one in named]
        taken.extend(row for row in rows if row not in taken and row.row not in own)

    def all(self) -> list[list[Taken]]:
        return [taken for _, taken, _ in self._of.values() if taken]


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Locks]:
    """Every statement of every transaction is read."""
    noted = Locks()
    for name in ("fetch_one", "fetch_all", "execute"):
        plain = getattr(PostgresTransaction, name)

        def read(plain: Any = plain) -> Callable[..., Awaitable[Any]]:
            async def statement(tx: PostgresTransaction, sql: Any, *params: Any) -> Any:
                found = await plain(tx, sql, *params)
                rows = found if isinstance(found, list) else [] if found is None or isinstance(found, int) else [found]
                noted.note(tx, sql, params, rows)
                return found

            return statement

        monkeypatch.setattr(PostgresTransaction, name, read())
    yield noted


class Walleted(SimulatedRail):
    """Locks a wallet for each quote, as a rail does that gives addresses out."""

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        await tx.fetch_one(_WALLET, request.project_id)
        return await super().quote(tx, request)


class Shop:
    """Sessions of links, with coupons, of one project; each operation is a transaction."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        outbox = Outbox(counter.wake, Styles([NATIVE_STYLE]), issued.FOLLOW_UPS)
        self.context = counter.context._replace(rails=Rails(test=Walleted(), live=None), outbox=outbox)
        self.who = counter.principal

    async def do(self, operation: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, **named: Any) -> Any:
        return await self.counter.database.write(lambda tx: operation(self.context, tx, *arguments, **named))

    async def link(self, amount: str = "50.00") -> Any:
        new = NewLink(title="Tea", fiat_amount=amount, allow_promotion_codes=True)
        return await self.do(create_link, self.who, new)

    async def code(self, word: str) -> str:
        coupon = await self.do(
            create_coupon, self.who, NewCoupon(name=word, discount_type="percentage", discount_percentage="10")
        )
        return str(
            (await self.do(create_promotion_code, self.who, NewPromotionCode(code=word, coupon_id=coupon.id))).code
        )

    async def session(self, word: str | None = None, **more: Any) -> CheckoutSession:
        """Of a link of its own, with a code of its own where a word for one is given."""
        code = await self.code(word) if word is not None else None
        new = NewSession(link_id=(await self.link()).id, promotion_code=code, **more)
        session: CheckoutSession = await self.do(open_session, self.who, new)
        return session

    def live_on_networks(self) -> None:
        """From now on in live mode, which is paid on networks."""
        rail = EvmRail(self.counter.clock, dev=True)
        self.context = self.context._replace(rails=Rails(test=Walleted(), live=rail, networks=rail))
        self.who = Principal(self.counter.project_id, True, "key", "key:live")

    async def live_session(self, word: str) -> CheckoutSession:
        """Of a link and with a code of their own, whose buyer has chosen how to pay."""
        session = await self.session(word)
        chosen: CheckoutSession = await self.do(choose, self.who, session.id, session.payment.terms.asset)
        return chosen

    async def payer(self, session: CheckoutSession, payer: str) -> None:
        await self.do(simulate_payer, self.who, session.id, payer)


class Telling:
    """What comes for live sessions, told as a watcher tells it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._payments = LivePayments(shop.context)
        self._count = 0
        self.last = Seen(TOKENS[0], seen_now(TOKENS[0], 0, 0, 0, confirmed=True))

    async def comes(self, session: CheckoutSession, token: Offered, amount: int, *, confirmed: bool = True) -> Seen:
        self._count += 1
        one = seen_now(token, self._count, amount, self._shop.counter.clock.now(), confirmed=confirmed)
        return await self.again(session, Seen(token, one))

    async def all_of_it(self, session: CheckoutSession, token: Offered) -> None:
        [asked] = [one for one in session.payment.terms.options if one.chain_id == token.chain_id]
        await self.comes(session, token, asked.amount_atomic)

    async def again(self, session: CheckoutSession, seen: Seen, **changed: Any) -> Seen:
        self.last = seen._replace(one=seen.one._replace(**changed))
        told = Sighted(seen.token.address.lower(), "0x" + "d1" * 20, session.payment.terms.address, self.last.one)
        address = session.payment.terms.address.lower()
        [payment_id] = await self._shop.counter.database.write(lambda tx: self._payments.observe(tx, address, [told]))
        assert payment_id == session.payment.id
        return self.last


async def visits(shop: Shop) -> None:
    """Somebody new takes an offer that costs nothing, and one that costs something."""
    for number, amount in enumerate(("0", "50.00")):
        link = await shop.link(amount)
        await shop.do(visit_link, link.slug, Visitor(email=f"buyer{number}@shop.example"))


async def typed_codes(shop: Shop) -> None:
    """A code is typed, held for long enough, and released."""
    session = await shop.session(allow_promotion_codes=True)
    customer = await shop.do(create_customer, shop.who, CustomerChanges(email="ada@shop.example"))
    known = await shop.session(allow_promotion_codes=True, customer_id=customer.id)
    for number, one in enumerate((session, known)):
        await shop.do(apply_promotion_code, shop.who, one.id, await shop.code(f"TYPED{number}"))
    shop.counter.clock.at += 30 * 60_000
    assert await shop.do(expiring.release_held, shop.counter.project_id) == 2


async def lapses(shop: Shop) -> None:
    """Several authorizations lapse at once, of which a part was captured, each of a link and a coupon."""
    for number in range(3):
        session = await shop.session(f"LAPSE{number}", capture_method=CaptureMethod.MANUAL)
        await shop.payer(session, "payer_authorizes")
        if number:
            await shop.do(capturing.capture, shop.who, session.payment.id, amount="10.00", cancel_remainder=False)
    shop.counter.clock.at += AUTHORIZATION_MS
    assert await shop.do(capturing.lapse_due, shop.counter.project_id) == 3


async def a_clock(shop: Shop) -> None:
    """A test clock is put forward over deadlines and over an authorization."""
    clock = await shop.do(create_clock, shop.who, "noon")
    for number in range(2):
        await shop.session(f"OVER{number}", test_clock_id=clock.id)
        held = await shop.session(f"HELD{number}", test_clock_id=clock.id, capture_method=CaptureMethod.MANUAL)
        await shop.payer(held, "payer_authorizes")
        await shop.do(capturing.capture, shop.who, held.payment.id, amount="10.00", cancel_remainder=False)
    await shop.do(advancing.advance, shop.who, clock.id, 8 * 86_400)


async def payers(shop: Shop) -> None:
    """Each test payer pays."""
    for number, payer in enumerate(PAYERS):
        how = CaptureMethod.MANUAL if payer == "payer_authorizes" else CaptureMethod.AUTOMATIC
        await shop.payer(await shop.session(f"PAYS{number}", capture_method=how), payer)


async def decisions(shop: Shop) -> None:
    """The merchant takes too little, gives the excess back, and calls a refund off that was too much."""
    session = await shop.session("LESS")
    await shop.payer(session, "payer_pays_less")
    await shop.do(deciding.accept, shop.who, session.id)
    session = await shop.session("MORE")
    await shop.payer(session, "payer_pays_more")
    await shop.do(refund_order, shop.who, session.order_id, excess_only=True)
    session = await shop.session("WAIT")
    await shop.payer(session, "payer_pays_less")
    await shop.do(deciding.keep_waiting, shop.who, session.id)
    await shop.do(create_refund, shop.who, NewRefund(session.payment.id, RefundReason.OTHER, "1.00"))


async def ends(shop: Shop) -> None:
    """Several sessions expire at once."""
    for number in range(3):
        await shop.session(f"ENDS{number}")
    shop.counter.clock.at += shop.context.settings.session_lifetime_ms
    assert await shop.do(expiring.expire_due, shop.counter.project_id) == 3


async def live_sessions(shop: Shop) -> None:
    """Sessions on networks: an address with the price, with the buyer's choice and with a link; money that comes in
    another token than was shown, is too little, is reversed, waited for, accepted, given back; and many that end."""
    with served_nodes() as nodes:
        await set_up(shop.counter, nodes)
        shop.live_on_networks()
        seen = Telling(shop)
        paid = await shop.live_session("LIVE0")
        await seen.all_of_it(paid, TOKENS[1])
        short = await shop.live_session("LIVE1")
        coming = await seen.comes(short, TOKENS[0], 10, confirmed=False)
        await seen.again(short, coming, confirmed=True)
        await shop.do(deciding.keep_waiting, shop.who, short.id)
        await seen.comes(short, TOKENS[1], 10**18)
        await shop.do(refund_order, shop.who, short.order_id, excess_only=False)
        gone = await shop.live_session("LIVE2")
        await seen.all_of_it(gone, TOKENS[0])
        await seen.again(gone, seen.last, reorged=True, confirmed=False)
        await shop.do(deciding.accept, shop.who, gone.id)
        visited = await shop.do(visit_link, (await shop.link()).slug, Visitor(email="live@shop.example"))
        await shop.do(choose, shop.who, visited.id, visited.payment.terms.options[1].asset)
        canceled = await shop.live_session("LIVE3")
        await shop.do(deciding.cancel, shop.who, canceled.id)
        await seen.all_of_it(canceled, TOKENS[0])
        await shop.do(deciding.accept, shop.who, canceled.id)
        for number in range(2):
            await shop.live_session(f"LIVE4{number}")
        shop.counter.clock.at += shop.context.settings.session_lifetime_ms
        # None was looked at so far: what they hold is given back.
        assert await shop.do(expiring.release_due, shop.counter.project_id) == 2


async def wallets(shop: Shop) -> None:
    """A wallet is set, confirmed, counted on and replaced while sessions take addresses of it."""
    with served_nodes() as nodes:
        await set_up(shop.counter, nodes)
        shop.live_on_networks()
        await shop.live_session("FIRST")
        database, project_id = shop.counter.database, shop.counter.project_id
        await database.write(lambda tx: wallet_operations.skip(tx, project_id, 5, shop.counter.clock.now()))
        await set_wallet(shop.counter, project_id, 1)
        await read_ahead(shop.counter)
        await shop.live_session("SECOND")


async def mail(shop: Shop) -> None:
    """Payments by mail of a link with a code: what was asked for comes, too much comes, and one had not come."""
    shop.context = shop.context._replace(rails=shop.context.rails._replace(manual=ManualRail()))
    for number, amount in enumerate((None, "60.00")):
        new = NewSession(link_id=(await shop.link()).id, promotion_code=await shop.code(f"MAIL{number}"))
        session = await shop.do(open_session, shop.who, new, Beside(by_mail=True))
        await shop.do(receiving.mark_received, shop.who, session.id, amount)
        if amount is None:
            await shop.do(receiving.undo_received, shop.who, session.id)


async def shoppers(shop: Shop) -> None:
    """Somebody signs up and approves an order of a link with a code, in instalments, and somebody else does not. Their
    promises are approved, switched off, and gone."""
    for number, method in enumerate((PaymentMethod.APPROVED, PaymentMethod.DECLINED)):
        session = await shop.session(f"SHOP{number}", capture_method=CaptureMethod.MANUAL)
        await shop.counter.database.write(
            lambda tx, id=session.id: shopping.sign_up(tx, shop.who, id, "ada+test@example.com", "+819000000000")
        )
        await shop.do(shopping.approve, shop.who, session.id, method)
    urls = {"success_url": "https://shop.example/yes", "cancel_url": "https://shop.example/no"}
    for ends in (promises.approve_payment_token, promises.reject_payment_token):
        token = await shop.do(promises.create_payment_token, shop.who, NewPaymentToken(**urls))
        await shop.do(ends, token.id)
    token = await shop.do(promises.create_payment_token, shop.who, NewPaymentToken(**urls))
    await shop.do(promises.approve_payment_token, token.id)
    await shop.do(promises.switch_payment_token, shop.who, token.id, on=False)
    await shop.do(promises.delete_payment_token, shop.who, token.id)


async def strays(shop: Shop) -> None:
    """Money that fits no payment is given to an order of a link with a code, or goes back."""
    who = shop.who
    for number in range(2):
        session = await shop.session(f"STRAY{number}")
        found = await stray_transfer(
            shop.counter.database, who.project_id, livemode=False, suggested_order_id=session.order_id
        )
        if number:
            await shop.do(assigning.mark_returned, who, found, "sent back")
        else:
            await shop.do(assigning.assign, who, found, session.order_id)
            await shop.do(deciding.accept, who, session.id)


@pytest.mark.parametrize(
    "story",
    [visits, typed_codes, lapses, a_clock, payers, decisions, ends, live_sessions, wallets, mail, shoppers, strays],
)
async def test_rows_that_others_share_are_locked_in_one_order(
    database: Database, locks: Locks, story: Callable[[Shop], Awaitable[None]]
) -> None:
    """Each transaction takes them in the order above, those of one table by their ids, the sequence of events,
    which everybody needs, after all of them, and the numbers of documents, which are drawn for an event, last."""
    await story(Shop(await counter_over(database)))
    in_order(locks)
    # What is paid or given back draws a document's number, also where a watcher or a batch finds it out.
    drawn = any(one.table == "document_numbers" for rows in locks.all() for one in rows)
    assert drawn == (story not in (ends, shoppers, typed_codes, wallets))


def in_order(locks: Locks, tables: int = 3) -> None:
    """What was locked was locked in the one order, and by some transaction in as many tables."""
    taken = locks.all()
    assert any(len({one.table for one in rows}) >= tables for rows in taken), taken
    for rows in taken:
        places = [one.place for one in rows]
        assert places == sorted(places), rows


async def test_dialects_lock_in_the_same_order(tmp_path: Path, database_url: str, locks: Locks) -> None:
    """Every language's orders go through the same operations, and what each keeps of its own is written among them:
    made, paid, captured, given back, canceled, with what it locks beside."""
    async with open_shop(tmp_path, database_url, still=True) as shop:
        smart = Smart(
            shop, *[(await key_of(shop, format="smartpay", mode=one)).secret.reveal() for one in ("test", "live")]
        )
        mint = Mint(shop, (await key_of(shop, format="crossmint")).secret.reveal(), "", "")
        coin = Coin(shop)
        async with smart.http, mint.http, coin.http:
            session = await smart.authorized()
            order = session["order"]["id"]
            for amount, remainder in ((200, "manual"), (100, "automatic")):
                body = {"order": order, "amount": amount, "currency": "JPY", "cancelRemainder": remainder}
                payment = await smart.done("POST", "/payments", body)
            back = {"payment": payment["id"], "currency": "JPY", "reason": "requested_by_customer", "amount": 50}
            await smart.done("POST", "/refunds", back)
            await smart.done("PUT", f"/orders/{(await smart.authorized())['order']['id']}/cancellation")

            mint.product = (await mint.native("POST", "/products", MUG))["id"]
            made = (await mint.made())["order"]["orderId"]
            await mint.edited(made, recipient={"email": "other@example.com"})
            await mint.simulate(made, "paid")
            assert (await mint.read(made))["payment"]["status"] == "completed"

            asked = await coin.check_out((await coin.product()).id)
            assert asked.is_success, asked.text

    in_order(locks, tables=2)
