"""``tillgate trigger``: make an event happen in test mode, through everything that a real one goes through."""

from typing import Annotated, Any, Final, NamedTuple

import httpx
import typer

from tillgate.cli.remote import BASE_URL_DEFAULT, BaseUrl, api, told
from tillgate.cli.session import fail
from tillgate.events import model as events

METADATA: Final = {"triggered_by": "tillgate trigger"}


class Step(NamedTuple):
    """One request. ``{id}`` in its path and in its body's texts is the id of what the step before made, ``{order}`` of
    the order in it."""

    method: str
    path: str
    body: dict[str, Any] | None = None


SESSION: Final = Step(
    "POST", "/checkout_sessions", {"amount": {"value": "49.00", "currency": "USD"}, "metadata": METADATA}
)
WITH_ORDER: Final = SESSION._replace(body={**(SESSION.body or {}), "expand": ["order"]})
EXPIRE: Final = Step("POST", "/checkout_sessions/{id}/expire")
PRODUCT: Final = Step("POST", "/products", {"name": "Triggered", "price": "49.00", "metadata": METADATA})
COUPON: Final = Step(
    "POST",
    "/coupons",
    {"name": "Triggered", "discountType": "percentage", "discountPercentage": "10", "metadata": METADATA},
)
PROMOTION_CODE: Final = Step(
    "POST", "/promotion_codes", {"couponId": "{id}", "code": "TRIGGERED-{id}", "metadata": METADATA}
)
SWITCHED_OFF: Final = {"active": False}


def _simulated(outcome: str) -> tuple[Step, ...]:
    return SESSION, Step("POST", "/checkout_sessions/{id}/simulate", {"outcome": outcome})


# What is done so that the event comes; each is checked by a test.
STORIES: Final[dict[str, tuple[Step, ...]]] = {
    events.SESSION_CREATED: (SESSION,),
    events.SESSION_DETECTED: _simulated("detected"),
    events.SESSION_PAID: _simulated("paid"),
    events.SESSION_PAID_LATE: _simulated("late"),
    events.SESSION_UNDERPAID: _simulated("underpaid"),
    events.SESSION_OVERPAID: _simulated("overpaid"),
    events.SESSION_EXPIRED: (SESSION, EXPIRE),
    events.SESSION_FAILED: _simulated("failed"),
    events.PRODUCT_CREATED: (PRODUCT,),
    events.PRODUCT_UPDATED: (PRODUCT, Step("PATCH", "/products/{id}", SWITCHED_OFF)),
    events.COUPON_CREATED: (COUPON,),
    events.COUPON_UPDATED: (COUPON, Step("PATCH", "/coupons/{id}", SWITCHED_OFF)),
    events.PROMOTION_CODE_CREATED: (COUPON, PROMOTION_CODE),
    events.PROMOTION_CODE_UPDATED: (COUPON, PROMOTION_CODE, Step("PATCH", "/promotion_codes/{id}", SWITCHED_OFF)),
    events.ORDER_PROCESSING: _simulated("detected"),
    events.ORDER_REVIEW: _simulated("underpaid"),
    events.ORDER_PAID: _simulated("paid"),
    events.ORDER_EXPIRED: (SESSION, EXPIRE),
    events.ORDER_CANCELED: _simulated("failed"),
    events.ORDER_UPDATED: (WITH_ORDER, Step("PATCH", "/orders/{order}", {"fulfillment": "fulfilled"})),
}


def trigger(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The type of event, such as session.paid.")],
    base_url: BaseUrl = BASE_URL_DEFAULT,
) -> None:
    """Make something in test mode and do what leads to an event. The key is read from CHECKOUT_API_KEY: a test key."""
    story = STORIES.get(events.ALIASES.get(event, event))
    if story is None:
        fail(f"there is no event type {event[:60]!r}; choose from: {', '.join(STORIES)}")
    made: dict[str, Any] = {"id": ""}
    with api(base_url, test_mode=True) as server:
        for step in story:
            made = _do(server, step, made)
    state = made["status"] if "status" in made else "there" if made["active"] else "switched off"
    print(f"{event}: {made['id']} is {state}")


def _do(server: httpx.Client, step: Step, before: dict[str, Any]) -> dict[str, Any]:
    def named(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value.replace("{id}", before["id"]).replace("{order}", before.get("order", {}).get("id", ""))

    body = {name: named(value) for name, value in step.body.items()} if step.body is not None else None
    try:
        answer = server.request(step.method, named(step.path), json=body)
    except httpx.HTTPError as error:
        fail(f"the server does not answer: {error}")
    if not answer.is_success:
        fail(told(answer))
    made: dict[str, Any] = answer.json()
    return made
