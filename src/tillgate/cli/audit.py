"""``tillgate audit``."""

from typing import Annotated

import typer

from keyturn.cli.audit import Limit, print_entries, print_verdict
from keyturn.database import Database
from keyturn.insight.audit import AuditEntry, Verdict, verify
from tillgate.base.clock import SystemClock
from tillgate.cli.keys import ProjectOption
from tillgate.cli.projects import project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, settings, work
from tillgate.opening import open_keys

app = typer.Typer(help="The audit log of keys.", no_args_is_help=True)


@app.command("verify")
def verify_log(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Check that each line follows from the one before, else end with 1. Prints the last hash, to be kept elsewhere."""

    async def task(database: Database) -> Verdict:
        return await verify(open_keys(database, SystemClock()).store)

    print_verdict(work(settings(data, database_url), task), as_json=as_json, fails=fail)


@app.command("list")
def list_log(
    key: Annotated[str | None, typer.Option("--key", metavar="KEY_ID", help="Only lines about this key.")] = None,
    before: Annotated[int | None, typer.Option("--before", min=1, help="Only lines before this number.")] = None,
    limit: Limit = 50,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's lines, newest first."""

    async def task(database: Database) -> list[AuditEntry]:
        project_id = await project_id_of(database, project)
        return await open_keys(database, SystemClock()).store.audit_of(project_id, key, before, limit)

    print_entries(work(settings(data, database_url), task), as_json=as_json)
