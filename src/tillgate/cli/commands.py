"""Every command of ``tillgate`` under its name."""

import typer

from keyturn.cli.groups import audit_group, keys_group
from keyturn.cli.mounting import mount
from keyturn.cli.output import introduce
from tillgate import __version__
from tillgate.cli import (
    backup,
    demo,
    docs,
    doctor,
    documents,
    embed,
    explaining,
    jobs,
    listen,
    mail,
    networks,
    projects,
    rates,
    requests,
    secret_key,
    serve,
    shoppers,
    templates,
    transfers,
    trigger,
    users,
    wallets,
)
from tillgate.cli.api import group as api
from tillgate.cli.session import where

app = typer.Typer(
    name="tillgate",
    help="A self-hosted checkout server with API keys.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
introduce(app, "tillgate", __version__)
keys = keys_group(where)
mount(keys, "explain", explaining.explain_request, where)
app.command("serve")(serve.serve)
app.command("migrate")(serve.migrate)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(secret_key.app, name="secret-key")
app.add_typer(projects.app, name="projects")
app.add_typer(keys, name="keys")
app.add_typer(audit_group(where), name="audit")
mount(app, "requests", requests.requests, where)
app.add_typer(users.app, name="users")
app.add_typer(shoppers.app, name="shoppers")
app.add_typer(networks.app, name="networks")
app.add_typer(networks.tokens_app, name="tokens")
app.add_typer(wallets.app, name="wallets")
app.add_typer(rates.app, name="rates")
app.add_typer(transfers.app, name="transfers")
app.add_typer(templates.app, name="templates")
app.add_typer(embed.app, name="embed")
app.add_typer(docs.app, name="docs")
app.add_typer(documents.app, name="documents")
app.add_typer(jobs.app, name="jobs")
app.add_typer(mail.app, name="mail")
app.add_typer(api.app, name="api")
app.command("listen")(listen.listen)
app.command("trigger")(trigger.trigger)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
