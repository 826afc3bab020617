"""``tillgate users``."""

import sys
from typing import Annotated

import typer

from keyturn.cli.output import AsJson, fail, say, say_json
from tillgate.access.accounts import Accounts, Role
from tillgate.base.clock import SystemClock
from tillgate.cli.session import Data, DatabaseUrl, settings, work

app = typer.Typer(help="Manage dashboard users.", no_args_is_help=True)


@app.callback()
def users() -> None:
    """Manage dashboard users."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option("--email", help="The address to sign in with.")],
    role: Annotated[Role, typer.Option("--role", help="The user's role; a viewer has read-only access.")] = Role.OWNER,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make an account. The password is never an argument, so it is in no shell history."""
    if password_stdin:
        try:
            password = sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            fail("the password on standard input is not text in UTF-8")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        fail("no terminal to ask for the password; use --password-stdin")
    chosen = settings(data, database_url)
    user = work(
        chosen, lambda database: Accounts(database, SystemClock()).create_user(email, password, role), creates=True
    )
    if as_json:
        say_json({"id": user.id, "email": user.email, "role": user.role.value})
    else:
        say(f"{user.email} can sign in as {user.role.value}.")
