"""The groups of commands that ``keyturn`` and ``tillgate`` share."""

import typer

from keyturn.cli import audit, importing, key_ends, keys, portal, tagging, usage
from keyturn.cli.mounting import Where, mount


def keys_group(where: Where) -> typer.Typer:
    """``keys``: all that is done with a key."""
    app = typer.Typer(help="Create, list, change, rotate and revoke API keys.", no_args_is_help=True)
    for name, command in (
        ("create", keys.create),
        ("list", keys.list_all),
        ("show", keys.show),
        ("update", keys.update),
        ("rotate", key_ends.rotate),
        ("secrets", key_ends.secrets),
        ("pair", key_ends.pair),
        ("disable", key_ends.disable),
        ("enable", key_ends.enable),
        ("revoke", key_ends.revoke_key),
        ("revoke-many", key_ends.revoke_many),
        ("tag-many", tagging.tag_many),
        ("usage", usage.usage),
        ("import", importing.import_file),
    ):
        mount(app, name, command, where)
    return app


def audit_group(where: Where) -> typer.Typer:
    """``audit``: the log of what was done."""
    app = typer.Typer(help="The audit log of keys.", no_args_is_help=True)
    mount(app, "verify", audit.verify_log, where)
    mount(app, "list", audit.list_log, where)
    return app


def portal_group(where: Where) -> typer.Typer:
    """``portal``: the page on which customers manage their own keys."""
    app = typer.Typer(help="Sessions in which your customers manage their own keys.", no_args_is_help=True)
    mount(app, "create", portal.create, where)
    mount(app, "list", portal.list_all, where)
    mount(app, "end", portal.end, where)
    return app
