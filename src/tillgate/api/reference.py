"""The reference pages, out of the same declarations that the server runs on.

``python -m tillgate.api.reference docs/reference`` writes them, and beside that folder ``errors``, with a page for
each code; a test holds the tree to it.
"""

import json
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from keyturn.connections import (
    BODY_BYTES_PER_SECOND,
    FIELDS_MAX,
    HEAD_BYTES_MAX,
    TARGET_BYTES_MAX,
    ConnectionLimits,
)
from tillgate.access import API_SCOPES
from tillgate.api import error_pages
from tillgate.api.application import ROUTES
from tillgate.api.errors import ERRORS
from tillgate.api.expanding import DEPTH_MAX, EACH_MAX, OBJECTS_MAX, PARAM, PATHS_MAX
from tillgate.api.openapi import document
from tillgate.api.reading import BODY_BYTES_MAX
from tillgate.api.routing import ROOT
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.pages import LIMIT_DEFAULT, LIMIT_MAX
from tillgate.base.text import DESCRIPTION_MAX, NAME_MAX, URL_MAX
from tillgate.checkout import metadata
from tillgate.checkout.sessions.model import (
    EDGES,
    LIFETIME_MAX_MS,
    LIFETIME_MIN_MS,
)
from tillgate.events.deliveries.answers import HEAD_BYTES_MAX as HEAD_MAX
from tillgate.events.deliveries.answers import INTERIM_MAX
from tillgate.events.deliveries.model import ATTEMPTS_MAX, ENDPOINT_IN_FLIGHT_MAX, GAPS_MS, RETRY_AFTER_MAX_MS
from tillgate.events.deliveries.names import LOOKUP_SECONDS, SILENT_SECONDS
from tillgate.events.deliveries.operations import REPLAY_MAX
from tillgate.events.deliveries.sending import TIMEOUT_SECONDS
from tillgate.events.endpoints.model import FAILING_MAX_MS, OVERLAP_MAX_SECONDS
from tillgate.events.endpoints.operations import ENDPOINTS_MAX, TEST_EVERY_SECONDS, TESTS_AT_ONCE_MAX
from tillgate.events.model import ALIASES, EVENT_MEANINGS, EVENT_PATTERNS, RETENTION_MS

MADE: Final = "<!-- Made by `python -m tillgate.api.reference docs/reference`; change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Each page's text by its file name."""
    return {"api.md": _api(), "errors.md": _errors(), "events.md": _events(), "limits.md": _limits()}


def pages_of_errors() -> dict[str, str]:
    """The text of each code's page by its file name, for a folder beside that of the reference."""
    return {f"{code}.md": error_pages.text_of(code, kind, MADE) for code, kind in ERRORS.items()}


def _api() -> str:
    described = document(ROUTES, "https://your-domain.com")
    schemas = described["components"]["schemas"]
    parts = [
        "# API reference\n",
        MADE,
        f"Base `https://your-domain.com{ROOT}`. JSON in and out; `Content-Type: application/json` on POST and PATCH. "
        "Every request carries `Authorization: Bearer <key>`; every answer carries `X-Request-Id`. The whole is "
        f"also an OpenAPI 3.1 document at `{ROOT}/openapi.json`, with links from each answer to what can follow it.\n",
        "## Scopes\n",
        "| scope | lets a key |\n|---|---|",
        *(f"| `{scope}` | {meaning.lower()} |" for scope, meaning in API_SCOPES.items()),
        "\nNo scope implies another: choose read and write each by itself.\n",
        "## Expanding\n",
        f"`{PARAM}` puts objects that an answer names into it: `?{PARAM}=customer,order.payment` on whatever route "
        "answers with the object or a list of it, also on POST and PATCH. The object stands beside its id "
        "(`customer` beside `customerId`), null where there is none; a session's customer and discount are its "
        "order's. A list that is put in holds the newest "
        f"{EACH_MAX}; its `nextCursor` goes on at its own route. Up to {PATHS_MAX} paths, {DEPTH_MAX} deep, and "
        f"{OBJECTS_MAX} objects in one answer. Each object takes the scope that reads it, or the answer is 403; a "
        "publishable key expands nothing. A repeated request with the same `Idempotency-Key` is answered as the first "
        "was, with what was put in then. Events are never expanded.\n",
    ]
    for route in ROUTES:
        operation = described["paths"][ROOT + route.path][route.method.lower()]
        parts.append(f"## {route.method} {ROOT}{route.path}\n")
        parts.append(f"{route.summary}. Needs `{route.need.scope}`.\n")
        query = [one for one in operation["parameters"] if one["in"] == "query"]
        if query:
            parts += [
                "| query | type |\n|---|---|",
                *(f"| `{one['name']}` | {_choices(one) or _type(one['schema'])} |" for one in query),
            ]
            parts.append("")
        if "requestBody" in operation:
            parts.append(_fields("body", schemas[_name(operation["requestBody"])]))
        parts.append(_answer(operation, route.status))
    parts.append("## Objects\n")
    taken = {type.__name__ for route in ROUTES for type in (route.body, route.query) if type is not None}
    for name, schema in sorted(schemas.items()):
        if "properties" in schema and name not in taken and not name.startswith("ListObject"):
            parts += [f"### {name}\n", _fields("field", schema)]
    return "\n".join(parts).rstrip() + "\n"


def _name(holder: dict[str, Any]) -> str:
    reference: str = holder["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


def _answer(operation: dict[str, Any], status: HTTPStatus) -> str:
    name = _name(operation["responses"][str(status.value)])
    listed = name.removeprefix("ListObject_").rstrip("_")
    shown = f"[{listed}](#{listed.lower()})"
    what = f"a list of {shown}: `data`, `hasMore`, `nextCursor`" if name.startswith("ListObject") else shown
    return f"Answers {status.value} {status.phrase} with {what}.\n"


def _fields(title: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    head = "| field | type |\n|---|---|" if title == "field" else f"| {title} | type | required |\n|---|---|---|"
    rows = [
        f"| `{name}` | {_type(field)}{' (expanded)' if 'x-expanded' in field else ''} |"
        + ("" if title == "field" else f" {'yes' if name in required else 'no'} |")
        for name, field in schema.get("properties", {}).items()
    ]
    return "\n".join([head, *rows, ""])


def _choices(parameter: dict[str, Any]) -> str:
    return ", ".join(f"`{choice}`" for choice in parameter.get("x-expandable", ()))


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    bounds = [
        f"{word} {schema[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most")) if key in schema
    ]
    text = str(schema.get("type", "any JSON value"))
    if "format" in schema:
        text += f" ({schema['format']})"
    default = f", default `{json.dumps(schema['default'])}`" if schema.get("default") not in (None, "") else ""
    return text + (f", {', '.join(bounds)}" if bounds else "") + default


def _errors() -> str:
    rows = [
        f"| [{code}](../errors/{code}.md) | {kind.status} | `{kind.type}` | {kind.meaning} |"
        for code, kind in sorted(ERRORS.items())
    ]
    example = json.dumps(json.loads(error_pages.example("invalid_body")), indent=2)
    head = (
        f"Every answer that is not a success has one form:\n\n```json\n{example}\n```\n\n"
        "Branch on `type`; `code` is stable; `message` is for logs. `param` names the field that is wrong. "
        "On 401, `reason` is `missing`, `malformed`, `unknown`, `revoked`, `disabled` or `expired` and `detail` "
        "says what to do; `revoked`, `disabled` and `expired` are told only to a caller who presented the whole key. "
        "`requestId` is in the server's log, too. Each code has a page that says what to do.\n"
    )
    return "\n".join(["# Errors\n", MADE, head, "| code | status | type | meaning |\n|---|---|---|---|", *rows]) + "\n"


def _events() -> str:
    moves = [
        f"| `{before.value}` | {', '.join(f'`{after.value}`' for after in sorted(EDGES[before])) or 'nothing: final'} |"
        for before in EDGES
    ]
    gaps = ", ".join(_duration(gap) for gap in GAPS_MS)
    return "\n".join(
        [
            "# Events and webhooks\n",
            MADE,
            "| type | when |\n|---|---|",
            *(f"| `{name}` | {meaning} |" for name, meaning in EVENT_MEANINGS.items()),
            "\n" + " ".join(f"`{alias}` is accepted as another name of `{name}`." for alias, name in ALIASES.items()),
            f"`*` subscribes to all types, those to come included, and {_listed(EVENT_PATTERNS)} to all of its noun.\n",
            "`data` is the whole object as it was at that moment. `sequence` counts 1, 2, 3 … for each "
            "project and mode, without a gap. `previousAttributes` holds what the fields that changed held at the "
            "object's event before: put over `data`, it gives the earlier `data`. It is null where there is no event "
            "before.\n",
            "## Catching up\n",
            "`GET /events?after=<sequence>` lists what came after a sequence, oldest first. Its `nextCursor` is the "
            "next "
            "`after` and never null, so that a follower keeps it and asks again; `hasMore` says whether to ask at "
            "once. "
            "A number is taken and committed before the next one is: nothing appears later in between. `after` "
            "combines with `type` and `createdAfter`, not with `starting_after`.\n",
            "`logId` names the log of this project and mode. It changes when the server's database is restored from a "
            "backup, because events that came after the backup are then gone. Keep it with the sequence and send it "
            "as `log`: a place in another log, or beyond this log's end, is a 409 "
            "[`sequence_ahead`](../errors/sequence_ahead.md) that names `newestSequence` and `logId`. Without `log`, "
            "only a place beyond the end is noticed. After a restore the sequence may have a gap.\n",
            f"Events are kept for {RETENTION_MS // DAY_MS} days, and their deliveries with them. The sequence goes "
            "on.\n",
            "## Where a session can go\n",
            "| from | to |\n|---|---|",
            *moves,
            "\n## Delivery\n",
            f"At least once, to each active endpoint that subscribed. Any 2xx within {TIMEOUT_SECONDS:.0f} seconds is "
            f"success. Otherwise up to {ATTEMPTS_MAX} attempts: at once, then after {gaps} more; then the delivery is "
            "`abandoned` and can be replayed. Redirects are not followed. The event id is the same on every attempt "
            "and replay: keep the ids you have handled.\n",
            "A 429 or 503 with `Retry-After` (seconds or an HTTP date) puts the next attempt off, by up to "
            f"{RETRY_AFTER_MAX_MS // HOUR_MS} h, and never brings it forward. Up to {ENDPOINT_IN_FLIGHT_MAX} "
            "deliveries to "
            "one endpoint are under way at once, and a single one while it is failing; no endpoint waits for "
            "another.\n",
            f"A host name is looked up for {LOOKUP_SECONDS:.0f} seconds at most, as part of the attempt. Name servers "
            "that do "
            "not answer make that attempt fail, and for this project's attempts of the next "
            f"{SILENT_SECONDS:.0f} seconds the name counts as one that does not resolve.\n",
            "`failingSince` on the endpoint says since when nothing but failures came back. After "
            f"{FAILING_MAX_MS // DAY_MS} days of them the endpoint is switched off with `disabledReason` `failing`, "
            "and "
            'after a 410 at once with `gone`. `PATCH {"active": true}` clears both and lets what is pending go on; '
            "events that came meanwhile are sent by a replay with `failedOnly`.\n",
            "## Replay\n",
            "- One event: `POST /events/{id}/replay`, to each active endpoint that subscribed, or to the named one.",
            "- A range: `POST /webhook_endpoints/{id}/replay` with `after` and `before`, both excluded. It looks at "
            f"{REPLAY_MAX} events at most and says in `nextAfter` where to go on. What is on its way is left out, and "
            "with "
            "`failedOnly` what has arrived.",
            "- One delivery: `POST /webhook_deliveries/{id}/replay`.\n",
            "## Signature\n",
            "Each attempt carries two signatures of the same raw body; check either.\n",
            "- `X-Webhook-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 with the whole secret (`whsec_` included) "
            "as key over `<t>.<raw body>`; `X-Webhook-Timestamp` repeats `t`.",
            "- [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`, "
            "`webhook-signature`; any of its libraries takes the secret as it is.\n",
            "Refuse what is older than 300 seconds and compare in constant time. `examples/receiver.py` does both.\n",
            "After `POST /webhook_endpoints/{id}/rotate_secret` the new and the old secret both sign, for a day unless "
            f"`overlapSeconds` says otherwise (0 to {OVERLAP_MAX_SECONDS}): `t=…,v1=<new>,v1=<old>` and `v1,<new> "
            "v1,<old>`. Accept what any of them fits.\n",
        ]
    )


def _limits() -> str:
    limits = ConnectionLimits()
    rows = [
        ("request body", f"{BODY_BYTES_MAX // 1024} KiB"),
        ("head of a request", f"{HEAD_BYTES_MAX // 1024} KiB, {FIELDS_MAX} header fields (431)"),
        ("request target (path and query)", f"{TARGET_BYTES_MAX // 1024} KiB (414)"),
        ("time for a head", f"{limits.head_seconds} s (408)"),
        ("time for a body", f"{limits.body_seconds} s, and 1 s for each {BODY_BYTES_PER_SECOND:,} bytes (408)"),
        ("an idle connection is closed after", f"{limits.idle_seconds} s"),
        ("connections of one client to a process", f"{limits.per_client_max}, at most a quarter of all (503)"),
        ("`limit` of a list", f"1 to {LIMIT_MAX}, default {LIMIT_DEFAULT}"),
        (f"`{PARAM}`", f"{PATHS_MAX} paths, {DEPTH_MAX} deep, {OBJECTS_MAX} objects in one answer"),
        ("a list that is put into an object", f"the newest {EACH_MAX}"),
        ("title", f"{NAME_MAX} characters"),
        ("description", f"{DESCRIPTION_MAX} characters"),
        ("URL", f"{URL_MAX} characters"),
        ("metadata", f"{metadata.KEYS_MAX} keys"),
        ("metadata key, value", f"{metadata.KEY_LENGTH_MAX} and {metadata.VALUE_LENGTH_MAX} characters"),
        ("session lifetime", f"{_duration(LIFETIME_MIN_MS)} to {LIFETIME_MAX_MS // (24 * HOUR_MS)} days, default 1 h"),
        ("webhook endpoints", f"{ENDPOINTS_MAX} for each project and mode"),
        (
            "what is read of a receiver's answer",
            f"{INTERIM_MAX} interim answers (1xx), {HEAD_MAX // 1024} KiB of head and as much of its body, "
            f"{TIMEOUT_SECONDS:.0f} s",
        ),
        ("deliveries under way to one endpoint", str(ENDPOINT_IN_FLIGHT_MAX)),
        (
            "test events of a project",
            f"{TESTS_AT_ONCE_MAX} at once, and one more every {TEST_EVERY_SECONDS} s",
        ),
        ("events in one replay of a range", str(REPLAY_MAX)),
        ("overlap of a rotated webhook secret", f"{OVERLAP_MAX_SECONDS * SECOND_MS // DAY_MS} days, default 1 day"),
        ("events, deliveries and attempts are kept", f"{RETENTION_MS // DAY_MS} days"),
    ]
    return "\n".join(
        ["# Limits\n", MADE, "| what | limit |\n|---|---|", *(f"| {what} | {limit} |" for what, limit in rows), ""]
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _duration(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, HOUR_MS)
    return f"{hours} h" if hours and not rest else f"{milliseconds // MINUTE_MS} min"


def main() -> None:
    """Write the pages into the directory that is named, and those of the errors beside it."""
    directory = Path(sys.argv[1])
    for folder, made in ((directory, pages()), (directory.parent / "errors", pages_of_errors())):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, "utf-8")
        for old in {path.name for path in folder.glob("*.md")} - made.keys():
            (folder / old).unlink()


if __name__ == "__main__":
    main()
