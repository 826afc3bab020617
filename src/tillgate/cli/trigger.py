"""``tillgate trigger``: make an event happen in test mode, through everything that a real one goes through."""

from typing import Annotated, Any, Final, NamedTuple

import httpx
import typer

from tillgate.cli.remote import BASE_URL_DEFAULT, BaseUrl, api, told
from tillgate.cli.session import fail
from tillgate.events import model as events

AMOUNT: Final = {"value": "49.00", "currency": "USD"}
METADATA: Final = {"triggered_by": "tillgate trigger"}


class Step(NamedTuple):
    """One request about the session that was made."""

    path: str
    body: dict[str, str] | None = None


def _simulated(outcome: str) -> tuple[Step, ...]:
    return (Step("simulate", {"outcome": outcome}),)


# What is done to a new session so that the event comes; each is checked by a test.
STORIES: Final[dict[str, tuple[Step, ...]]] = {
    events.SESSION_CREATED: (),
    events.SESSION_DETECTED: _simulated("detected"),
    events.SESSION_PAID: _simulated("paid"),
    events.SESSION_PAID_LATE: _simulated("late"),
    events.SESSION_UNDERPAID: _simulated("underpaid"),
    events.SESSION_OVERPAID: _simulated("overpaid"),
    events.SESSION_EXPIRED: (Step("expire"),),
    events.SESSION_FAILED: _simulated("failed"),
}


def trigger(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The type of event, such as session.paid.")],
    base_url: BaseUrl = BASE_URL_DEFAULT,
) -> None:
    """Open a test session and do what leads to an event. The key is read from CHECKOUT_API_KEY: a test key."""
    story = STORIES.get(events.ALIASES.get(event, event))
    if story is None:
        fail(f"there is no event type {event[:60]!r}; choose from: {', '.join(STORIES)}")
    with api(base_url, test_mode=True) as server:
        session = _do(server, "/checkout_sessions", {"amount": AMOUNT, "metadata": METADATA})
        for step in story:
            session = _do(server, f"/checkout_sessions/{session['id']}/{step.path}", step.body)
    print(f"{event}: {session['id']} is {session['status']}")


def _do(server: httpx.Client, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    try:
        answer = server.post(path, json=body) if body is not None else server.post(path)
    except httpx.HTTPError as error:
        fail(f"the server does not answer: {error}")
    if not answer.is_success:
        fail(told(answer))
    made: dict[str, Any] = answer.json()
    return made
