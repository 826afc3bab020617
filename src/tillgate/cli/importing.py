"""``tillgate keys import``."""

from keyturn.cli.importing import (
    DefaultMode,
    DefaultScopes,
    DryRun,
    File,
    Format,
    Forms,
    Ignored,
    Plaintext,
    content_of,
    print_result,
    rules_of,
)
from keyturn.database import Database
from keyturn.keys.importing import Imported, import_keys
from tillgate.base.clock import SystemClock
from tillgate.cli.keys import ProjectOption
from tillgate.cli.projects import OPERATOR, project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, settings, work
from tillgate.opening import open_keys


def import_file(
    file: File,
    mode: DefaultMode = None,
    scope: DefaultScopes = None,
    form: Forms = None,
    format: Format = None,
    plaintext: Plaintext = False,
    ignore: Ignored = None,
    dry_run: DryRun = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let keys that were made elsewhere go on here: all of a file, or none and what is wrong with each line.

    Columns: digest (SHA-256 in hex or base 64) or, with --plaintext, key; name, mode, scopes, created_at, expires_at,
    prefix. A running server lets them in within five seconds.
    """

    async def task(database: Database) -> Imported:
        clock = SystemClock()
        keys = open_keys(database, clock)
        rules = rules_of(await project_id_of(database, project), mode, scope, form, format, ignore, plaintext=plaintext)
        content = content_of(file)
        return await import_keys(keys.store, keys.issuer, clock, content, rules, by=OPERATOR, dry_run=dry_run)

    print_result(work(settings(data, database_url), task), dry_run=dry_run, as_json=as_json)
