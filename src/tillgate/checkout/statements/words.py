"""The words for each situation, in English: for the buyer, for the merchant, and for lists.

Each text of the buyer's is a whole sentence of the catalogues (``tillgate.words``), with named sums in it. The sums are
those of :func:`values_of`, each in money (``{received}``) and in the asset that was sent (``{received_asset}``).
Nothing else is put into a sentence but the merchant's name.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tillgate.base.money import Money
from tillgate.checkout.statements.model import Books, OrderStanding, Row, Situation, Sum
from tillgate.words import phrase

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


_NO_AUTOMATISM: Final = "Decide what to do with the order; nothing is refunded or fulfilled automatically."

BUYER: Final[dict[Situation, BuyerWords]] = {
    _X.WAITING: BuyerWords("", "", phrase("Send {due_asset}"), phrase("Waiting for your payment."), ""),
    _X.DECLINED: BuyerWords(
        "",
        "",
        phrase("Send {due_asset}"),
        phrase("Your payment was declined, and nothing was charged. You can try again."),
        phrase("Your payment was declined, and nothing was charged. You can try again, or pay in another way."),
    ),
    _X.DROPPED: BuyerWords(
        "",
        "",
        phrase("Send {due_asset}"),
        phrase("The network has dropped the payment that was seen. It may still arrive."),
        "",
    ),
    _X.REST_AWAITED: BuyerWords(
        "less",
        "warn",
        phrase("Send the rest: {missing_asset}"),
        phrase("{received_asset} arrived. {merchant} waits for the rest: {missing_asset}."),
        phrase("{seen_asset} of {due_asset} arrived, and {merchant} waits for the rest. Send it to the same address."),
    ),
    _X.REST_SEEN: BuyerWords(
        "seen",
        "good",
        phrase("The rest was seen"),
        phrase("The rest of your payment was seen and is waiting for confirmation."),
        phrase(
            "The rest of your payment was seen and is waiting for the network to confirm it. You do not need "
            "to do anything."
        ),
    ),
    _X.AWAITED_AGAIN: BuyerWords(
        "",
        "",
        phrase("Send {due_asset}"),
        phrase("The network has dropped the payment that was seen. {merchant} waits for it."),
        phrase(
            "The network has dropped the payment that we had seen, and {merchant} waits for it. It may still "
            "arrive: please check your wallet before you send it again."
        ),
    ),
    _X.NOTHING_DUE: BuyerWords(
        "check",
        "quiet",
        phrase("Nothing to pay"),
        phrase("There is nothing to pay. You can complete your order."),
        phrase("Your order costs nothing. Complete it, and {merchant} has it."),
    ),
    _X.SEEN: BuyerWords(
        "seen",
        "good",
        phrase("Payment seen"),
        phrase("Your payment was seen and is waiting for confirmation. You do not need to do anything."),
        phrase(
            "We have seen {seen_asset} and are waiting for the network to confirm it. You do not need to do "
            "anything, and you can close this page."
        ),
    ),
    _X.AUTHORIZED: BuyerWords(
        "seen",
        "good",
        phrase("Payment authorized"),
        phrase("Your payment is authorized. You are charged when your order is ready."),
        phrase(
            "You have not been charged yet. {merchant} charges the amount when your order is ready, or "
            "releases it within 7 days. You can close this page."
        ),
    ),
    _X.PARTLY_CAPTURED: BuyerWords(
        "seen",
        "good",
        phrase("{captured} was charged"),
        phrase("{captured} was charged. The rest is still authorized."),
        phrase(
            "{merchant} has charged {captured} of {due}. The remaining {capturable} is authorized: it is "
            "charged when the rest of your order is ready, or released. You can close this page."
        ),
    ),
    _X.LESS: BuyerWords(
        "less",
        "warn",
        phrase("Part of the amount arrived"),
        phrase("Less than the amount asked for arrived. The merchant is reviewing it."),
        phrase(
            "{merchant} has been informed and is reviewing your payment. Please send nothing more unless "
            "{merchant} asks you to. Keep the reference in case you have questions."
        ),
    ),
    _X.MORE: BuyerWords(
        "more",
        "warn",
        phrase("More than the amount arrived"),
        phrase("More than the amount asked for arrived. The merchant is reviewing it."),
        phrase(
            "{merchant} has been informed and decides what happens with the difference. You do not need to "
            "do anything. Keep the reference in case you have questions."
        ),
    ),
    _X.EXACT_IN_REVIEW: BuyerWords(
        "clock",
        "warn",
        phrase("Your payment is in review"),
        phrase("Your payment arrived. The merchant is reviewing it."),
        phrase(
            "Your payment arrived, and {merchant} is reviewing it. You do not need to do anything. Keep the "
            "reference in case you have questions."
        ),
    ),
    _X.NOTHING_LEFT: BuyerWords(
        "less",
        "warn",
        phrase("Your payment was dropped"),
        phrase("The network has dropped the payment that was seen. The merchant is reviewing it."),
        phrase(
            "The network has dropped the payment that we had seen, and it may still arrive. {merchant} has "
            "been informed. Please check your wallet, and send nothing more unless {merchant} asks you to."
        ),
    ),
    _X.REVERSED: BuyerWords(
        "less",
        "warn",
        phrase("Your payment was reversed"),
        phrase("The network has reversed your payment or a part of it. The merchant is reviewing it."),
        phrase(
            "The network has reversed your payment or a part of it, and it may still arrive. {merchant} has "
            "been informed. Please check your wallet, and send nothing more unless {merchant} asks you to."
        ),
    ),
    _X.AFTER_REFUND: BuyerWords(
        "more",
        "warn",
        phrase("More money arrived"),
        phrase("Money arrived after your refund. The merchant is reviewing it."),
        phrase(
            "{refunded} was refunded, and money arrived after that. {merchant} has been informed and decides "
            "what happens with it. You do not need to do anything. Keep the reference in case you have "
            "questions."
        ),
    ),
    _X.AFTER_EXPIRY: BuyerWords(
        "clock",
        "quiet",
        phrase("The time is up"),
        phrase("Money arrived, but the time to pay was up. The merchant is reviewing it."),
        phrase("{seen_asset} arrived after the time was up. Please contact {merchant} and give the reference below."),
    ),
    _X.AFTER_FAILURE: BuyerWords(
        "clock",
        "warn",
        phrase("Your payment is in review"),
        phrase("Money arrived for a payment that had ended. The merchant is reviewing it."),
        phrase(
            "{seen_asset} arrived for a payment that had ended. {merchant} has been informed and decides "
            "what happens with it. You do not need to do anything. Keep the reference in case you have "
            "questions."
        ),
    ),
    _X.PAID: BuyerWords(
        "check",
        "good",
        phrase("Payment complete"),
        phrase("Your payment is complete. Thank you."),
        phrase("Thank you. {merchant} has your payment of {received}."),
    ),
    _X.PAID_LATE: BuyerWords(
        "check",
        "good",
        phrase("Payment received late"),
        phrase("Your payment arrived after the time was up. The merchant has it."),
        phrase(
            "Your payment of {received} arrived after the time was up. {merchant} has it and may contact you "
            "about your order."
        ),
    ),
    _X.FREE: BuyerWords(
        "check",
        "good",
        phrase("Nothing to pay"),
        phrase("Your order is complete. There is nothing to pay."),
        phrase("Thank you. {merchant} has your order, and there is nothing to pay."),
    ),
    _X.FREE_AND_MORE: BuyerWords(
        "more",
        "warn",
        phrase("Nothing to pay, and money arrived"),
        phrase("Your order is complete and costs nothing, and money arrived. The merchant has been informed."),
        phrase(
            "Your order is complete and costs nothing, and {seen_asset} arrived. {merchant} has been "
            "informed and decides what happens with it. You do not need to do anything. Keep the reference "
            "in case you have questions."
        ),
    ),
    _X.CAPTURED_IN_PART: BuyerWords(
        "check",
        "good",
        phrase("{captured} was charged"),
        phrase("{captured} was charged, and the rest was released."),
        phrase("Thank you. {merchant} charged {captured} of {due} and released the remaining {released}."),
    ),
    _X.ACCEPTED_LESS: BuyerWords(
        "check",
        "good",
        phrase("Payment accepted"),
        phrase("The merchant has accepted your payment. Thank you."),
        phrase(
            "Thank you. {merchant} has accepted {received} as your payment of {due}. There is nothing more to send."
        ),
    ),
    _X.ACCEPTED_NOTHING: BuyerWords(
        "check",
        "good",
        phrase("Order accepted"),
        phrase("The merchant has accepted your order. There is nothing more to send."),
        phrase(
            "The network has reversed your payment, and {merchant} has accepted your order all the same. "
            "There is nothing more to send."
        ),
    ),
    _X.ACCEPTED_MORE: BuyerWords(
        "check",
        "good",
        phrase("Payment accepted"),
        phrase("The merchant has accepted your payment. Thank you."),
        phrase(
            "Thank you. {merchant} has accepted your payment of {received}, which is more than the {due} "
            "that was asked for."
        ),
    ),
    _X.ACCEPTED_AFTER_FAILURE: BuyerWords(
        "check",
        "good",
        phrase("Payment accepted"),
        phrase("The merchant has accepted your payment. Thank you."),
        phrase("Thank you. {merchant} has accepted your payment of {received}."),
    ),
    _X.PAID_TWICE: BuyerWords(
        "more",
        "warn",
        phrase("Paid, and more arrived"),
        phrase("Your order is paid, and more money arrived. The merchant has been informed."),
        phrase(
            "Your order is paid, and more than the {due} that was asked for arrived. {merchant} has been "
            "informed and decides what happens with it. You do not need to do anything. Keep the reference "
            "in case you have questions."
        ),
    ),
    _X.REFUND_PENDING: BuyerWords(
        "seen",
        "quiet",
        phrase("Your refund is on its way"),
        phrase("Your refund is on its way."),
        phrase(
            "{merchant} is sending {refunding} back to you, and sends you a link if your address is needed. Keep the "
            "reference in case you have questions."
        ),
    ),
    _X.REFUNDED: BuyerWords(
        "check",
        "quiet",
        phrase("Your payment was refunded"),
        phrase("Your payment was refunded."),
        phrase("{merchant} has sent {refunded} back to you. Keep the reference in case you have questions."),
    ),
    _X.PART_REFUND_PENDING: BuyerWords(
        "check",
        "good",
        phrase("Part of your refund is on its way"),
        phrase("A refund is on its way."),
        phrase(
            "Your order is paid. {merchant} is sending {refunding} back to you, and sends you a link if your address "
            "is needed."
        ),
    ),
    _X.PARTLY_REFUNDED: BuyerWords(
        "check",
        "good",
        phrase("Partly refunded"),
        phrase("A part of your payment was refunded."),
        phrase("{merchant} received {received} and has sent {refunded} back to you."),
    ),
    _X.EXPIRED: BuyerWords(
        "clock",
        "quiet",
        phrase("The time is up"),
        phrase("The time to pay is up. Please do not send anything to this address."),
        phrase(
            "No payment arrived in time, and nothing was charged. Please do not send anything to the earlier address."
        ),
        phrase(
            "No payment arrived in time, and nothing was charged. Please do not send anything to the earlier "
            "address; start again to get a new one."
        ),
        phrase("Already sent it? It is not lost. Contact {merchant} and give the reference below."),
    ),
    _X.EXPIRED_DROPPED: BuyerWords(
        "clock",
        "quiet",
        phrase("The time is up"),
        phrase("The time to pay is up. Please do not send anything to this address."),
        phrase(
            "The network has dropped the payment that we had seen, and nothing was charged. Please do not "
            "send anything to the earlier address."
        ),
        phrase(
            "The network has dropped the payment that we had seen, and nothing was charged. Please do not "
            "send anything to the earlier address; start again to get a new one."
        ),
        phrase("Did it arrive after all? It is not lost. Contact {merchant} and give the reference below."),
    ),
    _X.CANCELED: BuyerWords(
        "cross",
        "bad",
        phrase("This payment was canceled"),
        phrase("This payment was canceled. Please do not send anything."),
        phrase("{merchant} canceled this payment, and nothing was charged. Please do not send anything."),
        phrase(
            "{merchant} canceled this payment, and nothing was charged. Please do not send anything; start "
            "again if you still want to buy."
        ),
    ),
    _X.RELEASED: BuyerWords(
        "cross",
        "bad",
        phrase("This payment was canceled"),
        phrase("This payment was canceled, and nothing was charged."),
        phrase("The {authorized} that you had authorized was released, and nothing was charged."),
        phrase(
            "The {authorized} that you had authorized was released, and nothing was charged. Start again if "
            "you still want to buy."
        ),
    ),
    _X.LAPSED: BuyerWords(
        "clock",
        "quiet",
        phrase("Your authorization ran out"),
        phrase("Your authorization ran out, and nothing was charged."),
        phrase(
            "{merchant} did not charge the {authorized} that you had authorized in time. It was released, "
            "and nothing was charged."
        ),
        phrase(
            "{merchant} did not charge the {authorized} that you had authorized in time. It was released, "
            "and nothing was charged. Start again if you still want to buy."
        ),
    ),
    _X.FAILED: BuyerWords(
        "cross",
        "bad",
        phrase("This payment did not work"),
        phrase("This payment did not work and cannot be completed here."),
        phrase("Something went wrong, and this page cannot fix it. No payment arrived, and nothing was charged."),
        phrase(
            "Something went wrong, and this page cannot fix it. No payment arrived, and nothing was charged; "
            "you can start again."
        ),
    ),
    _X.FAILED_DROPPED: BuyerWords(
        "cross",
        "bad",
        phrase("This payment did not work"),
        phrase("This payment did not work and cannot be completed here."),
        phrase(
            "The network has dropped the payment that we had seen, and nothing was charged. Please do not "
            "send anything more."
        ),
        phrase(
            "The network has dropped the payment that we had seen, and nothing was charged. Please do not "
            "send anything more to this address; you can start again."
        ),
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
    _X.AUTHORIZED: MerchantWords("Authorized", "moving"),
    _X.PARTLY_CAPTURED: MerchantWords("Partly captured", "moving"),
    _X.LESS: MerchantWords("In review", "warn", f"Less arrived than was asked for. {_NO_AUTOMATISM}"),
    _X.MORE: MerchantWords("In review", "warn", f"More arrived than was asked for. {_NO_AUTOMATISM}"),
    _X.EXACT_IN_REVIEW: MerchantWords(
        "In review",
        "warn",
        "The whole amount arrived, and the order waits for your decision: its discount may have been used up "
        "meanwhile, the balance of its address may not cover it, or you assigned it. Nothing is refunded or fulfilled "
        "automatically.",
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
        "Paid in part", "good", "{captured} of {due} was captured; the remaining {released} was released."
    ),
    _X.ACCEPTED_LESS: MerchantWords("Paid in part", "good", "{received} was accepted as payment of {due}."),
    _X.ACCEPTED_NOTHING: MerchantWords(
        "Accepted unpaid", "good", "You accepted the order as paid, although its money was reversed."
    ),
    _X.ACCEPTED_MORE: MerchantWords("Paid", "good", "You accepted {received} as payment of {due}."),
    _X.ACCEPTED_AFTER_FAILURE: MerchantWords(
        "Paid", "good", "You accepted {received}, which arrived after the session had ended."
    ),
    _X.PAID_TWICE: MerchantWords(
        "Paid twice",
        "warn",
        "More arrived than was asked for: {excess} too much. Accept it, or refund the excess.",
    ),
    _X.REFUND_PENDING: MerchantWords("Refund pending", "moving", "{refunding} is being refunded."),
    _X.REFUNDED: MerchantWords("Refunded", "still"),
    _X.PART_REFUND_PENDING: MerchantWords("Refund pending", "moving", "{refunding} of {received} is being refunded."),
    _X.PARTLY_REFUNDED: MerchantWords("Partly refunded", "still", "{refunded} of {received} was refunded."),
    _X.EXPIRED: MerchantWords("Expired", "still"),
    _X.EXPIRED_DROPPED: MerchantWords("Expired", "still"),
    _X.CANCELED: MerchantWords("Canceled", "still"),
    _X.RELEASED: MerchantWords("Canceled", "still", "The authorized {authorized} was released. Nothing was captured."),
    _X.LAPSED: MerchantWords("Canceled", "still", "The authorization of {authorized} lapsed. Nothing was captured."),
    _X.FAILED: MerchantWords("Failed", "bad"),
    _X.FAILED_DROPPED: MerchantWords("Failed", "bad"),
}

ROWS: Final[dict[Row, str]] = {
    Row.DUE: phrase("Amount due"),
    Row.AUTHORIZED: phrase("Still authorized"),
    Row.CAPTURED: phrase("Charged"),
    Row.RECEIVED: phrase("Received"),
    Row.UNCONFIRMED: phrase("Waiting for confirmation"),
    Row.MISSING: phrase("Missing"),
    Row.EXCESS: phrase("Too much"),
    Row.RELEASED: phrase("Released"),
    Row.REFUND_PENDING: phrase("Refund on its way"),
    Row.REFUNDED: phrase("Refunded"),
}

ORDER: Final[dict[OrderStanding, MerchantWords]] = {
    OrderStanding.OPEN: MerchantWords("Open", "open"),
    OrderStanding.PROCESSING: MerchantWords("Processing", "moving"),
    OrderStanding.REVIEW: MerchantWords("In review", "warn"),
    OrderStanding.PAID: MerchantWords("Paid", "good"),
    OrderStanding.PAID_IN_PART: MerchantWords("Paid in part", "good"),
    OrderStanding.ACCEPTED_UNPAID: MerchantWords("Accepted unpaid", "good"),
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
    return texts_of(sums_of(books), money, asset)


def sums_of(books: Books) -> dict[str, Sum]:
    """The sums of the books, by the names that the sentences know them by."""
    return {
        "due": books.due,
        "seen": books.seen,
        "received": books.received,
        "missing": books.missing,
        "excess": books.excess,
        "kept": books.kept,
        "refunded": books.refunded,
        "refunding": books.refunding,
        "authorized": Sum(books.authorized or books.due.money),
        "captured": Sum(books.captured),
        "capturable": Sum(books.capturable),
        "released": Sum(books.released),
    }


def texts_of(sums: Mapping[str, Sum], money: Callable[[Money], str], asset: Callable[[int], str]) -> dict[str, str]:
    """Sums as text, each in money and, with another name, in the asset."""
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
