"""``keys tag-many``, in ``keyturn`` and in ``tillgate``."""

from typing import Annotated, Final

import typer

from keyturn.cli.choosing import (
    WantedExpiring,
    WantedExternalId,
    WantedKind,
    WantedMode,
    WantedName,
    WantedStatus,
    WantedTag,
    WantedUnused,
    wanted_keys,
)
from keyturn.cli.keys import Project
from keyturn.cli.mounting import ACTOR, CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.keys.changing import change_tags
from keyturn.keys.listing import each_key
from keyturn.keys.model import Status

# Of these keys it is decided at once which change.
TOGETHER_MAX: Final = 100


def tag_many(
    installation: Installation,
    add: Annotated[list[str] | None, typer.Option("--add", help="A tag that they get; repeat for more.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A tag that they lose; repeat for more.")] = None,
    project: Project = None,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    tag: WantedTag = None,
    external_id: WantedExternalId = None,
    expiring: WantedExpiring = None,
    as_json: AsJson = False,
) -> None:
    """Add tags to all keys that fit, and remove others from them. Revoked keys stay as they are."""
    if not add and not remove:
        fail("give at least one tag, with --add or --remove")
    wanted = wanted_keys(mode, kind, status, name, unused, tag, external_id, expiring)

    async def task(context: CommandContext) -> list[str]:
        project_id = await context.find_project(project)
        found = each_key(context.store, project_id, wanted(context.clock.now()))
        ids = [key.id async for key in found if key.status is not Status.REVOKED]
        changed = []
        for start in range(0, len(ids), TOGETHER_MAX):
            changed += await change_tags(
                context.store,
                context.clock,
                context.issuer,
                project_id=project_id,
                key_ids=ids[start : start + TOGETHER_MAX],
                add=add or (),
                remove=remove or (),
                by=ACTOR,
            )
        return changed

    changed = installation.work(task)
    if as_json:
        say_json({"changed": changed})
    else:
        say(f"The tags of {len(changed)} keys were changed.")
