"""Tillgate with a door that admits everybody: what is left of a request without the key layer.

python -m bench.open_door PORT DATA PROJECT_ID
"""

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop

from keyturn import Need
from tillgate.api import NativeApi
from tillgate.app import running
from tillgate.base.principal import Principal
from tillgate.cli.server import SERVER_SETTINGS
from tillgate.door import Admitted
from tillgate.settings import load


class OpenDoor:
    """The same door without any key: everybody is the one caller it was made with."""

    def __init__(self, principal: Principal) -> None:
        self._admitted = Admitted(principal, None)

    async def admit(self, authorization: str | None, need: Need | None, *, address: str | None = None) -> Admitted:
        return self._admitted


async def _serve(port: int, data: str, project_id: str) -> None:
    async with running(load(data=data, port=port)) as tillgate:
        door: Any = OpenDoor(Principal(project_id, False, "operator", "operator:bench"))
        tillgate._api = NativeApi(tillgate._api._desk._replace(door=door))
        config = uvicorn.Config(tillgate, host="127.0.0.1", port=port, **SERVER_SETTINGS)
        await uvicorn.Server(config).serve()


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))


if __name__ == "__main__":
    main()
