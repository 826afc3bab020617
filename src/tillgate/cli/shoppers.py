"""``tillgate shoppers``."""

from typing import Annotated

import typer

from keyturn.cli.output import AsJson, say, say_json, say_table
from keyturn.database import Database
from tillgate.access.hashes import PasswordHashes
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.base.text import checked_email
from tillgate.checkout.shoppers.model import Shopper
from tillgate.checkout.shoppers.operations import create_account, list_shoppers
from tillgate.cli.choosing import project_id_of
from tillgate.cli.passwords import PasswordStdin, asked_password
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.store import Transaction

app = typer.Typer(help="Test shoppers who sign in to approve test orders.", no_args_is_help=True)


@app.callback()
def shoppers() -> None:
    """Test shoppers who sign in to approve test orders."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option("--email", help="The address to sign in with.")],
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="PROJECT",
            help="Whose test orders the shopper approves, by name or id.",
            show_default="the only one, or the remembered one",
        ),
    ] = None,
    password_stdin: PasswordStdin = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a shopper for test mode, who signs in by POST /consumers/auth/login of Smartpay's language."""
    password = asked_password(password_stdin)
    chosen = settings(data, database_url)

    async def task(database: Database) -> Shopper:
        project_id = await project_id_of(database, project, chosen.data)
        hashed = await PasswordHashes().hash_of(password, checked_email(email))
        now = SystemClock().now()
        return await database.write(lambda tx: create_account(tx, project_id, email, hashed, now))

    made = work(chosen, task)
    if as_json:
        say_json(_to_json(made))
    else:
        say(f"{made.email} can sign in as a test shopper of {made.project_id}.")


@app.command("list")
def list_all(
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="PROJECT",
            help="Whose shoppers, by name or id.",
            show_default="the only one, or the remembered one",
        ),
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's test shoppers by e-mail address, those who signed up at a checkout among them."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> list[Shopper]:
        project_id = await project_id_of(database, project, chosen.data)
        found = list[Shopper]()

        async def more(tx: Transaction) -> list[Shopper]:
            return await list_shoppers(tx, project_id, after=found[-1] if found else None)

        while page := await database.read(more):
            found += page
        return found

    found = work(chosen, task)
    if as_json:
        say_json([_to_json(one) | {"hasPassword": bool(one.password)} for one in found])
        return
    say_table(
        ("EMAIL", "SIGNS IN BY", "CREATED"),
        [(one.email, "password" if one.password else "one-time code", to_rfc3339(one.created_at)) for one in found],
    )


def _to_json(shopper: Shopper) -> dict[str, object]:
    return {
        "id": shopper.id,
        "email": shopper.email,
        "projectId": shopper.project_id,
        "createdAt": to_rfc3339(shopper.created_at),
    }
