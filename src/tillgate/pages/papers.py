"""An issued document as its buyer reads it: the books' sums in words, in the language that was set for them."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import get_global

from tillgate.base.money import Money
from tillgate.checkout.issued import records
from tillgate.checkout.issued.model import DocumentKind, Facts, IssuedDocument, Movement
from tillgate.checkout.orders.model import LineItemKind
from tillgate.checkout.orders.operations import UNNAMED
from tillgate.checkout.payments.model import TransactionKind
from tillgate.checkout.projects import records as projects
from tillgate.checkout.projects.model import ProjectSettings, settings_of
from tillgate.checkout.statements.model import Row, Situation
from tillgate.checkout.statements.words import BUYER, ROWS, in_money, texts_of
from tillgate.documents.printing.model import Paper, PaperLine, PaperMovement, PaperSum
from tillgate.pages.amounts import units
from tillgate.pages.networks import coin_name, network_name
from tillgate.store import Transaction
from tillgate.words import ENGLISH, Words, language_of, phrase, words_in
from tillgate.words.isolating import isolated

# CLDR, supplementalData, paperSize US-Letter; everybody else has A4.
_LETTER: Final = frozenset(["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"])
_SUFFIXES: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_TITLES: Final = {
    DocumentKind.RECEIPT: phrase("Receipt"),
    DocumentKind.INVOICE: phrase("Invoice"),
    DocumentKind.CREDIT_NOTE: phrase("Credit note"),
}
_MOVED: Final = {
    TransactionKind.TRANSFER: ROWS[Row.RECEIVED],
    TransactionKind.CAPTURE: ROWS[Row.CAPTURED],
    TransactionKind.REFUND: ROWS[Row.REFUNDED],
}


async def paper_of(tx: Transaction, document_id: str) -> Paper | None:
    """What an issued document says, ready for the page; None where there is no such document."""
    document = await records.by_id(tx, document_id)
    if document is None:
        return None
    logo = await projects.issued_logo(tx, document.project_id, document.logo) if document.logo is not None else None
    settings = settings_of(document.seller)
    words = words_for(document.facts.locale, settings)
    suffix = _SUFFIXES.get(logo.media_type, "") if logo is not None else ""
    name = f"logo.{suffix}" if suffix else ""
    texts = _Texts(document, settings, words)
    return Paper(
        id=document.id,
        project_id=document.project_id,
        at=document.issued_at,
        test=not document.livemode,
        language=words.language.tag.partition("-")[0],
        paper="letter" if get_global("zone_territories").get(settings.time_zone) in _LETTER else "a4",
        title=words.say(_TITLES[document.kind]),
        labels={
            "buyer": words.say("Customer"),
            "item": words.say("Item"),
            "quantity": words.say("Quantity"),
            "price": words.say("Price"),
            "amount": words.say("Amount"),
            "carried": words.say("Carried forward"),
            "payment": words.say("Payment"),
        },
        seller=list(texts.seller()),
        buyer=[texts.isolated(one) for one in (document.buyer_name, document.buyer_email) if one],
        details=list(texts.details()),
        lines=list(texts.lines()),
        sums=list(texts.sums()),
        sentence=texts.sentence(),
        account=list(texts.account()),
        movements=[texts.movement(one) for one in document.facts.movements],
        note="" if document.livemode else words.say("Made in test mode: no money was moved."),
        footer=texts.footer(),
        logo=name,
        files={name: logo.content} if name and logo is not None else {},
    )


def words_for(locale: str | None, settings: ProjectSettings) -> Words:
    """The language of a document: what was set for its buyer, else the project's; else English."""
    return words_in(language_of(locale) or language_of(settings.locale) or ENGLISH)


class _Texts:
    """The parts of one document."""

    def __init__(self, document: IssuedDocument, settings: ProjectSettings, words: Words) -> None:
        self._document = document
        self._facts: Facts = document.facts
        self._settings = settings
        self._words = words
        self._zone = ZoneInfo(settings.time_zone)

    def seller(self) -> Iterator[str]:
        """The seller, a line each."""
        settings = self._settings
        yield self.isolated(self._document.seller_name)
        yield from (self.isolated(one) for one in settings.address.splitlines() if one.strip())
        if settings.tax_id:
            yield self._words.say("Tax ID: {id}", id=settings.tax_id)
        if settings.support_email:
            yield self.isolated(settings.support_email)

    def details(self) -> Iterator[tuple[str, str]]:
        """What stands beside the title."""
        facts, say = self._facts, self._words.say
        yield say("Number"), self._document.name
        yield say("Date"), self._words.date(self._document.issued_at, self._zone)
        yield say("Order"), self.isolated(facts.reference or facts.order_id)
        if facts.refers_to:
            yield say("Refers to"), ", ".join(facts.refers_to)

    def lines(self) -> Iterator[PaperLine]:
        """What was bought; of a credit note, what went back."""
        facts, carried = self._facts, 0
        if self._document.kind is DocumentKind.CREDIT_NOTE:
            amount = self._money(facts.total_minor)
            yield PaperLine(self._words.say("Refund"), self._words.number(1), amount, amount, amount)
        for line in facts.lines:
            if line.kind is LineItemKind.PRODUCT:
                name = self._words.say("Order") if line.name == UNNAMED else self.isolated(line.name)
                quantity = self._words.number(line.quantity)
                carried += line.amount_minor
                price, amount = self._money(line.unit_minor), self._money(line.amount_minor)
                yield PaperLine(name, quantity, price, amount, self._money(carried))

    def sums(self) -> Iterator[PaperSum]:
        """What the lines come to."""
        facts, say = self._facts, self._words.say
        goods = sum(one.amount_minor for one in facts.lines if one.kind is LineItemKind.PRODUCT)
        if goods != facts.total_minor and facts.lines:
            yield PaperSum(say("Subtotal"), self._money(goods))
        for line in facts.lines:
            if line.kind is LineItemKind.DISCOUNT:
                yield PaperSum(self.isolated(line.name), self._money(line.amount_minor, off=True))
        for discount in facts.discounts:
            yield PaperSum(self.isolated(discount.name), self._money(discount.amount_minor, off=True))
        if facts.shipping_minor:
            yield PaperSum(say("Shipping"), self._money(facts.shipping_minor))
        for line in facts.lines:
            if line.kind is LineItemKind.TAX:
                yield PaperSum(self.isolated(line.name), self._money(line.amount_minor))
        yield PaperSum(say("Total"), self._money(facts.total_minor), strong=True)
        if self._document.kind is DocumentKind.INVOICE:
            yield PaperSum(say("Still open"), self._money(facts.open_minor), strong=True)

    def sentence(self) -> str:
        """What there is to say of the money."""
        facts = self._facts
        if not facts.situation:
            return ""
        words = BUYER[Situation(facts.situation)]
        texts = texts_of(facts.sums, lambda one: self._words.price(one).text, self._coins)
        return self._words.say(words.lead, merchant=self._document.seller_name, **texts) if words.lead else ""

    def account(self) -> Iterator[PaperSum]:
        """The account under it."""
        facts = self._facts
        for row, amount in facts.rows:
            if facts.in_the_asset and amount.atomic is not None:
                text = self._coins(amount.atomic)
            else:
                text = in_money(amount, lambda one: self._words.price(one).text, self._coins)
            yield PaperSum(self._words.say(ROWS[row]), text)

    def movement(self, one: Movement) -> PaperMovement:
        """Money that came or went."""
        what = self._words.say(_MOVED[one.kind])
        if self._facts.by_mail:
            how = self._words.say("by mail")
        else:
            coin = one.symbol or coin_name(one.chain_id, one.asset, self._words)
            network = one.network or network_name(one.chain_id, self._words)
            coins = f"{self._words.coins(units(one.amount_atomic, one.decimals))} {coin}"
            how = f"{self.isolated(coins)} · {self.isolated(network)}"
        at = self._words.time(one.at, self._zone)
        off = one.kind is TransactionKind.REFUND
        return PaperMovement(at, f"{what} · {how}", self._money(one.value_minor, off=off), one.tx_hash or "")

    def footer(self) -> str:
        """What the seller says at the foot of each page, as one paragraph."""
        return self.isolated(" · ".join(one.strip() for one in self._settings.footer.splitlines() if one.strip()))

    def isolated(self, text: str) -> str:
        """What somebody else wrote, which turns nothing around it."""
        return str(isolated(text, self._words.language.right_to_left))

    def _money(self, minor: int, *, off: bool = False) -> str:
        text = self._words.price(Money(minor, self._facts.currency)).text
        return f"−{text}" if off else text

    def _coins(self, atomic: int) -> str:
        facts = self._facts
        if facts.by_mail:
            return self._words.price(Money(atomic, facts.currency)).text
        coin = facts.symbol or coin_name(facts.chain_id, facts.asset, self._words)
        return f"{self._words.coins(units(atomic, facts.decimals))} {coin}"
