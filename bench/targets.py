"""What is asked again and again where Tillgate is compared with another state of itself, and counted by callgrind: the
same servers and requests for both.
"""

import asyncio
import json
import secrets
from typing import NamedTuple

from bench import behind
from bench.checkout import BODY, stock
from bench.measuring import Stage, get, post, run
from bench.servers import Server
from keyturn import KeyWish, Mode
from tests.running import free_port
from tillgate.cli.server import SERVER_SETTINGS

GET, LIST, POST, VERIFY = "GET session", "list of 25 sessions", "POST session", "verification, keyturn serve"
BEHIND = "a Starlette app behind KeyturnMiddleware"
SESSIONS = "/api/v1/checkout_sessions"
KEYS = 16
SCOPE = "sessions:read"


class Target(NamedTuple):
    """A running server and what it is asked, in turn."""

    server: Server
    requests: list[str]


def checkout_targets(stage: Stage, database_url: str | None = None, name: str = "SQLite") -> dict[str, Target]:
    """A GET, a list and a POST of ``tillgate serve`` on a database of its own."""
    port, data = free_port(), stage.directory / f"targets-{name.lower()}"
    shop = asyncio.run(stock(data, database_url, port))
    database = ["--database-url", database_url] if database_url else []
    server = stage.serve("tillgate.cli", "serve", "--dev", "--data", str(data), *database, "--port", port=port)
    return {
        f"{GET}, {name}": Target(server, [get(f"{SESSIONS}/{one}", shop.key) for one in shop.sessions]),
        f"{LIST}, {name}": Target(server, [get(f"{SESSIONS}?limit=25", shop.key)]),
        f"{POST}, {name}": Target(server, [post(SESSIONS, shop.key, BODY)]),
    }


def verification(stage: Stage) -> Target:
    """``keyturn serve``, counting against a limit that nobody reaches; its keys are made over HTTP, as its questions
    are asked."""
    root, port = secrets.token_hex(32), free_port()
    settings = {
        "KEYTURN_DATABASE_URL": f"sqlite:///{stage.directory / 'keyturn.db'}",
        "KEYTURN_ROOT_KEY": root,
        "KEYTURN_SCOPES": SCOPE,
        "KEYTURN_RATE_PER_SECOND": "999999",
        "KEYTURN_BURST": "999999",
    }
    server = stage.serve("keyturn.cli", "serve", "--port", port=port, environment=settings)
    made = [stage.once(server, post("/v1/keys", root, {"name": "bench", "scopes": [SCOPE]})) for _ in range(KEYS)]
    asked = [{"key": json.loads(one)["key"], "scope": SCOPE} for one in made]
    return Target(server, [post("/v1/keys/verify", root, one) for one in asked])


def application(stage: Stage, *, keys: bool) -> Target:
    """A small Starlette application, behind ``KeyturnMiddleware`` or bare."""
    url = f"sqlite:///{stage.directory / 'behind.db'}"

    async def made() -> str:
        wish = KeyWish(project_id="bench", mode=Mode.TEST, name="bench", scopes=[behind.SCOPE])
        async with behind.OPEN_LAYER(url) as layer:
            return (await layer.issuer.issue(wish, by="operator:bench")).secret.reveal()

    key = run(made())
    server = stage.serve("bench.behind", json.dumps(SERVER_SETTINGS), *([url] if keys else []), ready="/")
    return Target(server, [get("/invoices", key)])
