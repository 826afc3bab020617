"""The command line: ``keyturn serve``, ``keyturn keys create`` and the rest.

Every command but ``scan`` works on the database that ``--database-url`` or ``KEYTURN_DATABASE_URL`` names, also while
servers run on it.
"""

import typer

from keyturn import __version__
from keyturn.cli import backup, explain, scan, serve
from keyturn.cli.groups import audit_group, keys_group, portal_group
from keyturn.cli.output import introduce, refuse_what_is_not_text
from keyturn.cli.session import where

app = typer.Typer(
    name="keyturn",
    help="API keys with immediate revocation: verify, issue, rotate and scan for leaks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
introduce(app, "keyturn", __version__)
keys = keys_group(where)
keys.command("explain")(explain.explain_request)
app.command("serve")(serve.serve)
app.command("scan")(scan.scan)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(keys, name="keys")
app.add_typer(audit_group(where), name="audit")
app.add_typer(portal_group(where), name="portal")


def main() -> None:
    """Run the command line. An argument that is not UTF-8 would fail anywhere further in; it is refused here."""
    refuse_what_is_not_text("keyturn")
    app()
