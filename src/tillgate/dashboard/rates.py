"""Exchange rates: what the project's prices are in tokens that are worth another currency."""

from typing import Final

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import write_down_rate
from tillgate.base.clock import to_rfc3339
from tillgate.dashboard.calls import Call, Need, View, both_modes
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, draft
from tillgate.dashboard.networks import NETWORKS, OPERATE, YES
from tillgate.rails.evm.rates import operations, records
from tillgate.rails.evm.rates.model import EVERY_PROJECT, RateError, checked_span
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.store import Transaction

RATES: Final = "/dashboard/rates"
VALID_DEFAULT: Final = "24h"
EVERY: Final = "every"


async def show(call: Call) -> Response:
    """The project's own rates, those of every project, and whether they can be used."""
    everywhere = call.query("for") == EVERY and call.who.may(Right.OPERATE, call.who.livemode)
    return await _page(call, draft(base="EUR", quote="USD", valid=VALID_DEFAULT), everywhere=everywhere)


async def set_own(call: Call) -> Response:
    """Set a rate for this project alone."""
    return await _set(call, call.who.project.id)


async def set_for_every_project(call: Call) -> Response:
    """Set a rate for every project that has none of its own for the two currencies."""
    return await _set(call, EVERY_PROJECT)


async def remove_own(call: Call) -> Response:
    """Remove a rate of this project alone."""
    return await _remove(call, call.who.project.id)


async def remove_for_every_project(call: Call) -> Response:
    """Remove a rate of every project."""
    return await _remove(call, EVERY_PROJECT)


async def _set(call: Call, project_id: str) -> Response:
    form, now = call.form, call.context.clock.now()
    values: dict[str, object] = {name: form.text(name) for name in ("base", "quote", "rate", "valid")}
    everywhere = project_id == EVERY_PROJECT
    new = NewRate(form.text("base"), form.text("quote"), form.text("rate"), project_id=project_id)
    try:
        rate = operations.checked(new._replace(valid_ms=checked_span(form.text("valid"))), now)
    except RateError as error:
        return await _page(call, Draft(values, _problem(error)), everywhere=everywhere)
    before = await call.read(lambda tx: records.between(tx, project_id, rate.base, rate.quote))
    if before is not None and rate.differs_widely(before) and form.one("jump") != YES:
        told = f"One {before.base} was {before.value} {before.quote}. Confirm that the new rate is meant."
        return await _page(call, Draft(values, {"jump": told}), everywhere=everywhere)

    async def operation(tx: Transaction) -> None:
        await operations.set_rate(tx, rate)
        await write_down_rate(
            tx,
            Act(now, call.principal.actor),
            "rate.set",
            project_id or None,
            rate=f"{rate.value} {rate.quote} for 1 {rate.base}",
            valid_until=to_rfc3339(rate.valid_until),
        )

    try:
        await call.write(operation)
    except RateError as error:
        return await _page(call, Draft(values, _problem(error)), everywhere=everywhere)
    return call.go(RATES, flash="rate_set")


async def _remove(call: Call, project_id: str) -> Response:
    base, quote, now = call.form.one("base"), call.form.one("quote"), call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        await operations.remove_rate(tx, project_id, base, quote)
        await write_down_rate(
            tx, Act(now, call.principal.actor), "rate.removed", project_id or None, base=base, quote=quote
        )

    try:
        await call.write(operation)
    except RateError as error:
        return await _page(call, Draft({}, {"": _sentence(error)}))
    return call.go(RATES, flash="rate_removed")


async def _page(call: Call, form: Draft, *, everywhere: bool = False) -> Response:
    found = await call.read(lambda tx: records.of_project(tx, call.who.project.id))
    own = {one.pair for one in found if one.project_id}
    return call.page(
        "rates/show.html",
        status_code=form.status_code,
        section="rates",
        draft=form,
        rates=[(one, one.problem(call.context.clock.now()), not one.project_id and one.pair in own) for one in found],
        everywhere=everywhere,
        currencies=USUAL_CURRENCIES,
        may_change=all(call.who.may(Right.WALLET, mode) for mode in (False, True)),
    )


def _problem(error: RateError) -> dict[str, str]:
    return {error.field: _sentence(error)}


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


_SHOW: Final = Need(Right.READ)
_CHANGE: Final = Need(Right.WALLET, both_modes).confirmed

VIEWS: Final = (
    View("GET", RATES, show, _SHOW),
    # How many tokens a price is decides how much money comes.
    View("POST", RATES, set_own, _CHANGE),
    View("POST", f"{RATES}/remove", remove_own, _CHANGE),
    View("POST", f"{NETWORKS}/rates", set_for_every_project, OPERATE.confirmed),
    View("POST", f"{NETWORKS}/rates/remove", remove_for_every_project, OPERATE.confirmed),
)
