"""Tillgate with a door that admits everybody: what is left of a request without the key layer, and nothing else. The
rate limit's headers, the log of requests and the metrics stay.

python -m bench.open_door PORT DATA PROJECT_ID
"""

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop

from keyturn import Kind, KnownKey, Limit, Mode, Needs, Presented, Status
from keyturn.admission.layer import NOBODY, Admitted, Caller
from keyturn.connections.counting import OpenConnections
from keyturn.connections.limits import ConnectionLimits
from keyturn.connections.server import LimitedServer
from keyturn.keys.model import Terms
from keyturn.limiting.gcra import Allowance
from tillgate.access import API_SCOPES
from tillgate.api import NativeApi
from tillgate.app import running
from tillgate.cli.server import SERVER_SETTINGS
from tillgate.settings import load

LIMIT = Limit(100.0, 200)


class OpenDoor:
    """The same door without any key: everybody is the one caller it was made with."""

    def __init__(self, project_id: str) -> None:
        terms = Terms(project_id=project_id, mode=Mode.TEST, kind=Kind.SECRET, scopes=frozenset(API_SCOPES))
        # What the answer's headers say of a limit stays: they are spelt by whoever answers.
        self._admitted = Admitted(KnownKey("key_open", terms, Status.ACTIVE), Allowance(LIMIT, 199, 0.5, 0.0))

    async def admit(
        self, presented: Presented, need: Needs, caller: Caller = NOBODY, *, limited: bool = True
    ) -> Admitted:
        return self._admitted

    def admit_now(
        self, presented: Presented, need: Needs, caller: Caller = NOBODY, *, limited: bool = True
    ) -> Admitted:
        return self._admitted

    def sent_by_page(self, key: KnownKey) -> None:
        """Nobody's key is exposed by it."""


async def _serve(port: int, data: str, project_id: str) -> None:
    async with running(load(data=data, port=port)) as tillgate:
        door: Any = OpenDoor(project_id)
        api = tillgate._api
        # Everything else stays: headers, metrics, the log of requests (whose lines are of a key that is known).
        tillgate._api = NativeApi(
            api.context._replace(keys=door),
            origins=tillgate._keys.origins,
            plain_http_from_here=True,
            count_response=tillgate._metrics.count_response,
            requests=tillgate._keys.requests,
        )
        config = uvicorn.Config(tillgate, host="127.0.0.1", port=port, **SERVER_SETTINGS)
        opened = OpenConnections(ConnectionLimits(open_max=1_000), is_trusted=lambda _: True, report=print)
        await LimitedServer(config, opened).serve()


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))


if __name__ == "__main__":
    main()
