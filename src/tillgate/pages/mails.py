"""Mail to buyers: asked for in the transaction of an event, and worded from the books as they are when it is written.

Where the money has moved on meanwhile, what would be said is no longer so, and the mail is not written: a payment that
was seen and is complete a second later is one mail.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tillgate.base import ids
from tillgate.base.clock import HOUR_MS
from tillgate.base.invariants import present
from tillgate.base.money import Money
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import records as customers
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.payments.model import Payment, RecordedTransaction, TransactionKind, Transfer
from tillgate.checkout.projects import records as projects
from tillgate.checkout.projects.model import Profile
from tillgate.checkout.refunds import records as refunds
from tillgate.checkout.refunds.destinations import (
    PATH,
    TOKEN_BYTES,
    Asked,
    asked_of,
    asks_for_address,
    email_of,
    new_link,
)
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.statements.model import SETTLED, Situation, statement_of
from tillgate.checkout.statements.words import BUYER, ROWS, in_money, values_of
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.outbox import FollowUp, Outbox
from tillgate.mail.model import Letter, Purpose
from tillgate.mail.operations import MailQueue
from tillgate.pages.amounts import units
from tillgate.pages.networks import asset_name
from tillgate.pages.refunds import going_of
from tillgate.rails.port import PaymentTerms
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Job, Kind, enqueue
from tillgate.words import ENGLISH, Words, language_of, phrase, words_in

JOB: Final = "mail.buyer"


class BuyerMailWords(NamedTuple):
    """A mail in words. ``{merchant}`` is the shop's name.

    Attributes:
        open: what the link to the checkout's page is called.
    """

    subject: str
    open: str


WORDS: Final[dict[Purpose, BuyerMailWords]] = {
    Purpose.PAYMENT_SEEN: BuyerMailWords(phrase("Your payment to {merchant} was seen"), phrase("Look at your payment")),
    Purpose.PAID: BuyerMailWords(phrase("Your payment to {merchant}"), phrase("Look at your payment")),
    Purpose.REFUNDED: BuyerMailWords(phrase("Your refund from {merchant}"), phrase("Look at your refund")),
}

_X: Final = Situation
_REFUNDED: Final = frozenset({_X.REFUNDED, _X.PARTLY_REFUNDED, _X.PART_REFUND_PENDING, _X.REFUND_PENDING})
# What must be so for a mail of a purpose to be true.
SAYS: Final[Mapping[Purpose, frozenset[Situation]]] = {
    Purpose.PAYMENT_SEEN: frozenset({_X.SEEN, _X.AUTHORIZED, _X.PARTLY_CAPTURED, _X.REST_SEEN}),
    Purpose.PAID: SETTLED - _REFUNDED,
    Purpose.REFUNDED: _REFUNDED,
}


def _asks_for(purpose: Purpose, session_of: str) -> FollowUp:
    """Ask for a mail beside an event.

    Args:
        session_of: the field of the event's object that names its session.
    """

    async def follow_up(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
        profile = await projects.profile(tx, fact.project_id)
        if profile is None or not profile.settings.mail_buyers:
            return
        told: dict[str, Any] = msgspec.json.decode(fact.native)
        # What is seen and what is paid is reported once for each session; refunds, each of them.
        cause = fact.object_id if purpose is Purpose.REFUNDED else told[session_of]
        payload = {"purpose": purpose.value, session_of: told[session_of], "cause": f"{purpose.value}:{cause}"}
        await enqueue(
            tx,
            outbox.wake.jobs,
            kind=JOB,
            key=f"{purpose.value}:{cause}",
            project_id=fact.project_id,
            payload={**payload, "livemode": fact.livemode},
            now=fact.at,
        )

    return follow_up


FOLLOW_UPS: Final[Mapping[str, FollowUp]] = {
    types.SESSION_DETECTED.name: _asks_for(Purpose.PAYMENT_SEEN, "id"),
    types.ORDER_PAID.name: _asks_for(Purpose.PAID, "sessionId"),
    types.REFUND_SUCCEEDED.name: _asks_for(Purpose.REFUNDED, "paymentId"),
}


class BuyerMails:
    """Writes buyers' mails, over one database."""

    def __init__(self, database: Database, mail: MailQueue, public_url: str, checkout: CheckoutContext) -> None:
        self._database = database
        self._checkout = checkout
        self._mail = mail
        self._public_url = public_url

    def kind(self) -> Kind:
        """The job that writes a buyer's mail."""
        return Kind(JOB, self._write, per_project=2)

    async def _write(self, job: Job) -> None:
        purpose, given = Purpose(job.payload["purpose"]), job.payload
        if purpose is Purpose.REFUND_ADDRESS:
            await self._ask_for_address(job)
            return

        async def operation(tx: Transaction) -> None:
            if "paymentId" in given:
                session = await sessions.locked_by_payment(tx, given["paymentId"])
            else:
                session = await sessions.locked(tx, given.get("sessionId") or given["id"])
            profile = await projects.profile(tx, job.project_id or "")
            if session is None or profile is None or session.customer_id is None or not profile.settings.mail_buyers:
                return
            order = await get_order_of_session(tx, session.id)
            if order.customer_stated and (not session.livemode or not session.price.minor):
                # Anybody may name an address at a payment link, and costs nothing to pay what is free or a test.
                return
            customer = await customers.by_id(tx, session.project_id, session.livemode, session.customer_id)
            letter = letter_of(session, profile, purpose, self._public_url)
            if customer is None or customer.email is None or letter is None:
                return
            await self._mail.write(
                tx,
                letter,
                to=customer.email,
                purpose=purpose,
                cause=given["cause"],
                project_id=profile.id,
                sender_name=profile.name,
                reply_to=profile.settings.support_email,
            )

        await self._database.write(operation)

    async def _ask_for_address(self, job: Job) -> None:
        """Mail the link with which a buyer says where a refund goes, as far as it still asks."""
        given = job.payload

        async def operation(tx: Transaction) -> None:
            refund = present(await refunds.of_any_project(tx, given["refund_id"]), "the refund of a job")
            profile, email = await projects.profile(tx, refund.project_id), await email_of(tx, refund)
            asks = await asks_for_address(self._checkout, tx, refund)
            if not asks or profile is None or email is None:
                return
            asked, token = await asked_of(tx, refund), secrets.token_urlsafe(TOKEN_BYTES)
            written = await self._mail.write(
                tx,
                address_letter(asked, profile, f"{self._public_url}{PATH}/{token}"),
                to=email,
                purpose=Purpose.REFUND_ADDRESS,
                cause=given["cause"],
                project_id=profile.id,
                sender_name=profile.name,
                reply_to=profile.settings.support_email,
            )
            if written:
                await new_link(tx, refund.id, given["at"], token)

        await self._database.write(operation)


def address_letter(asked: Asked, profile: Profile, url: str) -> Letter:
    """What a buyer reads who is asked where their refund goes."""
    session = asked.session
    language = words_in(language_of(session.locale or profile.settings.locale) or ENGLISH)
    going, merchant = going_of(asked, language), profile.name
    return Letter(
        subject=language.say("Where should your refund from {merchant} go?", merchant=merchant),
        paragraphs=(
            *(() if session.livemode else (language.say("This is a test. No real money has moved."),)),
            language.say(
                "{merchant} sends you {amount} {asset} on {network}.",
                merchant=merchant,
                amount=going.amount,
                asset=going.asset,
                network=going.network,
            ),
            language.say(
                "Open this page and enter the address that it should go to. The link works once, for seven days. Do "
                "not pass it on: whoever has it decides where your refund goes."
            ),
        ),
        facts=((language.say("Reference"), session.reference or session.id),),
        action=(language.say("Enter your address"), url),
        foot=_foot(profile, language),
        locale=language.language.tag,
    )


def letter_of(session: CheckoutSession, profile: Profile, purpose: Purpose, public_url: str) -> Letter | None:
    """What a buyer reads about their money, as the books are; None where that is not what the mail would be about."""
    statement, settings = statement_of(session), profile.settings
    if statement.situation not in SAYS[purpose]:
        return None
    # The session has its project's language where it was given none of its own.
    language = words_in(language_of(session.locale) or ENGLISH)
    terms, merchant = session.payment.terms, profile.name

    def coins(atomic: int) -> str:
        return f"{language.coins(units(atomic, terms.asset_decimals))} {asset_name(terms, language)}"

    def money(amount: Money) -> str:
        return language.price(amount).text

    values = {"merchant": merchant} | values_of(statement.books, money, coins)
    words, mail = BUYER[statement.situation], WORDS[purpose]
    rows = [
        (
            language.say(ROWS[row]),
            coins(one.atomic) if statement.in_the_asset and one.atomic is not None else in_money(one, money, coins),
        )
        for row, one in statement.rows
    ] or [(language.say("Price"), money(session.price))]
    at = language.time(session.updated_at, ZoneInfo(settings.time_zone))
    reference = session.reference or session.id
    facts = [*rows, (language.say("Reference"), reference), (language.say("Date"), at)]
    return Letter(
        subject=language.say(mail.subject, merchant=merchant),
        paragraphs=(
            *(() if session.livemode else (language.say("This is a test. No real money has moved."),)),
            language.say(words.headline, **values),
            *((language.say(words.lead, **values),) if words.lead else ()),
        ),
        facts=tuple(facts),
        action=(language.say(mail.open), f"{public_url}/checkout/{session.id}"),
        foot=_foot(profile, language),
        locale=language.language.tag,
    )


def _foot(profile: Profile, language: Words) -> tuple[str, ...]:
    """Who sells, and where to turn."""
    settings = profile.settings
    lines = [profile.name, *settings.address.splitlines()]
    if settings.tax_id:
        lines.append(language.say("Tax ID: {id}", id=settings.tax_id))
    if settings.support_email:
        lines.append(language.say("Questions? Write to {address}.", address=settings.support_email))
    if settings.terms_url:
        lines.append(f"{language.say('Terms')}: {settings.terms_url}")
    if settings.privacy_url:
        lines.append(f"{language.say('Privacy')}: {settings.privacy_url}")
    return tuple(lines)


def example_of(profile: Profile, purpose: Purpose, public_url: str) -> Letter:
    """The same of a payment that nobody has made, for a preview."""
    now = 1_767_225_600_000
    terms = PaymentTerms(1, "eip155:1/slip44:60", 18, "0x" + "0" * 40, 12_300_000_000_000_000, "4000.00")
    came = Transfer(tx_hash=None, ordinal=0, amount_atomic=terms.amount_atomic, seen_at=now, confirmed_at=now)
    back = msgspec.structs.replace(came, kind=TransactionKind.REFUND, value_minor=4_900)
    payment = Payment(
        id=f"{ids.PAYMENT}_{'0' * 26}",
        session_id=f"{ids.CHECKOUT_SESSION}_{'0' * 26}",
        rail="example",
        terms=terms,
        price=Money(4_900, "USD"),
        transfers=(came if purpose is not Purpose.PAYMENT_SEEN else msgspec.structs.replace(came, confirmed_at=None),),
        returned=(back,) if purpose is Purpose.REFUNDED else (),
    )
    session = CheckoutSession(
        id=payment.session_id,
        project_id=profile.id,
        livemode=True,
        link_id=None,
        order_id=f"{ids.ORDER}_{'0' * 26}",
        title=None,
        description=None,
        status=SessionStatus.DETECTED if purpose is Purpose.PAYMENT_SEEN else SessionStatus.PAID,
        price=payment.price,
        metadata=None,
        success_url=None,
        cancel_url=None,
        return_url=None,
        expires_at=now + HOUR_MS,
        paid_at=None if purpose is Purpose.PAYMENT_SEEN else now,
        created_at=now,
        updated_at=now,
        payment=payment,
        reference="1001",
        locale=profile.settings.locale or None,
    )
    if purpose is Purpose.REFUND_ADDRESS:
        return address_letter(_example_asked(session, back), profile, f"{public_url}{PATH}/…")
    return present(letter_of(session, profile, purpose, public_url), "a letter about what its example is about")


def _example_asked(session: CheckoutSession, back: Transfer) -> Asked:
    transaction_id, terms = f"{ids.TRANSACTION}_{'0' * 26}", session.payment.terms
    refund = Refund(
        id=f"{ids.REFUND}_{'0' * 26}",
        project_id=session.project_id,
        livemode=True,
        payment_id=session.payment.id,
        order_id=session.order_id,
        transaction_id=transaction_id,
        status=RefundStatus.PENDING,
        amount=session.price,
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        destination=None,
        metadata=None,
        created_at=session.created_at,
        updated_at=session.created_at,
    )
    going = RecordedTransaction(
        id=transaction_id,
        livemode=True,
        payment_id=refund.payment_id,
        order_id=refund.order_id,
        chain_id=terms.chain_id,
        asset=terms.asset,
        network=None,
        symbol=None,
        asset_decimals=terms.asset_decimals,
        value=refund.amount,
        transfer=back,
    )
    return Asked(refund, session, going, None)
