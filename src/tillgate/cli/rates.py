"""``tillgate rates``: what a price in one currency is in a token that is worth another."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, say, say_json, say_table
from keyturn.database import Database, Transaction
from keyturn.stores.ports import Act
from tillgate.access.audited import write_down_rate
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli import feeds
from tillgate.cli.choosing import project_id_of
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.rails.evm.rates import operations, records
from tillgate.rails.evm.rates.model import EVERY_PROJECT, RATES_MAX, Rate, checked_span
from tillgate.rails.evm.rates.operations import NewRate

# More than the rates of the installation and of some projects.
LISTED_MAX = 50 * RATES_MAX

app = typer.Typer(
    help="Exchange rates: what a price in one currency is in a token that is worth another.", no_args_is_help=True
)

app.add_typer(feeds.app, name="feed")

Base = Annotated[str, typer.Argument(metavar="BASE", help="A currency, such as EUR.")]
Quote = Annotated[str, typer.Argument(metavar="QUOTE", help="The currency that it is quoted in, such as USD.")]
OfProject = Annotated[
    str | None,
    typer.Option("--project", metavar="PROJECT", help="For this project alone, by name or id; else for every project."),
]


@app.callback()
def rates() -> None:
    """Exchange rates: what a price in one currency is in a token that is worth another."""


@app.command("set")
def set_rate(
    base: Base,
    quote: Quote,
    rate: Annotated[str, typer.Argument(metavar="RATE", help="Units of QUOTE for one BASE, such as 1.0832.")],
    valid: Annotated[str, typer.Option("--valid", metavar="SPAN", help="How long it is used: 90m, 24h, 7d.")] = "24h",
    project: OfProject = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Set the rate between two currencies, in both directions. It is in force at once, and ends after its time.

    Sessions keep the rate that they were opened with. A rate that is a fifth away from the one before wants --yes.
    """
    chosen = settings(data, database_url)
    now = SystemClock().now()

    async def look(database: Database) -> tuple[Rate, Rate | None]:
        new = operations.checked(
            NewRate(base, quote, rate, checked_span(valid), await _project_of(database, project, chosen.data)), now
        )
        return new, await database.read(lambda tx: records.between(tx, new.project_id, new.base, new.quote))

    new, before = work(chosen, look)
    if before is not None and new.differs_widely(before):
        confirm(f"One {before.base} was {before.value} {before.quote}, and is to be {_equation(new)}.", yes)

    async def operation(tx: Transaction) -> None:
        await operations.set_rate(tx, new)
        await write_down_rate(
            tx,
            Act(now, ACTOR),
            "rate.set",
            new.project_id or None,
            rate=_equation(new),
            valid_until=to_rfc3339(new.valid_until),
        )

    work(chosen, lambda database: database.write(operation))
    if as_json:
        say_json(_to_api(new, now))
        return
    say(f"One {new.base} is {new.value} {new.quote}, until {to_rfc3339(new.valid_until)}.")


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the rates, and whether they can be used. A project's own go before those of every project."""
    chosen = settings(data, database_url)
    now = SystemClock().now()
    found = work(chosen, lambda database: database.read(lambda tx: records.every(tx, LISTED_MAX)))
    if as_json:
        say_json([_to_api(one, now) for one in found])
        return
    say_table(
        ("PROJECT", "BASE", "QUOTE", "RATE", "SOURCE", "AS OF", "VALID UNTIL", "STATE"),
        [
            (
                one.project_id or "every",
                one.base,
                one.quote,
                one.value,
                one.source,
                to_rfc3339(one.as_of),
                to_rfc3339(one.valid_until),
                one.state(now).value,
            )
            for one in found
        ],
    )


@app.command("remove")
def remove(
    base: Base,
    quote: Quote,
    project: OfProject = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remove the rate between two currencies. Sessions that were opened with it keep it."""
    chosen = settings(data, database_url)
    now = SystemClock().now()

    async def task(database: Database) -> None:
        project_id = await _project_of(database, project, chosen.data)

        async def operation(tx: Transaction) -> None:
            await operations.remove_rate(tx, project_id, base, quote)
            await write_down_rate(tx, Act(now, ACTOR), "rate.removed", project_id or None, base=base, quote=quote)

        await database.write(operation)

    work(chosen, task)
    if as_json:
        say_json({"base": base, "quote": quote, "removed": True})
        return
    say(f"The rate between {base} and {quote} was removed.")


async def _project_of(database: Database, project: str | None, data: Path) -> str:
    return await project_id_of(database, project, data) if project is not None else EVERY_PROJECT


def _equation(rate: Rate) -> str:
    return f"{rate.value} {rate.quote} for 1 {rate.base}"


def _to_api(rate: Rate, now: int) -> dict[str, Any]:
    return {
        "projectId": rate.project_id or None,
        "base": rate.base,
        "quote": rate.quote,
        "value": rate.value,
        "source": rate.source,
        "asOf": to_rfc3339(rate.as_of),
        "validUntil": to_rfc3339(rate.valid_until),
        "state": rate.state(now).value,
    }
