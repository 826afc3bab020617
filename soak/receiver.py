"""A merchant's backend as it may be: one endpoint that works, one that is slow, one that fails, one that goes away.

python -m soak.receiver LOG   a line of JSON for each webhook that was answered with success, written before the answer

It says on its first line which port each endpoint has, and then obeys one word a line: ``away`` or ``back``.
"""

import asyncio
import json
import random
import sys
import zlib
from pathlib import Path
from typing import Any, Final, TextIO

STEADY, SLOW, FAILING, AWAY = "steady", "slow", "failing", "away"
EVENTS: Final = {
    STEADY: ["*"],
    SLOW: ["session.paid", "session.paid_late"],
    FAILING: ["session.paid", "session.expired"],
    AWAY: ["session.paid"],
}
SLOW_SECONDS_MAX: Final = 0.2
OK: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REFUSED: Final = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\nnope"


class Receiver:
    """Four endpoints and one log."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._failures: dict[str, int] = {}
        self._away: asyncio.Server | None = None
        self._away_port = 0

    async def open(self) -> dict[str, int]:
        """Listen; the port of each endpoint."""
        ports = {}
        for name in EVENTS:
            server = await self._listen(name, 0)
            ports[name] = server.sockets[0].getsockname()[1]
            if name == AWAY:
                self._away, self._away_port = server, ports[name]
        return ports

    async def obey(self, word: str) -> None:
        """Take the last endpoint off the network, or put it back."""
        if word == "away" and self._away is not None:
            self._away.close()
            self._away = None
        elif word == "back" and self._away is None:
            self._away = await self._listen(AWAY, self._away_port)

    async def _listen(self, name: str, port: int) -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await self._one(name, reader, writer):
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass  # whoever sent it was killed, or has gone
            finally:
                writer.close()

        return await asyncio.start_server(answer, "127.0.0.1", port, backlog=1_024)

    async def _one(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        event = json.loads(await reader.readexactly(length))
        if name == AWAY and self._away is None:
            return False
        if name == SLOW:
            await asyncio.sleep(random.random() * SLOW_SECONDS_MAX)
        if name == FAILING and (wrong := self._wrong(event)) is not None:
            writer.write(wrong)
            return bool(wrong)
        self._keep(name, event)
        writer.write(OK)
        return True

    def _wrong(self, event: Any) -> bytes | None:
        """What the failing endpoint says the first two times to every third event; nothing at all to some."""
        chance = zlib.crc32(event["id"].encode())
        seen = self._failures[event["id"]] = self._failures.get(event["id"], 0) + 1
        if chance % 3 or seen > 2:
            return None
        return REFUSED if chance % 2 else b""

    def _keep(self, name: str, event: Any) -> None:
        line = {
            "endpoint": name,
            "id": event["id"],
            "type": event["type"],
            "object": event["data"]["id"],
            "sequence": event["sequence"],
        }
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()


async def main(log: Path) -> None:
    with log.open("w") as file:
        receiver = Receiver(file)
        print(json.dumps(await receiver.open()), flush=True)
        loop = asyncio.get_running_loop()
        while word := await loop.run_in_executor(None, sys.stdin.readline):
            await receiver.obey(word.strip())
            print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
