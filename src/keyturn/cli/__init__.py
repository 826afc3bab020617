"""The command line: ``keyturn serve``, ``keyturn keys create`` and the rest.

Every command but ``scan`` works on the database that ``--database-url`` or ``KEYTURN_DATABASE_URL`` names, also while
servers run on it.
"""

import sys

import typer

from keyturn.cli import audit, backup, explain, importing, keys, scan, serve
from keyturn.cli.session import note

app = typer.Typer(
    name="keyturn",
    help="API keys with immediate revocation: verify, issue, rotate and scan for leaks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("scan")(scan.scan)
app.command("import")(importing.import_file)
app.command("explain")(explain.explain_request)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run the command line. An argument that is not UTF-8 would fail anywhere further in; it is refused here."""
    for argument in sys.argv[1:]:
        if not argument.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in argument):
            note(f"keyturn: this argument is not text in UTF-8: {argument!r}")
            sys.exit(1)
    app()
