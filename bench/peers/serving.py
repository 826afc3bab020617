"""Verification as a service over HTTP: a server of ours beside each peer's, all asked by the same client.

Every request carries one of 16 good keys and asks for a scope, where the peer has scopes. The servers run at the
same time, one process each, and are busy in turn.
"""

import json
import secrets
import statistics
from pathlib import Path
from typing import NamedTuple

from bench.measuring import Numbers, Stage, get, post, say
from bench.peers import environments
from bench.peers.environments import PEERS, NotInstallable, Peer
from bench.servers import Server
from bench.table import Row, quartiles, ratios, reached
from tests.running import free_port

TARGET = 10
KEYS = 16
SCOPE = "sessions:read"


class Asked(NamedTuple):
    """A running server and what it is asked."""

    server: Server
    requests: list[str]


class Peers:
    """The part ``peers`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("starting servers …")
        ours = self._ours()
        found: dict[str, tuple[Asked, Numbers]] = {}
        missing: list[Row] = []
        for peer in PEERS:
            try:
                found[peer.name] = self._started(peer), Numbers()
            except NotInstallable as error:
                missing.append(Row(f"verification: than {peer.name}", "not installable here", str(error), "–"))
            except RuntimeError as error:
                said = str(error).strip().splitlines()
                missing.append(Row(f"verification: than {peer.name}", "does not start here", said[-1][:160], "–"))
        if not found:
            return missing
        numbers = Numbers()
        say("warming up …")
        for asked, _ in [(ours, numbers), *found.values()]:
            # Each key once by itself, so that what is kept after a first use is there.
            for request in asked.requests:
                self._stage.once(asked.server, request)
        for number in range(-1, self._stage.pace.rounds):
            if number >= 0:
                say(f"round {number + 1} of {self._stage.pace.rounds} …")
            order = [(ours, numbers), *found.values()]
            for asked, its in order if number % 2 else reversed(order):
                self._stage.load(*asked, its if number >= 0 else None, forgiving=asked is not ours)
        return [*self._rows(numbers, {name: its for name, (_, its) in found.items()}), *missing]

    def _ours(self) -> Asked:
        """``keyturn serve``, counting against a limit that nobody reaches; its keys made over HTTP like its questions
        asked."""
        root, port = secrets.token_hex(32), free_port()
        settings = {
            "KEYTURN_DATABASE_URL": f"sqlite:///{self._stage.directory / 'keyturn.db'}",
            "KEYTURN_ROOT_KEY": root,
            "KEYTURN_SCOPES": SCOPE,
            "KEYTURN_RATE_PER_SECOND": "999999",
            "KEYTURN_BURST": "999999",
        }
        server = self._stage.serve("keyturn.cli", "serve", "--port", port=port, environment=settings)
        made = [
            self._stage.once(server, post("/v1/keys", root, {"name": "bench", "scopes": [SCOPE]})) for _ in range(KEYS)
        ]
        return Asked(
            server, [post("/v1/keys/verify", root, {"key": json.loads(one)["key"], "scope": SCOPE}) for one in made]
        )

    def _started(self, peer: Peer) -> Asked:
        say(f"{peer.name} …")
        place = environments.installed(peer)
        data = self._stage.directory / peer.name.replace(" ", "-")
        data.mkdir()
        port = free_port()
        server = self._stage.started(
            environments.command(peer, place, port, data),
            port,
            ready="/",
            name=peer.folder,
            environment={"PEER_DIRECTORY": str(data)},
        )
        keys = Path(data / "keys").read_text().split()
        return Asked(server, [get("/verify", key, header=peer.header) for key in keys])

    def _rows(self, ours: Numbers, peers: dict[str, Numbers]) -> list[Row]:
        best = max(peers, key=lambda name: statistics.median(peers[name].rates))
        rows = []
        for name, its in peers.items():
            share = ratios(ours.rates, its.rates)
            low, middle, high = quartiles(share)
            said = its.said("req") + (f", {its.refused / its.answers:.1%} refused" if its.refused else "")
            by_cpu = ratios(its.cpu_us, ours.cpu_us) if its.cpu_us else []
            rows.append(
                Row(
                    f"verification: than {name}{', the next best' if name == best else ''}",
                    ours.said("req"),
                    said,
                    f"{middle:.1f}× ({low:.1f} to {high:.1f})",
                    f"{statistics.median(by_cpu):.1f}×" if by_cpu else "–",
                    target=f"≥ {TARGET}×" if name == best else "–",
                    met=reached(share, TARGET) if name == best else None,
                )
            )
        return rows
