"""``tillgate requests``."""

import re
from typing import Annotated, Any, NamedTuple

import typer

from keyturn.database import Database
from keyturn.insight.logged import Cursor, LoggedRequest, RequestFilter, RequestPage
from keyturn.insight.usage import DAY_MS
from keyturn.keys.model import Mode
from tillgate.base.clock import HOUR_MS, MINUTE_MS, SystemClock, to_rfc3339
from tillgate.cli.keys import ProjectOption
from tillgate.cli.projects import project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, say, settings, work
from tillgate.opening import open_keys

LIMIT_DEFAULT = 50
LIMIT_MAX = 1_000

_AGE = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_STATUS = re.compile(r"([1-5])(?:xx|([0-9]{2}))", re.IGNORECASE)


class _Found(NamedTuple):
    page: RequestPage
    dropped: dict[int, int]


def requests(
    key: Annotated[str | None, typer.Option("--key", metavar="ID", help="Only requests with this key, key_….")] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help="Only test or only live requests.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="A status such as 403, or a class such as 4xx.")
    ] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only requests that were refused.")] = False,
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
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what was asked with a project's keys, newest first, and why some of it was refused."""
    clock = SystemClock()
    wanted = RequestFilter(
        key_id=key,
        mode=mode,
        status=_status(status),
        refused=refused,
        refusal=reason,
        path=path,
        request_id=request_id,
        since=_since(since, clock.now()),
    )
    cursor = _cursor(before)

    async def task(database: Database) -> _Found:
        store = open_keys(database, clock).requests
        project_id = await project_id_of(database, project)
        found: list[LoggedRequest] = []
        page = RequestPage(found, cursor)
        while len(found) < limit:
            page = await store.requests(project_id, wanted, page.next, limit - len(found))
            found += page.requests
            if page.next is None:
                break
        first_day = (found[-1].at if found else clock.now()) // DAY_MS
        return _Found(RequestPage(found, page.next), await store.dropped(project_id, first_day))

    found = work(settings(data, database_url), task)
    page, after = found.page.requests, str(found.page.next) if found.page.next is not None else None
    if as_json:
        not_kept = {_date(day): number for day, number in found.dropped.items()}
        print_json({"data": [_to_api(one) for one in page], "nextCursor": after, "notKept": not_kept})
        return
    for one in page:
        why = one.refusal or one.error or ("reported: " + ", ".join(one.reported) if one.reported else "")
        where = " ".join(filter(None, (one.network, one.origin, one.app)))
        say(
            f"{to_rfc3339(one.at)}  {one.status}  {one.method:6} {one.path:40} {one.duration_us / 1_000:8.1f} ms  "
            f"{one.key_id}  {one.id}  {why:20}  {where}".rstrip()
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


def _since(age: str | None, now: int) -> int:
    if age is None:
        return 0
    match = _AGE.fullmatch(age)
    if match is None:
        fail(f"--since: expected an age such as 30m, 12h or 7d, got {age[:20]!r}")
    return now - int(match[1]) * _UNITS[match[2]]


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
