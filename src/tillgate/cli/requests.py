"""``tillgate requests``."""

import re
from typing import Annotated, Any, NamedTuple

import typer

from keyturn.cli.keys import Project, age_ms
from keyturn.cli.mounting import CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_json, say_table
from keyturn.insight.logged import Cursor, LoggedRequest, RequestFilter, RequestPage
from keyturn.insight.usage import DAY_MS
from keyturn.keys.model import Mode
from tillgate.base.clock import SystemClock, to_rfc3339

LIMIT_DEFAULT = 50
LIMIT_MAX = 1_000

_STATUS = re.compile(r"([1-5])(?:xx|([0-9]{2}))", re.IGNORECASE)


class _Found(NamedTuple):
    page: RequestPage
    dropped: dict[int, int]


def requests(
    installation: Installation,
    key: Annotated[str | None, typer.Option("--key", metavar="ID", help="Only those with this key, key_….")] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help="Only test or only live ones.")] = None,
    status: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="403, or 4xx for a class.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only those that the key layer refused.")] = False,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="REASON", help="Only requests refused for this reason, such as revoked."),
    ] = None,
    path: Annotated[
        str | None, typer.Option("--path", metavar="PATH", help="Only this route, such as /payment_links/{id}.")
    ] = None,
    request_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The request with this id, req_….")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="No older than this: 30m, 12h, 7d.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=LIMIT_MAX, help="At most this number of requests.")
    ] = LIMIT_DEFAULT,
    before: Annotated[
        str | None, typer.Option("--before", metavar="CURSOR", help="The page after this nextCursor.")
    ] = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List the requests with a project's keys, newest first, and why some were refused."""
    clock = SystemClock()
    wanted = RequestFilter(
        key_id=key,
        mode=mode,
        status=_status(status),
        refused=refused,
        refusal=reason,
        path=path,
        request_id=request_id,
        since=clock.now() - age_ms(since, "--since") if since is not None else 0,
    )
    cursor = _cursor(before)

    async def task(context: CommandContext) -> _Found:
        store = context.requests
        owner = await store.project_of(request_id) if request_id is not None else None
        if owner is None and key is not None:
            owner = (await context.key(key)).project_id
        project_id = owner or await context.find_project(project)
        found: list[LoggedRequest] = []
        page = RequestPage(found, cursor)
        while len(found) < limit:
            page = await store.requests(project_id, wanted, page.next, limit - len(found))
            found += page.requests
            if page.next is None:
                break
        first_day = (found[-1].at if found else clock.now()) // DAY_MS
        return _Found(RequestPage(found, page.next), await store.dropped(project_id, first_day))

    found = installation.work(task)
    page, after = found.page.requests, str(found.page.next) if found.page.next is not None else None
    if as_json:
        not_kept = {_date(day): number for day, number in found.dropped.items()}
        say_json({"data": [_to_api(one) for one in page], "nextCursor": after, "notKept": not_kept})
        return
    say_table(
        ("AT", "STATUS", "METHOD", "PATH", "MS", "KEY", "REQUEST", "WHY", "FROM"),
        [
            (
                to_rfc3339(one.at),
                one.status,
                one.method,
                one.path,
                f"{one.duration_us / 1_000:.1f}",
                one.key_id,
                one.id,
                one.refusal or one.error or ("reported: " + ", ".join(one.reported) if one.reported else None),
                " ".join(filter(None, (one.network, one.origin, one.app))) or None,
            )
            for one in page
        ],
    )
    for day, number in found.dropped.items():
        say(f"{_date(day)}: {number} requests not logged for lack of room; `tillgate keys usage` counts all of them.")
    if after is not None:
        say(f"There are more: --before {after}")


def _status(text: str | None) -> int | None:
    if text is None:
        return None
    match = _STATUS.fullmatch(text)
    if match is None:
        fail(f"--status: expected a status such as 403, or a class such as 4xx, got {text[:20]!r}")
    return int(match[1] + (match[2] or ""))


def _cursor(text: str | None) -> Cursor | None:
    try:
        return Cursor.parse(text) if text is not None else None
    except ValueError:
        fail(f"--before: expected the nextCursor of the page before, got {str(text)[:40]!r}")


def _to_api(one: LoggedRequest) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": to_rfc3339(one.at),
        "mode": one.mode.value,
        "key": one.key_id,
        "secret": one.secret,
        "method": one.method,
        "path": one.path,
        "objectId": one.object_id,
        "status": one.status,
        "durationMicroseconds": one.duration_us,
        "refusal": one.refusal,
        "error": one.error,
        "scope": one.scope,
        "network": one.network,
        "origin": one.origin,
        "app": one.app,
        "agent": one.agent,
        "wouldBeRefused": list(one.reported),
    }


def _date(day: int) -> str:
    return to_rfc3339(day * DAY_MS)[:10]
