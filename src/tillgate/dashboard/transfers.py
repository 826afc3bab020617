"""A transaction's outcome: a page with a field for its hash."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from tillgate.checkout.amounts import crypto_amount
from tillgate.checkout.payments.model import RecordedTransaction
from tillgate.checkout.payments.operations import counted_as, counted_of_hash
from tillgate.checkout.settlement.watching import addresses_of
from tillgate.dashboard.calls import READ, Call, View
from tillgate.dashboard.forms import Draft, draft
from tillgate.rails.port import Explanation, HashUnusable, Moved, TooManyLookUps, Verdict

EXPLAIN: Final = "/dashboard/transfers/explain"
HASH_CHARACTERS: Final = 66
SHOWN_MAX: Final = 100

_V: Final = Verdict
# Each verdict in a word or two, and how good it is.
VERDICTS: Final = {
    _V.COUNTED: ("Counted", "good"),
    _V.WAITING: ("Waiting", "moving"),
    _V.NOT_READ_YET: ("Not read yet", "moving"),
    _V.UNASSIGNED: ("Unassigned", "warn"),
    _V.OTHER_TOKEN: ("Other token", "warn"),
    _V.NATIVE_COIN: ("Native coin", "warn"),
    _V.OTHER_ADDRESS: ("Other address", "still"),
    _V.LEFT: ("Left", "still"),
    _V.DOUBTED: ("To review", "warn"),
    _V.ORPHANED: ("Orphaned", "warn"),
    _V.REVERTED: ("Failed", "bad"),
    _V.NOT_MINED: ("Not mined yet", "moving"),
}


async def explain(call: Call) -> Response:
    """The form, and the outcome of the transaction whose hash the query has."""
    typed = call.query("hash")
    if typed is None:
        return _page(call, draft())
    values: dict[str, object] = {"hash": typed[:SHOWN_MAX]}
    project_id, livemode = call.who.project.id, call.who.livemode
    seconds = await call.context.look_ups.seconds_to_wait(project_id)
    if seconds:
        return _page(
            call,
            Draft(values, {"hash": f"This project has looked up many transactions. Try again in {seconds} s."}),
            429,
        )
    try:
        told = await call.context.explainer.explain(
            typed, addresses_of(project_id, livemode=livemode), test_networks=not livemode
        )
    except HashUnusable as error:
        return _page(call, Draft(values, {"hash": _sentence(error)}), 422)
    except TooManyLookUps as error:
        return _page(call, Draft(values, {"hash": _sentence(error)}), 429)
    unanswered = not told.where and bool(told.silent)
    counted = await call.read(lambda tx: counted_of_hash(tx, call.principal, told.tx_hash))
    return _page(call, draft(values), 503 if unanswered else 200, told, counted)


def _page(
    call: Call,
    form: Draft,
    status_code: int = 200,
    told: Explanation | None = None,
    counted: Sequence[RecordedTransaction] = (),
) -> Response:
    return call.page(
        "transfers/explain.html",
        status_code=status_code,
        section="transfers",
        draft=form,
        told=told,
        verdicts=VERDICTS,
        amount_of=amount_of,
        counts_as=lambda moved: counted_as(counted, moved),
        characters=HASH_CHARACTERS,
    )


def amount_of(one: Moved) -> str:
    """What a movement moved, in the human unit where that is known."""
    if one.decimals is None:
        return f"{one.amount_atomic} atomic units"
    return f"{crypto_amount(one.amount_atomic, one.decimals).eth} {one.symbol}"


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


VIEWS: Final = (View("GET", EXPLAIN, explain, READ),)
