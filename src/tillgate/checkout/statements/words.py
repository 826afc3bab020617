"""The words for each situation, in English: for the buyer, for the merchant, and for lists.

Each text is one entry of a catalogue to come: a whole sentence under an id, with named sums in it. The sums are those
of :func:`values_of`, each in money (``{received}``) and in the asset that was sent (``{received_asset}``). Nothing else
is put into a sentence but the merchant's name.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tillgate.base.money import Money
from tillgate.checkout.statements.model import Books, OrderStanding, Row, Situation, Sum

_X = Situation


class BuyerWords(NamedTuple):
    """What a buyer reads: short, calm, and never of fields or states.

    Attributes:
        icon, tone: the picture over it, and its colour.
        headline: where it stands, in a few words.
        announcement: the same for somebody who cannot see the page change.
        lead: what happened and what to do; ``lead_again`` where the buyer can start again.
        hint: what else to know.
    """

    icon: str
    tone: str
    headline: str
    announcement: str
    lead: str
    lead_again: str = ""
    hint: str = ""


class MerchantWords(NamedTuple):
    """What a merchant reads: the thing, and the next step.

    Attributes:
        badge, tone: a word or two for lists, and its tone.
        notice: what happened and what to decide; empty where the badge says it all.
    """

    badge: str
    tone: str
    notice: str = ""


_REVIEWS: Final = (
    "{merchant} has been informed and decides what happens with it. You do not need to do anything. Keep the reference "
    "in case you have questions."
)
_NO_AUTOMATISM: Final = "Decide what to do with the order; nothing is refunded or fulfilled automatically."

BUYER: Final[dict[Situation, BuyerWords]] = {
    _X.WAITING: BuyerWords("", "", "Send {due_asset}", "Waiting for your payment.", ""),
    _X.DECLINED: BuyerWords(
        "",
        "",
        "Send {due_asset}",
        "Your payment was declined, and nothing was charged. You can try again.",
        "Your payment was declined, and nothing was charged. You can try again, or pay in another way.",
    ),
    _X.DROPPED: BuyerWords(
        "",
        "",
        "Send {due_asset}",
        "The network has dropped the payment that was seen. It may still arrive.",
        "",
    ),
    _X.REST_AWAITED: BuyerWords(
        "less",
        "warn",
        "Send the rest: {missing_asset}",
        "{received_asset} arrived. {merchant} waits for the rest: {missing_asset}.",
        "{seen_asset} of {due_asset} arrived, and {merchant} waits for the rest. Send it to the same address.",
    ),
    _X.REST_SEEN: BuyerWords(
        "seen",
        "good",
        "The rest was seen",
        "The rest of your payment was seen and is waiting for confirmation.",
        "The rest of your payment was seen and is waiting for the network to confirm it. You do not need to do "
        "anything.",
    ),
    _X.AWAITED_AGAIN: BuyerWords(
        "",
        "",
        "Send {due_asset}",
        "The network has dropped the payment that was seen. {merchant} waits for it.",
        "The network has dropped the payment that we had seen, and {merchant} waits for it. It may still arrive: "
        "please check your wallet before you send it again.",
    ),
    _X.NOTHING_DUE: BuyerWords(
        "check",
        "quiet",
        "Nothing to pay",
        "There is nothing to pay. You can complete your order.",
        "Your order costs nothing. Complete it, and {merchant} has it.",
    ),
    _X.SEEN: BuyerWords(
        "seen",
        "good",
        "Payment seen",
        "Your payment was seen and is waiting for confirmation. You do not need to do anything.",
        "We have seen {seen_asset} and are waiting for the network to confirm it. You do not need to do anything, and "
        "you can close this page.",
    ),
    _X.AUTHORIZED: BuyerWords(
        "seen",
        "good",
        "Payment authorised",
        "Your payment is authorised. You are charged when your order is ready.",
        "You have not been charged yet. {merchant} charges the amount when your order is ready, or releases it within "
        "7 days. You can close this page.",
    ),
    _X.PARTLY_CAPTURED: BuyerWords(
        "seen",
        "good",
        "{captured} was charged",
        "{captured} was charged. The rest is still authorised.",
        "{merchant} has charged {captured} of {due}. The remaining {capturable} is authorised: it is charged when the "
        "rest of your order is ready, or released. You can close this page.",
    ),
    _X.LESS: BuyerWords(
        "less",
        "warn",
        "Part of the amount arrived",
        "Less than the amount asked for arrived. The merchant is reviewing it.",
        "{merchant} has been informed and is reviewing your payment. Please send nothing more unless {merchant} asks "
        "you to. Keep the reference in case you have questions.",
    ),
    _X.MORE: BuyerWords(
        "more",
        "warn",
        "More than the amount arrived",
        "More than the amount asked for arrived. The merchant is reviewing it.",
        "{merchant} has been informed and decides what happens with the difference. You do not need to do anything. "
        "Keep the reference in case you have questions.",
    ),
    _X.EXACT_IN_REVIEW: BuyerWords(
        "clock",
        "warn",
        "Your payment is in review",
        "Your payment arrived. The merchant is reviewing it.",
        "Your payment arrived, and {merchant} is reviewing it. You do not need to do anything. Keep the reference in "
        "case you have questions.",
    ),
    _X.NOTHING_LEFT: BuyerWords(
        "less",
        "warn",
        "Your payment was dropped",
        "The network has dropped the payment that was seen. The merchant is reviewing it.",
        "The network has dropped the payment that we had seen, and it may still arrive. {merchant} has been informed. "
        "Please check your wallet, and send nothing more unless {merchant} asks you to.",
    ),
    _X.REVERSED: BuyerWords(
        "less",
        "warn",
        "Your payment was reversed",
        "The network has reversed your payment or a part of it. The merchant is reviewing it.",
        "The network has reversed your payment or a part of it, and it may still arrive. {merchant} has been informed. "
        "Please check your wallet, and send nothing more unless {merchant} asks you to.",
    ),
    _X.AFTER_REFUND: BuyerWords(
        "more",
        "warn",
        "More money arrived",
        "Money arrived after your refund. The merchant is reviewing it.",
        "{refunded} was refunded, and money arrived after that. " + _REVIEWS,
    ),
    _X.AFTER_EXPIRY: BuyerWords(
        "clock",
        "quiet",
        "The time is up",
        "Money arrived, but the time to pay was up. The merchant is reviewing it.",
        "{seen_asset} arrived after the time was up. Please contact {merchant} and give the reference below.",
    ),
    _X.AFTER_FAILURE: BuyerWords(
        "clock",
        "warn",
        "Your payment is in review",
        "Money arrived for a payment that had ended. The merchant is reviewing it.",
        "{seen_asset} arrived for a payment that had ended. " + _REVIEWS,
    ),
    _X.PAID: BuyerWords(
        "check",
        "good",
        "Payment complete",
        "Your payment is complete. Thank you.",
        "Thank you. {merchant} has your payment of {received}.",
    ),
    _X.PAID_LATE: BuyerWords(
        "check",
        "good",
        "Payment received late",
        "Your payment arrived after the time was up. The merchant has it.",
        "Your payment of {received} arrived after the time was up. {merchant} has it and may contact you about your "
        "order.",
    ),
    _X.FREE: BuyerWords(
        "check",
        "good",
        "Nothing to pay",
        "Your order is complete. There is nothing to pay.",
        "Thank you. {merchant} has your order, and there is nothing to pay.",
    ),
    _X.FREE_AND_MORE: BuyerWords(
        "more",
        "warn",
        "Nothing to pay, and money arrived",
        "Your order is complete and costs nothing, and money arrived. The merchant has been informed.",
        "Your order is complete and costs nothing, and {seen_asset} arrived. " + _REVIEWS,
    ),
    _X.CAPTURED_IN_PART: BuyerWords(
        "check",
        "good",
        "{captured} was charged",
        "{captured} was charged, and the rest was released.",
        "Thank you. {merchant} charged {captured} of {due} and released the remaining {released}.",
    ),
    _X.ACCEPTED_LESS: BuyerWords(
        "check",
        "good",
        "Payment accepted",
        "The merchant has accepted your payment. Thank you.",
        "Thank you. {merchant} has accepted {received} as your payment of {due}. There is nothing more to send.",
    ),
    _X.ACCEPTED_NOTHING: BuyerWords(
        "check",
        "good",
        "Order accepted",
        "The merchant has accepted your order. There is nothing more to send.",
        "The network has reversed your payment, and {merchant} has accepted your order all the same. There is nothing "
        "more to send.",
    ),
    _X.ACCEPTED_MORE: BuyerWords(
        "check",
        "good",
        "Payment accepted",
        "The merchant has accepted your payment. Thank you.",
        "Thank you. {merchant} has accepted your payment of {received}, which is more than the {due} that was asked "
        "for.",
    ),
    _X.ACCEPTED_AFTER_FAILURE: BuyerWords(
        "check",
        "good",
        "Payment accepted",
        "The merchant has accepted your payment. Thank you.",
        "Thank you. {merchant} has accepted your payment of {received}.",
    ),
    _X.PAID_TWICE: BuyerWords(
        "more",
        "warn",
        "Paid, and more arrived",
        "Your order is paid, and more money arrived. The merchant has been informed.",
        "Your order is paid, and more than the {due} that was asked for arrived. " + _REVIEWS,
    ),
    _X.REFUND_PENDING: BuyerWords(
        "seen",
        "quiet",
        "Your refund is on its way",
        "Your refund is on its way.",
        "{merchant} is sending {refunding} back to you. You do not need to do anything. Keep the reference in case you "
        "have questions.",
    ),
    _X.REFUNDED: BuyerWords(
        "check",
        "quiet",
        "Your payment was refunded",
        "Your payment was refunded.",
        "{merchant} has sent {refunded} back to you. Keep the reference in case you have questions.",
    ),
    _X.PART_REFUND_PENDING: BuyerWords(
        "check",
        "good",
        "Part of your refund is on its way",
        "A refund is on its way.",
        "Your order is paid. {merchant} is sending {refunding} back to you. You do not need to do anything.",
    ),
    _X.PARTLY_REFUNDED: BuyerWords(
        "check",
        "good",
        "Partly refunded",
        "A part of your payment was refunded.",
        "{merchant} received {received} and has sent {refunded} back to you.",
    ),
    _X.EXPIRED: BuyerWords(
        "clock",
        "quiet",
        "The time is up",
        "The time to pay is up. Please do not send anything to this address.",
        "No payment arrived in time, and nothing was charged. Please do not send anything to the earlier address.",
        "No payment arrived in time, and nothing was charged. Please do not send anything to the earlier address; "
        "start again to get a new one.",
        "Already sent it? It is not lost. Contact {merchant} and give the reference below.",
    ),
    _X.EXPIRED_DROPPED: BuyerWords(
        "clock",
        "quiet",
        "The time is up",
        "The time to pay is up. Please do not send anything to this address.",
        "The network has dropped the payment that we had seen, and nothing was charged. Please do not send anything to "
        "the earlier address.",
        "The network has dropped the payment that we had seen, and nothing was charged. Please do not send anything to "
        "the earlier address; start again to get a new one.",
        "Did it arrive after all? It is not lost. Contact {merchant} and give the reference below.",
    ),
    _X.CANCELED: BuyerWords(
        "cross",
        "bad",
        "This payment was canceled",
        "This payment was canceled. Please do not send anything.",
        "{merchant} canceled this payment, and nothing was charged. Please do not send anything.",
        "{merchant} canceled this payment, and nothing was charged. Please do not send anything; start again if you "
        "still want to buy.",
    ),
    _X.RELEASED: BuyerWords(
        "cross",
        "bad",
        "This payment was canceled",
        "This payment was canceled, and nothing was charged.",
        "The {authorized} that you had authorised was released, and nothing was charged.",
        "The {authorized} that you had authorised was released, and nothing was charged. Start again if you still want "
        "to buy.",
    ),
    _X.LAPSED: BuyerWords(
        "clock",
        "quiet",
        "Your authorisation ran out",
        "Your authorisation ran out, and nothing was charged.",
        "{merchant} did not charge the {authorized} that you had authorised in time. It was released, and nothing was "
        "charged.",
        "{merchant} did not charge the {authorized} that you had authorised in time. It was released, and nothing was "
        "charged. Start again if you still want to buy.",
    ),
    _X.FAILED: BuyerWords(
        "cross",
        "bad",
        "This payment did not work",
        "This payment did not work and cannot be completed here.",
        "Something went wrong, and this page cannot fix it. No payment arrived, and nothing was charged.",
        "Something went wrong, and this page cannot fix it. No payment arrived, and nothing was charged; you can start "
        "again.",
    ),
    _X.FAILED_DROPPED: BuyerWords(
        "cross",
        "bad",
        "This payment did not work",
        "This payment did not work and cannot be completed here.",
        "The network has dropped the payment that we had seen, and nothing was charged. Please do not send anything "
        "more.",
        "The network has dropped the payment that we had seen, and nothing was charged. Please do not send anything "
        "more to this address; you can start again.",
    ),
}

MERCHANT: Final[dict[Situation, MerchantWords]] = {
    _X.WAITING: MerchantWords("Pending", "open"),
    _X.DECLINED: MerchantWords("Pending", "open", "The payer's side declined the payment. The buyer can try again."),
    _X.DROPPED: MerchantWords(
        "Pending", "open", "The payment that was seen was reversed. The session waits as before; it may still arrive."
    ),
    _X.REST_AWAITED: MerchantWords(
        "Waiting for the rest", "moving", "You wait for the rest. The buyer's page asks for the remaining {missing}."
    ),
    _X.REST_SEEN: MerchantWords("Waiting for the rest", "moving", "The rest was seen and is not confirmed yet."),
    _X.AWAITED_AGAIN: MerchantWords(
        "Waiting for the rest", "moving", "What had arrived was reversed. You wait for the whole amount."
    ),
    _X.NOTHING_DUE: MerchantWords(
        "Pending", "open", "The total is zero: the buyer completes the order without a payment."
    ),
    _X.SEEN: MerchantWords("Detected", "moving"),
    _X.AUTHORIZED: MerchantWords("Authorised", "moving"),
    _X.PARTLY_CAPTURED: MerchantWords("Partly captured", "moving"),
    _X.LESS: MerchantWords("In review", "warn", f"Less arrived than was asked for. {_NO_AUTOMATISM}"),
    _X.MORE: MerchantWords("In review", "warn", f"More arrived than was asked for. {_NO_AUTOMATISM}"),
    _X.EXACT_IN_REVIEW: MerchantWords(
        "In review",
        "warn",
        "The whole amount arrived, and the order waits for your decision: its discount may have been used up "
        "meanwhile. Nothing is refunded or fulfilled automatically.",
    ),
    _X.NOTHING_LEFT: MerchantWords(
        "In review", "warn", f"A chain reorganisation reversed what had arrived. {_NO_AUTOMATISM}"
    ),
    _X.REVERSED: MerchantWords(
        "In review",
        "warn",
        "A chain reorganisation reversed a transfer that paid this order. Decide what to do with the order; if the "
        "transfer returns, the order is paid automatically.",
    ),
    _X.AFTER_REFUND: MerchantWords(
        "In review", "warn", f"Money arrived after everything had been refunded. {_NO_AUTOMATISM}"
    ),
    _X.AFTER_EXPIRY: MerchantWords(
        "In review",
        "warn",
        "Money arrived after the session had expired. Nothing is refunded or fulfilled automatically.",
    ),
    _X.AFTER_FAILURE: MerchantWords(
        "In review", "warn", f"Money arrived after the session had ended. {_NO_AUTOMATISM}"
    ),
    _X.PAID: MerchantWords("Paid", "good"),
    _X.PAID_LATE: MerchantWords("Paid late", "good"),
    _X.FREE: MerchantWords("Paid", "good", "The total is zero: no payment was required."),
    _X.FREE_AND_MORE: MerchantWords(
        "Paid", "good", "The total is zero, and {seen_asset} arrived all the same. You can refund it."
    ),
    _X.CAPTURED_IN_PART: MerchantWords(
        "Paid", "good", "{captured} of {due} was captured; the remaining {released} was released."
    ),
    _X.ACCEPTED_LESS: MerchantWords("Paid", "good", "{received} was accepted as payment of {due}."),
    _X.ACCEPTED_NOTHING: MerchantWords(
        "Paid", "good", "You accepted the order as paid, although its money was reversed."
    ),
    _X.ACCEPTED_MORE: MerchantWords("Paid", "good", "You accepted {received} as payment of {due}."),
    _X.ACCEPTED_AFTER_FAILURE: MerchantWords(
        "Paid", "good", "You accepted {received}, which arrived after the session had ended."
    ),
    _X.PAID_TWICE: MerchantWords(
        "Paid",
        "good",
        "More arrived than was asked for: {excess} too much. The order is paid; you can refund the excess.",
    ),
    _X.REFUND_PENDING: MerchantWords("Refund pending", "moving", "{refunding} is being refunded."),
    _X.REFUNDED: MerchantWords("Refunded", "still"),
    _X.PART_REFUND_PENDING: MerchantWords("Refund pending", "moving", "{refunding} of {received} is being refunded."),
    _X.PARTLY_REFUNDED: MerchantWords("Partly refunded", "still", "{refunded} of {received} was refunded."),
    _X.EXPIRED: MerchantWords("Expired", "still"),
    _X.EXPIRED_DROPPED: MerchantWords("Expired", "still"),
    _X.CANCELED: MerchantWords("Canceled", "still"),
    _X.RELEASED: MerchantWords("Canceled", "still", "The authorised {authorized} was released. Nothing was captured."),
    _X.LAPSED: MerchantWords("Canceled", "still", "The authorisation of {authorized} lapsed. Nothing was captured."),
    _X.FAILED: MerchantWords("Failed", "bad"),
    _X.FAILED_DROPPED: MerchantWords("Failed", "bad"),
}

ROWS: Final[dict[Row, str]] = {
    Row.DUE: "Amount due",
    Row.AUTHORIZED: "Still authorised",
    Row.CAPTURED: "Charged",
    Row.RECEIVED: "Received",
    Row.UNCONFIRMED: "Waiting for confirmation",
    Row.MISSING: "Missing",
    Row.EXCESS: "Too much",
    Row.RELEASED: "Released",
    Row.REFUND_PENDING: "Refund on its way",
    Row.REFUNDED: "Refunded",
}

ORDER: Final[dict[OrderStanding, MerchantWords]] = {
    OrderStanding.OPEN: MerchantWords("Open", "open"),
    OrderStanding.PROCESSING: MerchantWords("Processing", "moving"),
    OrderStanding.REVIEW: MerchantWords("In review", "warn"),
    OrderStanding.PAID: MerchantWords("Paid", "good"),
    OrderStanding.PARTLY_REFUNDED: MerchantWords("Partly refunded", "still"),
    OrderStanding.REFUNDED: MerchantWords("Refunded", "still"),
    OrderStanding.EXPIRED: MerchantWords("Expired", "still"),
    OrderStanding.CANCELED: MerchantWords("Canceled", "still"),
}


def values_of(books: Books, money: Callable[[Money], str], asset: Callable[[int], str]) -> dict[str, str]:
    """The sums of the books as text, by the names that the sentences know them by.

    Args:
        money, asset: how an amount of the currency and one of the asset are written for whoever reads.
    """
    promised = {
        "authorized": Sum(books.authorized or books.due.money),
        "captured": Sum(books.captured),
        "capturable": Sum(books.capturable),
        "released": Sum(books.released),
    }
    sums = {
        "due": books.due,
        "seen": books.seen,
        "received": books.received,
        "missing": books.missing,
        "excess": books.excess,
        "kept": books.kept,
        "refunded": books.refunded,
        "refunding": books.refunding,
        **promised,
    }
    return {name: in_money(amount, money, asset) for name, amount in sums.items()} | {
        f"{name}_asset": asset(amount.atomic) for name, amount in sums.items() if amount.atomic is not None
    }


def in_money(amount: Sum, money: Callable[[Money], str], asset: Callable[[int], str]) -> str:
    """A sum in money; what is worth less than the currency's smallest unit is written in the asset, for it is not
    nothing."""
    return asset(amount.atomic) if amount.atomic and not amount.money.minor else money(amount.money)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A sentence with its sums in it."""
    return text.format_map(values)
