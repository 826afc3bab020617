"""Price feeds, for whoever operates the installation: what each says, since when, to which node, and why it is not
believed."""

from typing import Final, NamedTuple

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.audited import write_down_rate
from tillgate.base.clock import HOUR_MS
from tillgate.dashboard.calls import Call, Unusable, View
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, draft
from tillgate.dashboard.networks import NETWORKS, OPERATE
from tillgate.rails.evm.feeds import operations, records
from tillgate.rails.evm.feeds.model import AGE_MS_DEFAULT, Feed
from tillgate.rails.evm.feeds.operations import NODES_ASKED, NewFeed
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.catalogue import known_chain
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.rates.model import JUMP, RateError, checked_span
from tillgate.store import SealingError, Transaction

FEEDS: Final = f"{NETWORKS}/feeds"
_AGE_DEFAULT: Final = f"{AGE_MS_DEFAULT // HOUR_MS}h"
_LOW, _HIGH = "0.98", "1.02"


class _Shown(NamedTuple):
    """A feed with where it is read.

    Attributes:
        urls: the nodes that are asked, without secrets.
    """

    feed: Feed
    network: Network | None
    urls: list[str]
    problem: str | None
    is_off_peg: bool


async def show(call: Call) -> Response:
    """Every feed, and a form that adds one."""
    return await _page(call, draft(network="", quote="USD", age=_AGE_DEFAULT, low=_LOW, high=_HIGH))


async def add(call: Call) -> Response:
    """Ask a feed, and keep it with its rate."""
    form, clock = call.form, call.context.clock
    names = ("network", "base", "quote", "address", "age", "uptime", "low", "high")
    values: dict[str, object] = {name: form.text(name) for name in names}
    database, sealer = call.context.database, call.context.sealer
    try:
        try:
            age = checked_span(form.text("age"))
        except RateError as error:
            raise RateError(str(error), field="age") from error
        new = NewFeed(
            form.text("network"),
            form.text("base"),
            form.text("quote"),
            form.text("address") or None,
            age,
            form.text("uptime") or None,
            form.text("low") or _LOW,
            form.text("high") or _HIGH,
        )
        network, feed = await operations.ask(database, sealer, new, clock)

        async def operation(tx: Transaction) -> None:
            await operations.add(tx, network, feed)
            act = Act(clock.now(), call.principal.actor)
            named = {"feed": feed.name, "network": network.name, "address": feed.address}
            await write_down_rate(tx, act, "feed.added", None, **named)

        await call.write(operation)
    except NetworkError as error:
        return await _page(call, Draft(values, {error.field: _sentence(error)}))
    return call.go(FEEDS, flash="feed_added")


async def remove(call: Call) -> Response:
    """Remove a feed and the rate that came from it."""
    base, quote, now = call.form.one("base"), call.form.one("quote"), call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        await operations.remove(tx, base, quote)
        await write_down_rate(tx, Act(now, call.principal.actor), "feed.removed", None, feed=f"{base}/{quote}")

    try:
        await call.write(operation)
    except RateError as error:
        raise Unusable(_sentence(error)) from error
    return call.go(FEEDS, flash="feed_removed")


async def _page(call: Call, form: Draft) -> Response:
    now, sealer = call.context.clock.now(), call.context.sealer

    async def urls_of(tx: Transaction, network: Network) -> list[str]:
        try:
            return await networks.masked_urls(tx, sealer, network)
        except (SealingError, NetworkError):
            return ["sealed with another secret key"]

    async def look(tx: Transaction) -> tuple[list[Feed], list[Network], dict[int, list[str]]]:
        found, every = await records.every(tx), await network_records.every(tx)
        asked = {one.chain_id for one in found}
        return found, every, {one.chain_id: await urls_of(tx, one) for one in every if one.chain_id in asked}

    found, every, urls = await call.read(look)
    by_chain = {one.chain_id: one for one in every}
    shown = [
        _Shown(
            one,
            by_chain.get(one.chain_id),
            urls.get(one.chain_id, [])[:NODES_ASKED],
            one.problem(now),
            one.is_off_peg(now),
        )
        for one in found
    ]
    known = [
        (one.name, feed) for one in every if (listed := known_chain(one.chain_id)) is not None for feed in listed.feeds
    ]
    return call.page(
        "feeds/show.html",
        status_code=form.status_code,
        section="networks",
        draft=form,
        feeds=shown,
        known=known,
        networks=[one for one in every if one.paused_at is None],
        currencies=USUAL_CURRENCIES,
        jump_percent=int(JUMP * 100),
        hours=lambda span: f"{span / HOUR_MS:g}",
    )


def _sentence(error: Exception) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."


VIEWS: Final = (
    View("GET", FEEDS, show, OPERATE),
    # How many tokens a price is decides how much money comes.
    View("POST", FEEDS, add, OPERATE.confirmed),
    View("POST", f"{FEEDS}/remove", remove, OPERATE.confirmed),
)
