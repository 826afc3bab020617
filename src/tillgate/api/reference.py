"""The reference pages, out of the same declarations that the server runs on.

``python -m tillgate.api.reference docs/reference`` writes them, and beside that folder ``errors``, with a page for
each code; a test holds the tree to it.
"""

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
from tillgate.api.mount import DOCUMENT_PATH, ROOT
from tillgate.api.openapi import document
from tillgate.api.samples import samples
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
from tillgate.events.deliveries.model import ENDPOINT_IN_FLIGHT_MAX, RETRY_AFTER_MAX_MS
from tillgate.events.deliveries.names import LOOKUP_SECONDS, SILENT_SECONDS
from tillgate.events.deliveries.operations import REPLAY_MAX
from tillgate.events.deliveries.sending import TIMEOUT_SECONDS
from tillgate.events.endpoints.model import FAILING_MAX_MS, OVERLAP_MAX_SECONDS
from tillgate.events.endpoints.operations import ENDPOINTS_MAX, TEST_EVERY_SECONDS, TESTS_AT_ONCE_MAX
from tillgate.events.model import RETENTION_MS
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.types import ALIASES, EVENT_PATTERNS, TYPES
from tillgate.wire.expanding import DEPTH_MAX, EACH_MAX, OBJECTS_MAX, PARAM, PATHS_MAX
from tillgate.wire.reading import BODY_BYTES_MAX
from tillgate.wire.reference import code, fields, linked, made_by, objects, queries

MADE: Final = made_by("tillgate.api.reference")
_FENCES: Final = {"Shell": "sh", "Python": "python", "TypeScript": "ts"}


def pages() -> dict[str, str]:
    """Each page's text by its file name."""
    return {"api.md": _api(), "errors.md": error_pages.index_text(MADE), "events.md": _events(), "limits.md": _limits()}


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
        "Every request carries `Authorization: Bearer <key>`; every answer carries `X-Request-Id`. The same "
        f"reference is an OpenAPI 3.1 document at `{DOCUMENT_PATH}`, for which no key is needed, with links from each "
        "answer to the "
        "operations that can follow it.\n",
        "The samples take the key from `CHECKOUT_API_KEY`; tests send each of them to a real server. Python is "
        "`tillgate-client` of PyPI, TypeScript is `tillgate-client` of npm. Each object has an example with every "
        "field that it can have.\n",
        "## Scopes\n",
        "| scope | allows a key to |\n|---|---|",
        *(f"| `{scope}` | {meaning.lower()} |" for scope, meaning in API_SCOPES.items()),
        "\nNo scope implies another: choose read and write separately.\n",
        "## Expanding\n",
        f"`{PARAM}` includes related objects in an answer: `?{PARAM}=customer,order.payment` on every route that "
        "returns the object or a list of it, including POST and PATCH. The object is next to its id (`customer` "
        "next to `customerId`), null if there is none; a session's customer and discount are those of its order. An "
        f"included list holds the newest {EACH_MAX} objects; its `nextCursor` continues at the list's own route. Up "
        f"to {PATHS_MAX} paths, {DEPTH_MAX} deep, and {OBJECTS_MAX} objects in one answer. Each object requires the "
        "scope that reads it, or the answer is 403; a publishable key cannot expand. A repeated request with the "
        "same `Idempotency-Key` gets the first answer, with the objects as they were then. Events are never "
        "expanded.\n",
    ]
    for route in ROUTES:
        operation = described["paths"][ROOT + route.path][route.method.lower()]
        parts.append(f"## {route.method} {ROOT}{route.path}\n")
        parts.append(f"{route.summary}. Needs `{route.scope}`.\n")
        parts += queries(operation["parameters"])
        if "requestBody" in operation:
            parts.append(fields("body", schemas[_name(operation["requestBody"])]))
        file = "Answers with the file: `application/pdf`.\n"
        parts += [code(_FENCES[one.lang], one.source) for one in samples(route)]
        parts.append(_answer(operation, route.status) if route.answers is not None else file)
    taken = {type.__name__ for route in ROUTES for type in (route.body, route.query) if type is not None}
    taken |= {name for name in schemas if name.startswith("ListObject")}
    parts += objects(schemas, taken, exemplified=True)
    return "\n".join(parts).rstrip() + "\n"


def _name(holder: dict[str, Any]) -> str:
    reference: str = holder["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


def _answer(operation: dict[str, Any], status: HTTPStatus) -> str:
    name = _name(operation["responses"][str(status.value)])
    listed = name.removeprefix("ListObject_").rstrip("_")
    shown = linked(listed)
    what = f"a list of {shown}: `data`, `hasMore`, `nextCursor`" if name.startswith("ListObject") else shown
    return f"Answers {status.value} {status.phrase} with {what}.\n"


def _events() -> str:
    moves = [
        f"| `{before.value}` | {', '.join(f'`{after.value}`' for after in sorted(EDGES[before])) or 'nothing: final'} |"
        for before in EDGES
    ]
    gaps = ", ".join(_duration(gap) for gap in NATIVE_STYLE.gaps_ms)
    return "\n".join(
        [
            "# Events and webhooks\n",
            MADE,
            "| type | object | when | what to do |\n|---|---|---|---|",
            *(f"| `{one.name}` | `{one.object}` | {one.when} | {one.todo} |" for one in TYPES),
            "\n" + " ".join(f"`{alias}` is accepted as an alias of `{name}`." for alias, name in ALIASES.items()),
            f"`*` subscribes to all types, including those added later, and {_listed(EVENT_PATTERNS)} to all types "
            "of one object.\n",
            "`data` is the complete object at that moment. `sequence` counts 1, 2, 3 … for each project and mode, "
            "without a gap. `previousAttributes` holds the earlier values of the fields that changed since the "
            "object's previous event: merged over `data`, it gives the earlier `data`. It is null for the first "
            "event of an object.\n",
            "## Catching up\n",
            "`GET /events?after=<sequence>` lists the events after a sequence, oldest first. Its `nextCursor` is "
            "the next `after` and never null: store it and ask again; `hasMore` says whether to ask at once. Each "
            "number is committed before the next is taken, so no event appears later in between. `after` combines "
            "with `type` and `createdAfter`, not with `starting_after`.\n",
            "`logId` names the log of this project and mode. It changes when the server's database is restored from "
            "a backup, because events after the backup are then lost. Store it with the sequence and send it as "
            "`log`: a position in another log, or beyond the end of this log, is a 409 "
            "[`sequence_ahead`](../errors/sequence_ahead.md) that names `newestSequence` and `logId`. Without "
            "`log`, only a position beyond the end is detected. After a restore the sequence may have a gap.\n",
            f"Events and their deliveries are kept for {RETENTION_MS // DAY_MS} days. The sequence continues.\n",
            "## Where a session can go\n",
            "| from | to |\n|---|---|",
            *moves,
            "\n## Delivery\n",
            f"At least once, to each active endpoint that subscribed. Any 2xx within {TIMEOUT_SECONDS:.0f} seconds "
            f"is success. Otherwise there are up to {NATIVE_STYLE.attempts_max} attempts: at once, then after further "
            f"{gaps}; then the delivery is `abandoned` and can be replayed. Redirects are not followed. The event id "
            "is the same on every attempt and replay: store the ids you have handled.\n",
            "A 429 or 503 with `Retry-After` (seconds or an HTTP date) delays the next attempt by up to "
            f"{RETRY_AFTER_MAX_MS // HOUR_MS} h, and never brings it forward. Up to {ENDPOINT_IN_FLIGHT_MAX} "
            "deliveries to one endpoint run at once, and only one while it is failing; no endpoint waits for "
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
            "- A range: `POST /webhook_endpoints/{id}/replay` with `after` and `before`, both excluded. It covers "
            f"at most {REPLAY_MAX} events; `nextAfter` says where to continue. Pending deliveries are left out, and "
            "with `failedOnly` also those that succeeded.",
            "- One delivery: `POST /webhook_deliveries/{id}/replay`.\n",
            "## Signature\n",
            "Each attempt carries two signatures of the same raw body; verify either.\n",
            "- `X-Webhook-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 with the whole secret (`whsec_` included) "
            "as key over `<t>.<raw body>`; `X-Webhook-Timestamp` repeats `t`.",
            "- [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp`, "
            "`webhook-signature`; its libraries take the secret unchanged.\n",
            "Refuse deliveries older than 300 seconds, and compare in constant time. `examples/receiver.py` does "
            "both.\n",
            "After `POST /webhook_endpoints/{id}/rotate_secret` the new and the old secret both sign, for a day unless "
            f"`overlapSeconds` says otherwise (0 to {OVERLAP_MAX_SECONDS}): `t=…,v1=<new>,v1=<old>` and `v1,<new> "
            "v1,<old>`. Accept the delivery if any of them matches.\n",
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
        ("an included list", f"the newest {EACH_MAX}"),
        ("title", f"{NAME_MAX} characters"),
        ("description", f"{DESCRIPTION_MAX} characters"),
        ("URL", f"{URL_MAX} characters"),
        ("metadata", f"{metadata.KEYS_MAX} keys"),
        ("metadata key, value", f"{metadata.KEY_LENGTH_MAX} and {metadata.VALUE_LENGTH_MAX} characters"),
        ("session lifetime", f"{_duration(LIFETIME_MIN_MS)} to {LIFETIME_MAX_MS // (24 * HOUR_MS)} days, default 1 h"),
        ("webhook endpoints", f"{ENDPOINTS_MAX} for each project and mode"),
        (
            "read of a receiver's answer",
            f"{INTERIM_MAX} interim answers (1xx), {HEAD_MAX // 1024} KiB of head and as much of its body, "
            f"{TIMEOUT_SECONDS:.0f} s",
        ),
        ("concurrent deliveries to one endpoint", str(ENDPOINT_IN_FLIGHT_MAX)),
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
        for old in folder.glob("*.md"):
            # Beside them lie the pages of other languages, which another command makes.
            if old.name not in made and MADE in old.read_text("utf-8"):
                old.unlink()


if __name__ == "__main__":
    main()
