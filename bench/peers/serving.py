"""Verification as a service over HTTP: a server of ours beside each peer's, all asked by the same client.

Every request carries one of 16 good keys and asks for a scope, where the peer has scopes. The servers run at the
same time, one process each, and are busy in turn.
"""

import statistics
from pathlib import Path

from bench.measuring import Numbers, Stage, get, say
from bench.peers import environments
from bench.peers.environments import PEERS, NotInstallable, Peer
from bench.table import Row, quartiles, ratios, reached
from bench.targets import Target, verification
from tests.running import free_port

TARGET = 15


class Peers:
    """The part ``peers`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("starting servers …")
        ours = verification(self._stage)
        found: dict[str, tuple[Target, Numbers]] = {}
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
            # Each key once on its own, so that what is kept after a first use is there.
            for request in asked.requests:
                self._stage.once(asked.server, request)
        for number in range(-1, self._stage.pace.rounds):
            if number >= 0:
                say(f"round {number + 1} of {self._stage.pace.rounds} …")
            order = [(ours, numbers), *found.values()]
            for asked, its in order if number % 2 else reversed(order):
                self._stage.load(*asked, its if number >= 0 else None, forgiving=asked is not ours)
        return [*self._rows(numbers, {name: its for name, (_, its) in found.items()}), *missing]

    def _started(self, peer: Peer) -> Target:
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
        return Target(server, [get("/verify", key, header=peer.header) for key in keys])

    def _rows(self, ours: Numbers, peers: dict[str, Numbers]) -> list[Row]:
        best = max(peers, key=lambda name: statistics.median(peers[name].rates))
        rows = []
        for name, its in peers.items():
            by_rate = ratios(ours.rates, its.rates)
            known = len(its.cpu_us) == len(ours.cpu_us) > 0
            share = ratios(its.cpu_us, ours.cpu_us) if known else by_rate
            low, middle, high = quartiles(share)
            said = its.said("req") + (f", {its.refused / its.answers:.1%} refused" if its.refused else "")
            rows.append(
                Row(
                    f"verification: than {name}{', the next best' if name == best else ''}",
                    ours.said("req"),
                    said,
                    f"{middle:.1f}× ({low:.1f} to {high:.1f})",
                    f"{statistics.median(by_rate):.1f}×" if known else "–",
                    target=f"≥ {TARGET}×" if name == best else "–",
                    met=reached(share, TARGET) if name == best else None,
                )
            )
        return rows
