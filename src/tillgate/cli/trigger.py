"""``tillgate trigger``: make an event happen in test mode, through everything that a real one goes through."""

from typing import Annotated, Any, Final, NamedTuple

import httpx
import typer

from keyturn.cli.output import AsJson, fail, say, say_json
from tillgate.cli.remote import BASE_URL_DEFAULT, BaseUrl, api, error_message
from tillgate.events import types as events

METADATA: Final = {"triggered_by": "tillgate trigger"}


class Step(NamedTuple):
    """One request. ``{id}`` in its path and in its body's texts is the id of what the step before made; ``{session}``,
    ``{order}`` and ``{payment}`` are those of the session that the story began with."""

    method: str
    path: str
    body: dict[str, Any] | None = None


SESSION: Final = Step(
    "POST", "/checkout_sessions", {"amount": {"value": "49.00", "currency": "USD"}, "metadata": METADATA}
)
WITH_ORDER: Final = SESSION._replace(path=f"{SESSION.path}?expand=order")
BY_HAND: Final = WITH_ORDER._replace(body={**(WITH_ORDER.body or {}), "captureMethod": "manual"})
EXPIRE: Final = Step("POST", "/checkout_sessions/{id}/expire")
LINK: Final = Step("POST", "/payment_links", {"title": "Triggered", "fiatAmount": "49.00"})
CUSTOMER: Final = Step("POST", "/customers", {"name": "Triggered", "metadata": METADATA})
PRODUCT: Final = Step("POST", "/products", {"name": "Triggered", "price": "49.00", "metadata": METADATA})
COUPON: Final = Step(
    "POST",
    "/coupons",
    {"name": "Triggered", "discountType": "percentage", "discountPercentage": "10", "metadata": METADATA},
)
PROMOTION_CODE: Final = Step(
    "POST", "/promotion_codes", {"couponId": "{id}", "code": "TRIGGERED-{id}", "metadata": METADATA}
)
REORGED: Final = {"outcome": "reorged"}
SWITCHED_OFF: Final = {"active": False}


def _simulated(outcome: str) -> tuple[Step, ...]:
    return SESSION, Step("POST", "/checkout_sessions/{id}/simulate", {"outcome": outcome})


def _refunded(destination: str | None, *more: Step) -> tuple[Step, ...]:
    refund = {"paymentId": "{payment}", "reason": "other", "destination": destination}
    paid = Step("POST", "/checkout_sessions/{session}/simulate", {"outcome": "paid"})
    return WITH_ORDER, paid, Step("POST", "/refunds", refund), *more


def _authorized(*more: Step) -> tuple[Step, ...]:
    return BY_HAND, Step("POST", "/checkout_sessions/{session}/simulate", {"outcome": "authorized"}), *more


def _delivered(how: str) -> tuple[Step, ...]:
    paid = Step("POST", "/checkout_sessions/{session}/simulate", {"outcome": "paid"})
    return (WITH_ORDER, paid, Step("POST", f"/orders/{{order}}/{how}", {}))


# What is done so that the event comes; each is checked by a test.
_STORIES: Final[dict[events.EventType, tuple[Step, ...]]] = {
    events.SESSION_CREATED: (SESSION,),
    events.SESSION_DETECTED: _simulated("detected"),
    events.SESSION_PAID: _simulated("paid"),
    events.SESSION_PAID_LATE: _simulated("late"),
    events.SESSION_UNDERPAID: _simulated("underpaid"),
    events.SESSION_OVERPAID: _simulated("overpaid"),
    events.SESSION_EXPIRED: (SESSION, EXPIRE),
    events.SESSION_FAILED: _simulated("failed"),
    events.SESSION_UPDATED: (*_simulated("paid"), Step("POST", "/checkout_sessions/{id}/simulate", REORGED)),
    events.PAYMENT_LINK_CREATED: (LINK,),
    events.PAYMENT_LINK_UPDATED: (LINK, Step("PATCH", "/payment_links/{id}", SWITCHED_OFF)),
    events.CUSTOMER_CREATED: (CUSTOMER,),
    events.CUSTOMER_ERASED: (CUSTOMER, Step("DELETE", "/customers/{id}")),
    events.CUSTOMER_UPDATED: (CUSTOMER, Step("PATCH", "/customers/{id}", {"name": "Triggered again"})),
    events.PRODUCT_CREATED: (PRODUCT,),
    events.PRODUCT_UPDATED: (PRODUCT, Step("PATCH", "/products/{id}", SWITCHED_OFF)),
    events.COUPON_CREATED: (COUPON,),
    events.COUPON_UPDATED: (COUPON, Step("PATCH", "/coupons/{id}", SWITCHED_OFF)),
    events.PROMOTION_CODE_CREATED: (COUPON, PROMOTION_CODE),
    events.PROMOTION_CODE_UPDATED: (COUPON, PROMOTION_CODE, Step("PATCH", "/promotion_codes/{id}", SWITCHED_OFF)),
    events.ORDER_PROCESSING: _simulated("detected"),
    events.ORDER_REVIEW: _simulated("underpaid"),
    events.ORDER_PAID: _simulated("paid"),
    events.ORDER_REFUNDED: _refunded(None),
    events.ORDER_EXPIRED: (SESSION, EXPIRE),
    events.ORDER_CANCELED: _simulated("failed"),
    events.ORDER_UPDATED: (WITH_ORDER, Step("PATCH", "/orders/{order}", {"fulfillment": "fulfilled"})),
    events.ORDER_DELIVERED: _delivered("deliver"),
    events.ORDER_DELIVERY_FAILED: _delivered("fail_delivery"),
    events.PAYMENT_DETECTED: _simulated("detected"),
    events.PAYMENT_DECLINED: _simulated("declined"),
    events.PAYMENT_REQUIRES_CAPTURE: _authorized(),
    events.PAYMENT_CAPTURED: _authorized(
        Step("POST", "/payments/{payment}/capture", {"amount": "9.00", "cancelRemainder": False})
    ),
    events.PAYMENT_REVIEW: _simulated("overpaid"),
    events.PAYMENT_SUCCEEDED: _simulated("paid"),
    events.PAYMENT_EXPIRED: (SESSION, EXPIRE),
    events.PAYMENT_CANCELED: _authorized(Step("POST", "/payments/{payment}/cancel")),
    events.PAYMENT_FAILED: _simulated("failed"),
    events.PAYMENT_UPDATED: (WITH_ORDER, Step("PATCH", "/payments/{payment}", {"metadata": METADATA})),
    events.REFUND_CREATED: _refunded("refund_stays_pending"),
    events.REFUND_SUCCEEDED: _refunded(None),
    events.REFUND_FAILED: _refunded("refund_fails"),
    events.REFUND_CANCELED: _refunded("refund_stays_pending", Step("POST", "/refunds/{id}/cancel")),
    events.ALERT_NEEDS_REVIEW: _simulated("underpaid"),
    events.REFUND_UPDATED: _refunded(None, Step("PATCH", "/refunds/{id}", {"metadata": METADATA})),
}
STORIES: Final = {type.name: story for type, story in _STORIES.items()}


def trigger(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The type of event, such as session.paid.")],
    base_url: BaseUrl = BASE_URL_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make something in test mode and do what leads to an event. The key is read from CHECKOUT_API_KEY: a test key."""
    story = STORIES.get(events.ALIASES.get(event, event))
    if story is None:
        fail(f"there is no event type {event[:60]!r}; choose from: {', '.join(STORIES)}")
    made: dict[str, Any] = {"id": ""}
    ids: dict[str, str] = {}
    with api(base_url, test_mode=True) as server:
        for step in story:
            made = _do(server, step, {"{id}": made["id"], **ids})
            if "order" in made:
                order = made["order"]
                ids = {"{session}": made["id"], "{order}": order["id"], "{payment}": order["paymentId"]}
    if as_json:
        say_json({"event": event, "made": made})
        return
    state = made["status"] if "status" in made else "there" if made.get("active", True) else "switched off"
    of = f", of {ids['{session}']}" if ids and made["id"] != ids["{session}"] else ""
    say(f"{event}: {made['id']} is {state}{of}")


def _do(server: httpx.Client, step: Step, ids: dict[str, str]) -> dict[str, Any]:
    def named(value: Any) -> Any:
        for name, id in ids.items() if isinstance(value, str) else ():
            value = value.replace(name, id)
        return value

    body = {name: named(value) for name, value in step.body.items()} if step.body is not None else None
    try:
        answer = server.request(step.method, named(step.path), json=body)
    except httpx.HTTPError as error:
        fail(f"the server does not answer: {error}")
    if not answer.is_success:
        fail(error_message(answer))
    made: dict[str, Any] = answer.json()
    return made
