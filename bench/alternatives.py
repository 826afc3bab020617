"""The two that users read first: what they would otherwise write themselves, a GET by id behind an API key of its own.

FastAPI with SQLAlchemy's asynchronous ORM (``bench/fastapi_app.py``) and fastify with better-sqlite3
(``bench/peers/fastify``), each with a hashed look-up of keys, in one process with SQLite on the same disk.
"""

import json
from pathlib import Path

from bench.measuring import Numbers, Stage, get, say
from bench.peers import environments
from bench.peers.environments import NotInstallable, Peer
from bench.table import Row, compared
from bench.targets import GET, SESSIONS, Target, checkout_targets
from tests.running import free_port
from tillgate.cli.server import SERVER_SETTINGS

FASTAPI, FASTIFY = "FastAPI + SQLAlchemy", "fastify + better-sqlite3 (Node)"
TARGETS = {FASTAPI: 12.0, FASTIFY: None}
NODE = Peer(FASTIFY, "fastify", ("node", "{app}/app.mjs", "{port}", "{data}"), "authorization: Bearer ")


class Alternatives:
    """The part ``alternatives`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("starting servers …")
        ours = checkout_targets(self._stage)[f"{GET}, SQLite"]
        found, missing = {FASTAPI: self._fastapi()}, []
        try:
            found[FASTIFY] = self._fastify()
        except (NotInstallable, RuntimeError) as error:
            said = str(error).strip().splitlines()
            missing.append(Row(f"GET session: than {FASTIFY}", "does not run here", said[-1][:160], "–"))
        numbers = {name: Numbers() for name in ("ours", *found)}
        order = [("ours", ours), *found.items()]
        for number in range(-1, self._stage.pace.rounds):
            say("warming up …" if number < 0 else f"round {number + 1} of {self._stage.pace.rounds} …")
            for name, target in order if number % 2 else reversed(order):
                self._stage.load(target.server, target.requests, numbers[name] if number >= 0 else None)
        rows = [
            compared(
                f"GET session: than {name}",
                numbers["ours"],
                numbers[name],
                against=name,
                target=TARGETS[name],
                times=True,
            )
            for name in found
        ]
        return [*rows, *missing]

    def _fastapi(self) -> Target:
        data = self._stage.directory / "fastapi"
        data.mkdir()
        server = self._stage.serve("bench.fastapi_app", json.dumps(SERVER_SETTINGS), str(data), ready="/")
        return Target(server, _requests(data))

    def _fastify(self) -> Target:
        say(f"{FASTIFY} …")
        place, port, data = environments.installed(NODE), free_port(), self._stage.directory / "fastify"
        data.mkdir()
        command = environments.command(NODE, place, port, data)
        server = self._stage.started(command, port, ready="/", name="fastify")
        return Target(server, _requests(data))


def _requests(data: Path) -> list[str]:
    key, *ids = (data / "keys").read_text().split()
    return [get(f"{SESSIONS}/{one}", key) for one in ids]
