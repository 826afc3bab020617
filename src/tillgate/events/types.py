"""The types of events: each is declared here once, with its object and when it is told. There are no others.

Code that tells an event names its type; it never makes the name out of a state's. The reference page, the filters of
the dashboard and the checks of subscriptions read these declarations.
"""

from collections.abc import Container
from typing import Final, NamedTuple

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

NOTHING_TO_DO: Final = "Nothing has to be done."


class EventType(NamedTuple):
    """One type of event.

    Attributes:
        name: on the wire, a noun and what happened to it: ``session.paid``.
        object: what ``data`` is, as it calls itself in its ``object``.
        when: when it is told, for the merchant's developer.
        todo: what they are to do then.
        creates: whether it is its object's first event, so that there is nothing to compare it with.
        forgets: whether what the object held before is told to nobody any more.
    """

    name: str
    object: str
    when: str
    creates: bool = False
    forgets: bool = False
    todo: str = NOTHING_TO_DO

    @property
    def told(self) -> str:
        """When it is told and, where something is to be done, what."""
        return self.when if self.todo == NOTHING_TO_DO else f"{self.when} {self.todo}"

    @property
    def pattern(self) -> str:
        """What subscribes to all types of the noun, those to come included: ``session.*``."""
        return pattern_of(self.name)


EVERY_TYPE: Final = "*"
_types: Final[dict[str, EventType]] = {}


def _declared(
    name: str, object: str, when: str, *, creates: bool = False, forgets: bool = False, todo: str = NOTHING_TO_DO
) -> EventType:
    declared = EventType(name, object, when, creates, forgets, todo)
    if _types.setdefault(name, declared) is not declared:
        raise ValueError(f"the event type {name} is declared twice")
    return declared


def pattern_of(name: str) -> str:
    """The pattern that holds an event type's name, also one that is not declared any more."""
    return f"{name.partition('.')[0]}.{EVERY_TYPE}"


SESSION_CREATED: Final = _declared(
    "session.created",
    "checkout_session",
    "A session was created, through the API or by a visit to a link.",
    creates=True,
)
SESSION_DETECTED: Final = _declared(
    "session.detected",
    "checkout_session",
    "A payment was seen and awaits confirmations.",
    todo="Show it, and do not fulfil yet.",
)
SESSION_PAID: Final = _declared(
    "session.paid",
    "checkout_session",
    "The exact amount is confirmed. Money that you accept for a failed session is reported by `order.paid` instead.",
    todo="Fulfil now.",
)
SESSION_PAID_LATE: Final = _declared(
    "session.paid_late",
    "checkout_session",
    "The exact amount was confirmed after the expiry, within the grace period.",
    todo="Decide whether to fulfil: accept the order, or refund it.",
)
SESSION_UNDERPAID: Final = _declared(
    "session.underpaid",
    "checkout_session",
    "Less than the amount is confirmed.",
    todo="Wait for the rest, accept what came, or refund it.",
)
SESSION_OVERPAID: Final = _declared(
    "session.overpaid",
    "checkout_session",
    "More than the amount is confirmed.",
    todo="Refund the excess, accept it, or refund everything.",
)
SESSION_EXPIRED: Final = _declared(
    "session.expired",
    "checkout_session",
    "The session expired and no payment was seen.",
    todo="Offer the buyer another session if they still want to buy.",
)
SESSION_FAILED: Final = _declared(
    "session.failed",
    "checkout_session",
    "The session can no longer be paid, or you canceled it: then it says when.",
    todo="Offer the buyer another session if they still want to buy.",
)
SESSION_UPDATED: Final = _declared(
    "session.updated",
    "checkout_session",
    "Something else changed: the price by a promotion code, or the money, because more arrived or a "
    "transfer was reversed (the session can then be `pending` again). The event says what was "
    "before.",
)
PAYMENT_LINK_CREATED: Final = _declared(
    "payment_link.created",
    "payment_link",
    "A payment link was created.",
    creates=True,
)
PAYMENT_LINK_UPDATED: Final = _declared(
    "payment_link.updated",
    "payment_link",
    "A payment link was changed, deactivated or archived.",
)
CUSTOMER_CREATED: Final = _declared("customer.created", "customer", "A customer was created.", creates=True)
CUSTOMER_UPDATED: Final = _declared("customer.updated", "customer", "A customer was updated.")
CUSTOMER_ERASED: Final = _declared(
    "customer.erased",
    "customer",
    "A customer was erased. What was there before is not reported.",
    todo="Erase what you keep of them, too.",
    forgets=True,
)
PRODUCT_CREATED: Final = _declared("product.created", "product", "A product was created.", creates=True)
PRODUCT_UPDATED: Final = _declared("product.updated", "product", "A product was updated.")
COUPON_CREATED: Final = _declared("coupon.created", "coupon", "A coupon was created.", creates=True)
COUPON_UPDATED: Final = _declared(
    "coupon.updated",
    "coupon",
    "You updated a coupon. Redemptions do not cause this event.",
)
PROMOTION_CODE_CREATED: Final = _declared(
    "promotion_code.created",
    "promotion_code",
    "A promotion code was created.",
    creates=True,
)
PROMOTION_CODE_UPDATED: Final = _declared(
    "promotion_code.updated",
    "promotion_code",
    "You updated a promotion code. Redemptions do not cause this event.",
)
ORDER_PROCESSING: Final = _declared(
    "order.processing",
    "order",
    "Money for an order was seen or authorized, but is not final.",
    todo="Do not fulfil yet: `order.paid` follows, or `order.review`.",
)
ORDER_REVIEW: Final = _declared(
    "order.review",
    "order",
    "The money is too little, too much or late, or was reversed.",
    todo="Accept it, wait, or refund it, in the dashboard or by the API.",
)
ORDER_PAID: Final = _declared(
    "order.paid",
    "order",
    "The order is paid, or you accepted the amount received.",
    todo="Fulfil now, unless `session.paid` had you do so.",
)
ORDER_REFUNDED: Final = _declared(
    "order.refunded",
    "order",
    "All money received for the order was refunded.",
    todo="Stop or reverse what was fulfilled, where that is possible.",
)
ORDER_EXPIRED: Final = _declared(
    "order.expired",
    "order",
    "The order expired without a payment. It can still be paid late.",
)
ORDER_CANCELED: Final = _declared("order.canceled", "order", "The order no longer expects a payment.")
ORDER_DELIVERED: Final = _declared(
    "order.delivered", "order", "You marked items of a paid order as delivered; the items say which."
)
ORDER_DELIVERY_FAILED: Final = _declared(
    "order.delivery_failed",
    "order",
    "You marked items of a paid order as not delivered; their price is refunded.",
    todo="Tell the buyer, whose refund is on its way.",
)
ORDER_UPDATED: Final = _declared(
    "order.updated",
    "order",
    "Something else about the order changed; the event says what was before.",
)
WEBHOOK_ENDPOINT_FAILING: Final = _declared(
    "webhook_endpoint.failing",
    "webhook_endpoint",
    "Every delivery to a webhook endpoint failed for another day; after five days it is switched "
    "off. Sent to your other endpoints.",
    todo="Look at the endpoint's last attempts, and repair what receives them.",
)
WEBHOOK_ENDPOINT_DISABLED: Final = _declared(
    "webhook_endpoint.disabled",
    "webhook_endpoint",
    "A webhook endpoint was switched off automatically; it says why.",
    todo="Repair it, activate it, and replay the missed events.",
)
API_KEY_EXPOSED: Final = _declared(
    "api_key.exposed",
    "api_key",
    "A secret key was exposed: sent over plain HTTP or in a URL, or found in public.",
    todo="Replace it.",
)
API_KEY_CANARY_USED: Final = _declared(
    "api_key.canary_used",
    "api_key",
    "Somebody used a canary key. Sent at most once an hour.",
    todo="Find out where the key was laid out: whoever uses it has been there.",
)
API_KEY_DISABLED: Final = _declared(
    "api_key.disabled",
    "api_key",
    "A key was disabled, by you or because it was exposed; it says why.",
    todo="Replace it where a program still uses it, or enable it again.",
)
API_KEY_ENABLED: Final = _declared("api_key.enabled", "api_key", "A key was enabled again.")
API_KEY_REVOKED: Final = _declared(
    "api_key.revoked",
    "api_key",
    "A key was revoked, by you or because it was found in public; it says why.",
    todo="Create another where a program still uses it.",
)
API_KEY_EXPIRING: Final = _declared(
    "api_key.expiring",
    "api_key",
    "A key expires in 14 days; sent again when it expires in three.",
    todo="Replace it.",
)
API_KEY_EXPIRED: Final = _declared(
    "api_key.expired", "api_key", "A key has expired.", todo="Create another where a program still uses it."
)
PAYMENT_DETECTED: Final = _declared(
    "payment.detected",
    "payment",
    "Money was seen for a payment and awaits confirmations.",
)
PAYMENT_DECLINED: Final = _declared(
    "payment.declined",
    "payment",
    "The payment was declined. The payer can try again.",
)
PAYMENT_REQUIRES_CAPTURE: Final = _declared(
    "payment.requires_capture",
    "payment",
    "The whole amount is authorized.",
    todo="Capture it within 7 days, or cancel the payment.",
)
PAYMENT_CAPTURED: Final = _declared(
    "payment.captured",
    "payment",
    "Part of the authorized amount was captured, and more can be.",
    todo="Capture the rest, or release it.",
)
PAYMENT_REVIEW: Final = _declared(
    "payment.review",
    "payment",
    "The money is too little, too much or late, or was reversed.",
    todo="Accept it, wait, or refund it, in the dashboard or by the API.",
)
PAYMENT_SUCCEEDED: Final = _declared(
    "payment.succeeded",
    "payment",
    "The money has arrived, was captured, or you accepted the amount received.",
)
PAYMENT_EXPIRED: Final = _declared("payment.expired", "payment", "The payment expired without money.")
PAYMENT_CANCELED: Final = _declared(
    "payment.canceled",
    "payment",
    "Nothing was captured: the authorization was released, by you or after 7 days, or you canceled the session.",
)
PAYMENT_FAILED: Final = _declared("payment.failed", "payment", "The payment can no longer be made.")
PAYMENT_UPDATED: Final = _declared(
    "payment.updated",
    "payment",
    "Something else about the payment changed; the event says what was before.",
)
REFUND_CREATED: Final = _declared("refund.created", "refund", "A refund was created.", creates=True)
REFUND_SUCCEEDED: Final = _declared("refund.succeeded", "refund", "The money was sent back.")
REFUND_FAILED: Final = _declared(
    "refund.failed",
    "refund",
    "The refund failed. The money was not sent.",
    todo="Make another, while the money is still owed.",
)
REFUND_CANCELED: Final = _declared("refund.canceled", "refund", "You canceled the refund before it was sent.")
REFUND_REORGANIZED: Final = _declared(
    "refund.reorganized",
    "refund",
    "A reorganisation removed the transfer by which the refund was sent. It is pending until the transfer is back.",
    todo="Wait for its transfer to come back. Where your wallet replaced it, settle the refund with the other one, or "
    "cancel it.",
)
REFUND_UPDATED: Final = _declared(
    "refund.updated", "refund", "A refund's metadata was changed, or the buyer said where it goes."
)
UNASSIGNED_TRANSFER_CREATED: Final = _declared(
    "unassigned_transfer.created",
    "unassigned_transfer",
    "Money came to an address of yours that fits no payment, and is final.",
    todo="Assign it to an order, or return it.",
    creates=True,
)
UNASSIGNED_TRANSFER_ASSIGNED: Final = _declared(
    "unassigned_transfer.assigned",
    "unassigned_transfer",
    "You assigned it to an order, which waits for your decision.",
    todo="Accept the order, wait, or refund it.",
)
UNASSIGNED_TRANSFER_RETURNED: Final = _declared(
    "unassigned_transfer.returned", "unassigned_transfer", "You marked it as returned."
)
UNASSIGNED_TRANSFER_UPDATED: Final = _declared(
    "unassigned_transfer.updated",
    "unassigned_transfer",
    "A reorganisation removed it from its chain, or it is there again.",
)
PAYMENT_TOKEN_CREATED: Final = _declared(
    "payment_token.created",
    "payment_token",
    "A shopper was asked to approve a payment token, with which orders can be made later.",
    creates=True,
)
PAYMENT_TOKEN_APPROVED: Final = _declared(
    "payment_token.approved", "payment_token", "A shopper approved a payment token.", todo="Make orders with it."
)
PAYMENT_TOKEN_REJECTED: Final = _declared(
    "payment_token.rejected",
    "payment_token",
    "A shopper declined to approve a payment token.",
    todo="Ask again only if the shopper wants to.",
)
PAYMENT_TOKEN_ENABLED: Final = _declared(
    "payment_token.enabled", "payment_token", "You enabled a payment token that was disabled."
)
PAYMENT_TOKEN_DISABLED: Final = _declared(
    "payment_token.disabled", "payment_token", "You disabled a payment token: no orders can be made with it."
)
PAYMENT_TOKEN_DELETED: Final = _declared(
    "payment_token.deleted", "payment_token", "You deleted a payment token. Its orders stay."
)
PAYMENT_TOKEN_USED: Final = _declared("payment_token.used", "payment_token", "You made an order with a payment token.")
RENDER_SUCCEEDED: Final = _declared("render.succeeded", "render", "A document is ready.", todo="Download it.")
RENDER_FAILED: Final = _declared(
    "render.failed",
    "render",
    "A document could not be made; the event says why.",
    todo="Correct the data or the template, and ask for it again.",
)
ALERT_NEEDS_REVIEW: Final = _declared(
    "alert.needs_review",
    "alert",
    "Money came that is too little, too much or late, or it was reversed.",
    todo="Accept it, wait, or refund it.",
    creates=True,
)
ALERT_UNASSIGNED_TRANSFER: Final = _declared(
    "alert.unassigned_transfer",
    "alert",
    "Money came to an address of yours and fits no payment.",
    todo="Assign it to an order, or return it.",
    creates=True,
)
ALERT_ENDPOINT_FAILING: Final = _declared(
    "alert.endpoint_failing",
    "alert",
    "A webhook endpoint has failed for a day, or was switched off. Sent once until it works again.",
    todo="Repair what receives it, activate it, and replay the missed events.",
    creates=True,
)
ALERT_KEY_EXPIRING: Final = _declared(
    "alert.key_expiring", "alert", "An API key expires soon.", todo="Replace it.", creates=True
)
ALERT_KEY_EXPOSED: Final = _declared(
    "alert.key_exposed", "alert", "A secret key was exposed.", todo="Replace it.", creates=True
)
ALERT_NEW_DEVICE: Final = _declared(
    "alert.new_device",
    "alert",
    "Somebody signed in from a device that they had not used before.",
    todo="Ask them whether it was they; if not, end their sign-ins and change the password.",
    creates=True,
)
ALERT_SETTING_CHANGED: Final = _declared(
    "alert.setting_changed",
    "alert",
    "Somebody changed a dangerous setting, such as a role or a live key.",
    todo="Ask whether it was meant; the audit log says who did it.",
    creates=True,
)
ALERT_REFUND_REORGANIZED: Final = _declared(
    "alert.refund_reorganized",
    "alert",
    "A reorganisation removed the transfer by which you had sent a refund.",
    todo="Wait for its transfer to come back. Where your wallet replaced it, settle the refund with the other one, or "
    "cancel it.",
    creates=True,
)
ALERT_NETWORK_BEHIND: Final = _declared(
    "alert.network_behind",
    "alert",
    "What comes on a network that you are paid on is not seen in time. Sent once until it is.",
    todo="Look at the nodes of the network: `tillgate doctor` says what they answer.",
    creates=True,
)
ALERT_NETWORK_DISAGREEMENT: Final = _declared(
    "alert.network_disagreement",
    "alert",
    "The nodes of a network contradict each other about final blocks, so no payment is concluded there.",
    todo="Find the node that is wrong, and replace it.",
    creates=True,
)
ALERT_NETWORK_REORGANIZED: Final = _declared(
    "alert.network_reorganized",
    "alert",
    "Blocks of a network that were final were replaced.",
    todo="Look at what was paid in those blocks before you go on; `tillgate doctor --prove` compares the books.",
    creates=True,
)
ALERT_TOKEN_CHANGED: Final = _declared(
    "alert.token_changed",
    "alert",
    "The contract of a token says other decimals than were pinned, so it is offered no more.",
    todo="Look at the token before you offer it again.",
    creates=True,
)

TYPES: Final = tuple(_types.values())
EVENT_TYPES: Final = tuple(_types)
EVENT_PATTERNS: Final = tuple(dict.fromkeys(one.pattern for one in TYPES))

# Crypto Checkout's own pages name the creation event both ways.
ALIASES: Final = {"session.pending": SESSION_CREATED.name}


def subscribes(events: Container[str], name: str) -> bool:
    """Whether subscriptions hold a type: by its name, by its pattern ``session.*``, or by ``*``."""
    return name in events or EVERY_TYPE in events or pattern_of(name) in events


def event_type(name: str, *, field: Field, code: str = InvalidInput.default_code) -> str:
    """The event type that a caller means, aliases resolved.

    Raises:
        InvalidInput: there is no such type; the message lists those there are.
    """
    known = ALIASES.get(name, name)
    if known not in _types:
        raise InvalidInput(field, Problem.UNKNOWN_EVENT_TYPE, code=code, given=name[:60], choices=EVENT_TYPES)
    return known


def types_meant(name: str, *, field: Field, code: str = InvalidInput.default_code) -> tuple[str, ...]:
    """The event types that a caller means by a name or by a noun's pattern, such as ``order.*``.

    Raises:
        InvalidInput: there is no such type or pattern; the message lists the types there are.
    """
    if name in EVENT_PATTERNS:
        return tuple(one.name for one in TYPES if one.pattern == name)
    return (event_type(name, field=field, code=code),)
