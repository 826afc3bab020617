"""``tillgate rates feed``: rates that are read from contracts on a network."""

from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, say, say_json, say_table
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from tillgate.access.audited import write_down_rate
from tillgate.base.clock import HOUR_MS, SystemClock, to_rfc3339
from tillgate.cli.session import Data, DatabaseUrl, sealer_of, settings, work
from tillgate.rails.evm.feeds import operations, records
from tillgate.rails.evm.feeds.model import Feed
from tillgate.rails.evm.feeds.operations import NewFeed
from tillgate.rails.evm.rates.model import checked_span

app = typer.Typer(help="Rates that are read from contracts on a network (price feeds).", no_args_is_help=True)

Base = Annotated[
    str, typer.Argument(metavar="BASE", help="A currency, such as EUR; or a token's symbol, such as USDC.")
]
Quote = Annotated[str, typer.Argument(metavar="QUOTE", help="The currency that it is quoted in, such as USD.")]


@app.callback()
def feeds() -> None:
    """Rates that are read from contracts on a network (price feeds)."""


@app.command("add")
def add(
    base: Base,
    quote: Quote,
    network: Annotated[str, typer.Option("--network", metavar="NAME", help="The network's name, such as base.")],
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="ADDRESS", help="The feed's contract, where the catalogue has none."),
    ] = None,
    age: Annotated[str, typer.Option("--age", metavar="SPAN", help="How old its price may be: 90m, 25h.")] = "25h",
    uptime: Annotated[
        str | None,
        typer.Option("--uptime", metavar="ADDRESS", help="The contract that says whether the sequencer is up."),
    ] = None,
    low: Annotated[str, typer.Option("--low", help="Of a token: what it is worth at least.")] = "0.98",
    high: Annotated[str, typer.Option("--high", help="Of a token: what it is worth at most.")] = "1.02",
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Add a feed. It is asked at once, and then each minute; a rate that was set by hand is replaced."""
    chosen = settings(data, database_url)
    sealer = sealer_of(chosen)
    clock = SystemClock()

    async def task(database: Database) -> Feed:
        new = NewFeed(network, base, quote, address, checked_span(age), uptime, low, high)
        named, feed = await operations.ask(database, sealer, new, clock)

        async def operation(tx: Transaction) -> None:
            await operations.add(tx, named, feed)
            await write_down_rate(
                tx, Act(clock.now(), ACTOR), "feed.added", None, feed=feed.name, network=network, address=feed.address
            )

        await database.write(operation)
        return feed

    feed = work(chosen, task)
    if as_json:
        say_json(_to_api(feed))
        return
    say(f"One {feed.base} is {feed.value} {feed.quote}, as {feed.address} on {network} says.")


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the feeds, what they said last, and why that is not believed."""
    chosen = settings(data, database_url)
    found = work(chosen, lambda database: database.read(records.every))
    now = SystemClock().now()
    if as_json:
        say_json([_to_api(one) for one in found])
        return
    say_table(
        ("CHAIN", "FEED", "ADDRESS", "PRICE", "AS OF", "STATE"),
        [
            (
                one.chain_id,
                one.name,
                one.address,
                one.value,
                to_rfc3339(one.as_of) if one.as_of is not None else None,
                one.problem(now) or ("off its peg" if one.is_off_peg(now) else "believed"),
            )
            for one in found
        ],
    )


@app.command("remove")
def remove(
    base: Base, quote: Quote, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Remove a feed and the rate that came from it. Sessions that were opened with it keep it."""
    chosen = settings(data, database_url)

    async def operation(tx: Transaction) -> None:
        await operations.remove(tx, base, quote)
        await write_down_rate(tx, Act(SystemClock().now(), ACTOR), "feed.removed", None, feed=f"{base}/{quote}")

    work(chosen, lambda database: database.write(operation))
    if as_json:
        say_json({"base": base, "quote": quote, "removed": True})
        return
    say(f"The feed {base}/{quote} was removed.")


def _to_api(feed: Feed) -> dict[str, Any]:
    return {
        "chainId": feed.chain_id,
        "address": feed.address,
        "base": feed.base,
        "quote": feed.quote,
        "decimals": feed.decimals,
        "ageHoursMax": feed.age_ms_max / HOUR_MS,
        "uptimeAddress": feed.uptime_address,
        "low": feed.low,
        "high": feed.high,
        "value": feed.value,
        "asOf": to_rfc3339(feed.as_of) if feed.as_of is not None else None,
        "trouble": feed.trouble,
    }
