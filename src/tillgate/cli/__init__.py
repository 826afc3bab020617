"""The command line: ``tillgate serve``, ``tillgate keys create`` and the rest.

Every command works on the database that ``--data`` or ``--database-url`` names, also while a server runs on it;
``listen`` and ``trigger`` speak to a server over HTTP instead.
"""

import sys

import typer

from tillgate.cli import (
    audit,
    backup,
    demo,
    doctor,
    explaining,
    importing,
    key_ends,
    keys,
    listen,
    projects,
    requests,
    secret_key,
    serve,
    trigger,
    usage,
    users,
)
from tillgate.cli.session import note

app = typer.Typer(
    name="tillgate",
    help="A self-hosted checkout server with API keys.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("migrate")(serve.migrate)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(secret_key.app, name="secret-key")
app.add_typer(projects.app, name="projects")
keys.app.command("explain")(explaining.explain_request)
keys.app.command("usage")(usage.usage)
keys.app.command("import")(importing.import_file)
app.add_typer(key_ends.app, name="keys")
app.add_typer(audit.app, name="audit")
app.command("requests")(requests.requests)
app.add_typer(users.app, name="users")
app.command("listen")(listen.listen)
app.command("trigger")(trigger.trigger)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def main() -> None:
    """Run the command line. An argument that is not UTF-8 would fail anywhere further in; it is refused here."""
    for argument in sys.argv[1:]:
        if not argument.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in argument):
            note(f"tillgate: this argument is not text in UTF-8: {argument!r}")
            sys.exit(1)
    app()
