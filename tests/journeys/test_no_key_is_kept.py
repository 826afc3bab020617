"""Keys of every format and kind walk every path there is, and then each place that keeps or says something is searched:
log, answers, command lines, audit and request and event logs, every row, the SQLite file and what is not in it yet."""

import asyncio
import base64
import json
import secrets
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from keyturn import (
    FORMATS,
    Issued,
    KeySecret,
    KeyWish,
    Kind,
    Mode,
    Presented,
    generate,
)
from keyturn.admission.carriers import Carried
from keyturn.cli import app as keyturn_cli
from keyturn.database import Database, migrate, open_database
from keyturn.keys.importing import ImportRules, import_keys, parse_form
from keyturn.leaks.responding import Leak
from tests.github import GitHub
from tests.makers import execute, one, rows
from tests.running import EVERY_SCOPE, RunningServer
from tests.shop import eventually
from tillgate.access import PUBLISHABLE_SCOPES
from tillgate.access.accounts import Accounts
from tillgate.base.clock import SystemClock
from tillgate.cli.commands import app as tillgate_cli
from tillgate.opening import all_migrations, open_keys

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ORIGIN = "https://shop.example"
TLS = {"X-Forwarded-Proto": "https"}
AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
LINK = {"title": "a", "fiatAmount": "1"}


def traces_of(text: str) -> list[bytes]:
    """By what a secret would be known: its hidden part, as it is, in hex, and as base 64 carries it."""
    hidden = text[-24:-4] if "_secret_" not in text else text[-24:]
    raw = hidden.encode()
    # Base 64 turns three bytes into four characters; of the three ways to begin, each has a part of its own.
    in_base64 = [base64.b64encode(b"\0" * shift + raw)[4 * (shift > 0) : -4] for shift in range(3)]
    return [raw, raw.hex().encode(), *in_base64]


class Walk:
    """One server, all kinds of keys, and everything that was said."""

    def __init__(self, server: RunningServer, database: Database, project_id: str) -> None:
        self.server, self.database, self.project_id = server, database, project_id
        self.keys = open_keys(database, SystemClock())
        self.issued: list[Issued] = []
        self.planted: list[str] = []
        self.said: dict[str, bytes] = {}

    async def issue(self, format: str, kind: Kind, mode: Mode, **more: Any) -> Issued:
        scopes = EVERY_SCOPE if kind is Kind.SECRET else PUBLISHABLE_SCOPES
        origins = () if kind is Kind.SECRET else (ORIGIN,)
        wish = KeyWish(
            project_id=self.project_id,
            mode=mode,
            name="a",
            kind=kind,
            scopes=scopes,
            origins=origins,
            allow=() if kind is Kind.SECRET else ("amount",),
            **more,
        )
        made = await self.keys.issuer.issue(wish, by="operator:test", format=format)
        self.planted.append(made.secret.reveal())
        self.note("an issued key", repr(made))
        return made

    def note(self, place: str, said: str | bytes) -> None:
        self.said[f"{len(self.said)}: {place}"] = said if isinstance(said, bytes) else said.encode()

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await client.request(method, f"{self.server.url}{path}", **more)
        self.note(f"{method} {path[:40]} {answer.status_code}", answer.content + str(answer.headers).encode())
        return answer


async def with_each_carrier(walk: Walk, client: httpx.AsyncClient, text: str) -> None:
    """Everywhere that a request can carry a key, rightly and wrongly."""
    basic = base64.b64encode(f"{text}:".encode()).decode()
    links = "/api/v1/payment_links"
    for headers in (
        {"Authorization": f"Bearer {text}"},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"Basic {text}"},
        {"x-api-key": text},
        {"x-api-key": text, "Authorization": f"Bearer {text[:-1]}{'y' if text[-1] == 'x' else 'x'}"},
        {"Authorization": f'Bearer "{text}"'},
        {"Authorization": f"Bearer Bearer {text}"},
        {"Authorization": text},
        {"Authorization": f"Bearer {text[:-1]}"},
        {"Authorization": f"Bearer {text}x"},
        {"Authorization": f"Bearer {text}", "Origin": f"https://{text}", "Cookie": text},
        {"Authorization": f"Bearer {text}", "x-app-identifier": text, "X-Request-Id": text, "Referer": text},
    ):
        await walk.ask(client, "GET", links, headers=TLS | headers)
        await walk.ask(client, "GET", links, headers=headers)
    bearer = TLS | {"Authorization": f"Bearer {text}"}
    for path in (f"{links}?key={text}", f"{links}?a=b&c={text[:-2]}", f"/api/v1/{text}", f"{links}/{text}"):
        await client.get(f"{walk.server.url}{path}", headers=bearer)  # the caller may see again what they sent
        await client.get(f"{walk.server.url}{path}", headers=TLS)
    await client.get(f"{walk.server.url}/dashboard?key={text}")
    await walk.ask(client, "OPTIONS", links, headers={"Origin": ORIGIN, "Access-Control-Request-Method": text[:20]})


async def test_no_key_is_stored_or_printed_anywhere(tmp_path: Path, database_url: str, github: GitHub) -> None:
    """crypto-checkout R17, crypto-checkout R18, crypto-checkout R65: created in every format and kind, imported as
    plaintext, carried in every way, wrongly typed, in URLs and in clear text, rotated, revoked, reported by anybody and
    by GitHub, scanned, and in a request that fails: no key and no client secret is in the log, in an answer, in a
    command's output, in a row of the database or in its files."""
    server = RunningServer(tmp_path / "data", database_url, dev=False)
    database = await open_database(database_url)
    try:
        await migrate(database, all_migrations(), now=SystemClock().now())
        project = await Accounts(database, SystemClock()).create_project("Shop")
        walk = Walk(server, database, project.id)
        for name, form in FORMATS.items():
            for kind in form.kinds:
                for mode in Mode:
                    walk.issued.append(await walk.issue(name, kind, mode))
        canary = await walk.issue("native", Kind.SECRET, Mode.LIVE, canary=True)
        imported = ["acme_" + secrets.token_hex(20) for _ in range(2)]
        walk.planted += imported
        await import_plaintext(walk, imported, tmp_path)
        server.start(TILLGATE_QUARANTINE="1", TILLGATE_GITHUB_PUBLIC_KEYS=github.url)
        agent = {"User-Agent": f"cli {walk.planted[0]}"}
        async with httpx.AsyncClient(trust_env=False, timeout=20, headers=agent) as client:
            for text in [*walk.planted]:
                await with_each_carrier(walk, client, text)
            await make_client_secrets(walk, client)
            await end_keys(walk, client, github)
            await scan(walk, tmp_path)
            await fail_inside(walk, client)
            # What is buffered has been written, before the server is killed in the middle of its work.
            used = "SELECT COUNT(*) FROM key_secrets WHERE last_used_agent LIKE 'cli%'"
            assert await eventually(lambda: one(database, used))
            assert await eventually(lambda: one(database, "SELECT COUNT(*) FROM key_requests WHERE status = 500"))
            assert await eventually(lambda: told(walk, canary.key.id, "key.canary_used"))
        server.kill()
        walk.note("the server's log", server.log.read_bytes())
        for table in await tables(database):
            walk.note(f"table {table}", await dump(database, table))
        note_files(walk, tmp_path)
        tell_of_errors(walk)
        assert len(walk.planted) >= len(walk.issued) + 5
        found = [
            (place, number)
            for number, text in enumerate(walk.planted)
            for place, said in walk.said.items()
            if any(trace in said for trace in traces_of(text))
        ]
        assert found == [], found
        if database.dialect == "sqlite":
            assert any(place.endswith("-wal") and said for place, said in walk.said.items())
        # The search itself works: what may be kept is found, and so is a planted key where it was planted.
        everything = b"".join(walk.said.values())
        assert all(issued.secret.prefix.encode() in everything for issued in walk.issued)
        for place in ("key_audit", "events", "key_requests"):
            assert any(place in name and len(said) > 200 for name, said in walk.said.items()), place
        assert traces_of(walk.planted[0])[0] in (tmp_path / "scanned" / "leaked.env").read_bytes()
    finally:
        await database.close()
        if server.process is not None:
            server.stop()


async def import_plaintext(walk: Walk, texts: list[str], folder: Path) -> None:
    """A dump of texts, with a line that is wrong first and without it then."""
    file = folder / "dump.csv"
    rules = ImportRules(
        project_id=walk.project_id, mode=Mode.LIVE, plaintext=True, forms=(parse_form("acme_{40}"),), scopes=EVERY_SCOPE
    )
    for content in (f"key,mode\n{texts[0]},x\n{texts[1][:-1]},live\n", "key\n" + "\n".join(texts)):
        file.write_text(content)
        done = await import_keys(
            walk.keys.store, walk.keys.issuer, SystemClock(), file.read_text(), rules, by="operator:test"
        )
        walk.note("an import", repr(done))
    assert len(done.keys) == len(texts)
    command = ["keys", "import", str(file), "--project", "prj_x", "--plaintext", "--form", "acme_{40}"]
    # They are here already, and without a mode nothing can be made of them either.
    for more in (["--mode", "live"], ["--mode", "live", "--json"], []):
        where = ["--database-url", walk.server.database[-1]]
        ran = await asyncio.to_thread(CliRunner().invoke, keyturn_cli, [*command, *more, *where])
        assert ran.exit_code == 1
        assert ("here already" if more else "no mode") in ran.output + ran.stderr
        walk.note("keyturn import", ran.output + ran.stderr)


async def make_client_secrets(walk: Walk, client: httpx.AsyncClient) -> None:
    """What a publishable key made is opened with its client secret, with a wrong one, and with that of another."""
    public = next(one for one in walk.issued if one.key.kind is Kind.PUBLISHABLE and one.key.mode is Mode.TEST)
    headers = TLS | {"x-api-key": public.secret.reveal(), "Origin": ORIGIN}
    made = await client.post(f"{walk.server.url}/api/v1/checkout_sessions", json=AMOUNT, headers=headers)
    assert made.status_code == 201, made.text
    secret = made.json()["clientSecret"]
    walk.planted.append(secret)
    path = f"/api/v1/checkout_sessions/{made.json()['id']}"
    opened = await walk.ask(client, "GET", path, headers=headers | {"authorization": secret})
    assert opened.status_code == 200, opened.text
    for wrong in (secret[:-1], f"Bearer {secret}", f"{secret},{secret}", secret.swapcase()):
        await walk.ask(client, "GET", path, headers=headers | {"authorization": wrong})
    await client.get(f"{walk.server.url}{path}?client_secret={secret}", headers=headers)


async def end_keys(walk: Walk, client: httpx.AsyncClient, github: GitHub) -> None:
    """Rotated, disabled, revoked, handed in by a stranger and by GitHub, and used again after that."""
    secret_keys = [one for one in walk.issued if one.key.kind is Kind.SECRET and one.key.mode is Mode.TEST]
    first, second, third = secret_keys[:3]
    for at_once in (True, False):
        rotated = await walk.keys.issuer.rotate(
            project_id=walk.project_id, key_id=first.key.id, by="operator:test", at_once=at_once, overlap_ms=0
        )
        walk.planted.append(rotated.secret.reveal())
        walk.note("a rotation", repr(rotated))
        await walk.ask(client, "GET", "/api/v1/events", headers=TLS | bearer(rotated.secret))
    await tillgate(walk, "keys", "disable", second.key.id)
    await tillgate(walk, "keys", "revoke", "--yes", third.key.id)
    for body in (
        json.dumps({"credentials": walk.planted}).encode(),
        json.dumps(walk.planted).encode(),
        json.dumps({"credentials": walk.planted}).encode()[:-9],
    ):
        await walk.ask(client, "POST", "/credentials/revoke", content=body)
    matches = json.dumps([{"token": text, "type": "t", "url": f"https://x/{text}"} for text in walk.planted]).encode()
    for headers in (github.signer.headers(matches), github.signer.headers(matches[:-1]), {}):
        await walk.ask(client, "POST", "/leaks/github", content=matches, headers=headers)
    for text in walk.planted:
        await walk.ask(client, "GET", "/api/v1/events", headers=TLS | {"Authorization": f"Bearer {text}"})
    of_project = ["--project", walk.project_id]
    listings = (["keys", "list", *of_project], ["audit", "list", *of_project], ["requests", *of_project])
    for words in (*listings, ["keys", "show", first.key.id]):
        for json_too in ([], ["--json"]):
            await tillgate(walk, *words, *json_too)


async def tillgate(walk: Walk, *command: str) -> None:
    """A command of ``tillgate``, on the server's database."""
    arguments = [*command, *walk.server.database]
    ran = await asyncio.to_thread(CliRunner().invoke, tillgate_cli, arguments)
    assert ran.exit_code == 0, ran.output
    walk.note(f"tillgate {command}", ran.output + ran.stderr)


async def scan(walk: Walk, folder: Path) -> None:
    """A file full of keys, and a file named after one."""
    scanned = folder / "scanned"
    scanned.mkdir()
    (scanned / "leaked.env").write_text("\n".join(walk.planted))
    (scanned / f"{walk.planted[0]}.txt").write_text(walk.planted[0])
    command = ["scan", str(scanned), "--check", "--database-url", walk.server.database[-1]]
    for more in ([], ["--json"]):
        ran = await asyncio.to_thread(CliRunner().invoke, keyturn_cli, [*command, *more])
        assert ran.exit_code == 1, ran.output
        walk.note("keyturn scan", ran.output + ran.stderr)


async def fail_inside(walk: Walk, client: httpx.AsyncClient) -> None:
    """The server fails in the middle of requests, and writes down where."""
    ours = await walk.issue("native", Kind.SECRET, Mode.TEST)
    await execute(walk.database, "ALTER TABLE payment_links RENAME TO elsewhere")
    for method, more in (("GET", {}), ("POST", {"json": LINK})):
        answer = await walk.ask(client, method, "/api/v1/payment_links", headers=TLS | bearer(ours.secret), **more)
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] in walk.server.log.read_text()
    for text in walk.planted:
        await client.get(f"{walk.server.url}/api/v1/payment_links/{text}", headers=TLS | bearer(ours.secret))


def note_files(walk: Walk, folder: Path) -> None:
    """The database's files and whatever else the server left, but for those that keys were written into on purpose."""
    for path in folder.rglob("*"):
        if path.is_file() and path.parent.name != "scanned" and path.name != "dump.csv":
            walk.note(f"file {path.name}", path.read_bytes())


def tell_of_errors(walk: Walk) -> None:
    """What holds a key says nothing of it, printed or in a traceback with its values."""
    for text in walk.planted:
        secret = KeySecret(text, Kind.SECRET, Mode.LIVE)
        held = (
            secret,
            secret.digest(),
            Carried(secret, text),
            Presented(authorization=text, api_key=text, query_string=text),
            Leak(text, "somewhere"),
        )
        try:
            raise ValueError(*held)
        except ValueError as error:
            shown = traceback.TracebackException.from_exception(error)
            walk.note("a traceback", "".join(shown.format()))
    for form in FORMATS.values():
        made = generate(form, Kind.SECRET, Mode.TEST)
        walk.planted.append(made.reveal())
        walk.note("a generated key", f"{made!r} {made} {[made]}")


def bearer(secret: KeySecret) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret.reveal()}"}


async def told(walk: Walk, key_id: str, action: str) -> bool:
    lines = await walk.keys.store.audit_of(walk.project_id, key_id, None, 50)
    return action in [line.action for line in lines]


async def tables(database: Database) -> list[str]:
    if database.dialect == "sqlite":
        found = await rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        found = await rows(database, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    return [row[0] for row in found]


async def dump(database: Database, table: str) -> bytes:
    """Every row; bytes both as they are and in hex."""
    said = []
    for row in await rows(database, f"SELECT * FROM {table}"):  # noqa: S608 — a table of our own
        for value in tuple(row):  # type: ignore[arg-type]
            said.append(value + b" " + value.hex().encode() if isinstance(value, bytes) else str(value).encode())
    return b"\n".join(said)
