"""What the page of a session on networks shows beside the money itself: where to pay, how deep the money lies, what a
wallet is asked. Pure: facts in, what the templates show out."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from markupsafe import Markup

from tillgate.base.clock import MINUTE_MS
from tillgate.checkout.payments.model import Payment, Transfer
from tillgate.checkout.payments.requests import token_of, transfer_call
from tillgate.checkout.statements.model import Situation, Statement
from tillgate.pages.amounts import units
from tillgate.rails.port import (
    ChainSight,
    HashAnswer,
    HashVerdict,
    PaymentOption,
    PaymentTerms,
    WalletChain,
    decimal_of,
)
from tillgate.words import Words, phrase

# On a button; a script fills in the name that the wallet has for itself.
PAY_WITH: Final = phrase("Pay with {wallet}")

_UNTOUCHED: Final = frozenset({Situation.WAITING, Situation.DECLINED})
_ON_THE_WAY: Final = frozenset({Situation.SEEN, Situation.REST_SEEN})


class OptionChoice(NamedTuple):
    """One way to pay."""

    asset: str
    name: Markup
    label: str
    amount: str
    is_chosen: bool


class WalletRequest(NamedTuple):
    """What a wallet in the buyer's browser is asked to send: an ERC-20 transfer, or a plain one of the coin.

    Attributes:
        chain: the chain id as wallets take it, in hexadecimal.
        to: the contract that is called, with ``data``; the address itself for the coin.
        value: coin to send, in hexadecimal.
        known: what a wallet is given that does not know the network; None where it has to know it.
    """

    chain: str
    to: str
    data: str
    value: str
    known: WalletChain | None


class PaidOn(NamedTuple):
    """How a session on networks is paid, and how far its money is.

    Attributes:
        must_choose: nothing can be sent yet: the buyer has to say what they pay with.
        choices: every way to pay, while one may be chosen.
        label: what exchanges call the network.
        depth: how far what was seen is from being final, in words.
        away: the network does not answer now, in words.
        wallet: what a wallet can be asked now.
        coin: the network's own coin is asked for, which is sent without a contract.
        by_contract: the last money was sent by a contract, so that it has no transaction of its own.
        several: it can be paid in more than one way, whichever was chosen.
        rate: the exchange rate that was locked, and until when.
        explorer: where the last transaction can be looked at, and ``seen_on`` the network that it was seen on.
    """

    must_choose: bool
    choices: tuple[OptionChoice, ...]
    label: str
    depth: Markup | None
    away: Markup | None
    wallet: WalletRequest | None
    explorer: str | None
    seen_on: str
    can_look_up: bool
    coin: bool
    by_contract: bool
    several: bool
    rate: Markup | None


def current_option(payment: Payment) -> PaymentOption | None:
    """The option that the page speaks of: what the last money came in, else what was chosen."""
    terms = payment.terms
    last = payment.transfers[-1].asset if payment.transfers else ""
    return terms.known_option(last) or terms.option(terms.asset)


def paid_on(
    payment: Payment,
    statement: Statement,
    words: Words,
    *,
    sight: ChainSight | None,
    known: WalletChain | None,
    to_send: int,
    locked_until: int,
    now: int,
) -> PaidOn | None:
    """What is shown of the networks; None where the session is paid on none.

    Args:
        sight: how the network of :func:`current_option` stands.
        known: what wallets may know about the network that was chosen.
        to_send: what has to arrive now, in atomic units of the chosen asset.
        locked_until: until when the option's rate stands.
    """
    terms, option = payment.terms, current_option(payment)
    if option is None:
        return None
    chosen = terms.option(terms.asset) or option
    unpaid = statement.payable and statement.situation in _UNTOUCHED
    must_choose = statement.payable and not terms.address
    away = None
    if sight is not None and sight.is_away and (statement.payable or statement.situation in _ON_THE_WAY):
        away = words.html(
            "{network} does not answer us at the moment. A payment that you have sent is not lost: it appears here as "
            "soon as the network answers.",
            network=option.title,
        )
    payable = statement.payable and not must_choose
    last = payment.transfers[-1] if payment.transfers else None
    seen_at = f"{option.explorer}/tx/{last.tx_hash}" if option.explorer and last is not None and last.tx_hash else None
    return PaidOn(
        must_choose=must_choose,
        choices=_choices(terms, words, must_choose=must_choose) if must_choose or unpaid else (),
        label=chosen.exchange_label,
        depth=_depth(last, option, sight, words, now)
        if statement.situation in _ON_THE_WAY and last is not None
        else None,
        away=away,
        wallet=_wallet(terms, chosen, to_send, known) if payable and to_send > 0 else None,
        explorer=seen_at,
        seen_on=option.title,
        can_look_up=bool(terms.address) and not statement.settled,
        coin=chosen.is_coin,
        by_contract=last is not None and last.block is not None and last.tx_hash is None,
        several=len(terms.options) > 1,
        rate=_rate(option, words, locked_until if payable else None) if not must_choose else None,
    )


def _rate(option: PaymentOption, words: Words, until: int | None) -> Markup | None:
    """The rate by which the amount follows from the price, and until when it stands, where that is to come."""
    if option.rate is None:
        return None
    currency, rate = option.rate.base, f"{words.coins(option.rate.value)} {option.symbol}"
    if option.is_coin:
        # What one coin is worth is how anybody says it.
        currency, rate = option.symbol, f"{words.coins(decimal_of(1 / option.rate.exactly))} {option.rate.base}"
    if until is None:
        return words.html("1 {asset} = {price}, locked", asset=currency, price=rate)
    return words.html("1 {asset} = {price}, locked until {time}", asset=currency, price=rate, time=words.time(until))


def _choices(terms: PaymentTerms, words: Words, *, must_choose: bool) -> tuple[OptionChoice, ...]:
    if len(terms.options) < 2 and not must_choose:
        return ()
    return tuple(
        OptionChoice(
            one.asset,
            words.html("{asset} on {network}", asset=one.symbol, network=one.title),
            one.exchange_label,
            f"{words.coins(units(one.amount_atomic, one.decimals))} {one.symbol}",
            bool(terms.address) and one.asset == terms.asset,
        )
        for one in terms.options
    )


def _wallet(
    terms: PaymentTerms, option: PaymentOption, to_send: int, known: WalletChain | None
) -> WalletRequest | None:
    chain, token = hex(option.chain_id), token_of(option.asset)
    if option.is_coin:
        return WalletRequest(chain, terms.address, "0x", hex(to_send), known)
    if token is None:
        return None
    return WalletRequest(chain, token, transfer_call(terms.address, to_send), "0x0", known)


def _depth(
    transfer: Transfer, option: PaymentOption, sight: ChainSight | None, words: Words, now: int
) -> Markup | None:
    """How far a movement is from being final: counted where a depth says so, estimated where a tag does."""
    if transfer.block is None or transfer.confirmed_at is not None:
        return None
    if option.confirmations is not None:
        seen = transfer.confirmations
        if sight is not None and sight.head is not None:
            seen = max(seen, sight.head - transfer.block.number + 1)
        return words.html(
            "Confirmations: {seen} of {needed}",
            seen=words.number(min(seen, option.confirmations)),
            needed=words.number(option.confirmations),
        )
    if sight is None or sight.final_lag_ms is None:
        return None
    left = transfer.block.mined_at + sight.final_lag_ms - now
    return words.html_many("About {count} more minute", "About {count} more minutes", max(-(-left // MINUTE_MS), 1))


_V = HashVerdict
_ANSWERS: Final[Mapping[HashVerdict, str]] = {
    _V.COUNTED: phrase("This transaction on {network} is counted towards your payment. There is nothing to do."),
    _V.WAITING: phrase(
        "We see this transaction on {network}. It waits until the network has confirmed it; there is nothing to do."
    ),
    _V.NOT_READ_YET: phrase(
        "We see this transaction on {network}. It appears here within a few minutes. Please do not send it again."
    ),
    _V.FOR_THE_MERCHANT: phrase(
        "This transaction on {network} has to be checked by the merchant. Please give them its hash."
    ),
    _V.OTHER_ASSET: phrase(
        "This transaction reached the right address on {network}, but not in what was asked for. Please give the "
        "merchant its hash."
    ),
    _V.OTHER_ADDRESS: phrase(
        "This transaction on {network} sent nothing to the address of this page. Please compare the addresses in your "
        "wallet."
    ),
    _V.REVERTED: phrase(
        "This transaction failed on {network}: it moved nothing but its fee. Please look into your wallet before you "
        "send again."
    ),
    _V.NOT_MINED: phrase(
        "This transaction waits for its turn on {network}. It appears here afterwards. Please do not send a second one."
    ),
    _V.ORPHANED: phrase(
        "{network} has dropped this transaction for now. It may come again: please check your wallet before you send "
        "another one."
    ),
    _V.UNKNOWN: phrase(
        "We do not find this transaction on the networks that we look at. It may be on another one, or on its way. "
        "Please look it up in your wallet before you send again."
    ),
    _V.NOT_ANSWERED: phrase(
        "The networks do not answer us at the moment, so we could not look it up. Nothing is lost. Please try again in "
        "a few minutes."
    ),
}


def answered(answer: HashAnswer, words: Words) -> Markup:
    """The outcome of a transaction, for its buyer."""
    return words.html(_ANSWERS[answer.verdict], network=answer.network)
