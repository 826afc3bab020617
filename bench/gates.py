"""How long a revocation takes to return while other processes remember the key.

python -m bench.gates DATA DATABASE_URL KEYS   is one such process: it remembers the keys of that file (one a line),
presents one every few milliseconds, and ends with its standard input. DATABASE_URL may be empty.
"""

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench.measuring import run
from keyturn import Issued, KeyWish, Mode, Presented, Refused, revoke
from tillgate.api.sessions import READ
from tillgate.base.clock import SystemClock
from tillgate.events.outbox import Outbox
from tillgate.events.wake import Wake
from tillgate.opening import STYLES, Keys, open_keys, open_layer, open_migrated
from tillgate.settings import load

PAUSE_SECONDS = 0.005


@contextlib.contextmanager
def running_gates(count: int, data: Path, database_url: str | None, keys: Path) -> Iterator[None]:
    """So many processes that hold a lease and remember the keys."""
    with contextlib.ExitStack() as stack:
        processes = []
        for _ in range(count):
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.gates", str(data), database_url or "", str(keys)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(_end, process)
            processes.append(process)
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("a gate did not start")
        yield


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.wait(20)
    process.stdout.close()


async def issue(keys: Keys, project_id: str, count: int) -> list[Issued]:
    """New keys, to be revoked."""
    wish = KeyWish(project_id=project_id, mode=Mode.TEST, name="bench", scopes=[READ.scope])
    return [await keys.issuer.issue(wish, by="operator:bench") for _ in range(count)]


def revocations_ms(data: Path, database_url: str | None, project_id: str, gates: int, count: int) -> list[float]:
    """How long each of so many revocations took to return, sorted, in milliseconds.

    Raises:
        RuntimeError: a receipt names fewer gates than there are.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        database = runner.run(open_migrated(load(data=str(data), database_url=database_url), SystemClock()))
        keys = open_keys(database, SystemClock())
        victims = runner.run(issue(keys, project_id, count))
        data.mkdir(exist_ok=True)
        texts = data / "victims"
        texts.write_text("\n".join(one.secret.reveal() for one in victims))
        try:
            with running_gates(gates, data, database_url, texts):
                return sorted([runner.run(_timed(keys, one, gates)) for one in victims])
        finally:
            texts.unlink()
            runner.run(database.close())


async def _timed(keys: Keys, victim: Issued, gates: int) -> float:
    begun = time.perf_counter()
    done = await revoke(
        keys.store, SystemClock(), project_id=victim.key.project_id, key_id=victim.key.id, by="operator:bench"
    )
    took = time.perf_counter() - begun
    answered = len(done.receipt.confirmed) + len(done.receipt.lapsed)
    if answered < gates:
        raise RuntimeError(f"{answered} of {gates} gates were waited for")
    return took * 1_000


async def _gate(data: str, database_url: str, texts: list[str]) -> None:
    database = await open_migrated(load(data=data, database_url=database_url or None), SystemClock())
    opened = open_layer(database, SystemClock(), Outbox(Wake(), STYLES))
    holding = asyncio.create_task(opened.gate.run())
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    try:
        while not opened.gate.holds_lease:
            await opened.verifier.verify(Presented(authorization=f"Bearer {texts[0]}"), READ)
            await asyncio.sleep(PAUSE_SECONDS)
        for text in texts:
            if isinstance(await opened.verifier.verify(Presented(authorization=f"Bearer {text}"), READ), Refused):
                raise RuntimeError("a key was refused before it was revoked")
        print("ready", flush=True)
        for text in itertools.cycle(texts):
            if ended.done():
                break
            await opened.verifier.verify(Presented(authorization=f"Bearer {text}"), READ)
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        holding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await holding
        await database.close()


if __name__ == "__main__":
    run(_gate(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text().split()))
