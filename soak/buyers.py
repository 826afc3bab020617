"""Merchants' backends and their buyers: they open and pay sessions, retry what was not answered, and keep what was."""

import asyncio
import random
import uuid
from collections import Counter
from typing import Any, Final, NamedTuple

import httpx

BUYERS: Final = 24
TRY_AGAIN_SECONDS: Final = 0.05
ANSWER_SECONDS_MAX: Final = 10.0

# The outcome of a session, and of how many in a hundred.
KINDS: Final = {
    "paid": 50,
    "paid by two at once": 15,
    "paid and sent again": 10,
    "late": 8,
    "seen first, paid later": 4,
    "underpaid and accepted": 3,
    "overpaid and accepted": 3,
    "failed": 3,
    "expired": 2,
    "left": 2,
}


class Bought(NamedTuple):
    """One order as its merchant knows it: what was asked for, and the state that the last answer told."""

    order: int
    kind: str
    session_id: str
    status: str


class Surprise(Exception):
    """An answer that no merchant should get."""


class Buyers:
    """A number of orders, worked off by many at once."""

    def __init__(self, url: str, key: str, orders: int, seed: int) -> None:
        self._url = url
        self._key = key
        self._random = random.Random(seed)
        kinds = self._random.choices(list(KINDS), list(KINDS.values()), k=orders)
        self._orders = list(enumerate(kinds, start=1))
        self._orders.reverse()
        self.bought: list[Bought] = []
        # Set whenever another order is done, or the whole is over.
        self.moved = asyncio.Event()
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Until each order has come to its end.

        Raises:
            Surprise: something was answered that must not be.
        """
        limits = httpx.Limits(max_connections=BUYERS * 2, max_keepalive_connections=BUYERS)
        try:
            await self._run(limits)
        finally:
            self.moved.set()

    async def _run(self, limits: httpx.Limits) -> None:
        async with (
            httpx.AsyncClient(
                base_url=f"{self._url}/api/v1",
                headers={"Authorization": f"Bearer {self._key}"},
                limits=limits,
                timeout=ANSWER_SECONDS_MAX,
                trust_env=False,
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(BUYERS):
                group.create_task(self._work(client))

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self._orders:
            order, kind = self._orders.pop()
            self.bought.append(await self._buy(client, order, kind))
            self.moved.set()

    async def _buy(self, client: httpx.AsyncClient, order: int, kind: str) -> Bought:
        amount = {"value": f"{order % 500 + 1}.00", "currency": "USD"}
        body = {"amount": amount, "metadata": {"order": str(order)}}
        session = (await self._post(client, "/checkout_sessions", body, 201)).json()
        path = f"/checkout_sessions/{session['id']}"

        async def simulate(outcome: str, *, key: str | None = None) -> str:
            answer = await self._post(client, f"{path}/simulate", {"outcome": outcome}, 200, key=key)
            return str(answer.json().get("status", ""))

        status = session["status"]
        match kind:
            case "paid":
                status = await simulate("paid")
            case "paid by two at once":
                # Two that know nothing of each other: the second is a second payment, and nothing of it is lost.
                both = await asyncio.gather(*(simulate("paid") for _ in range(2)))
                if both != ["paid", "paid"]:
                    raise Surprise(f"{session['id']}: two payments were answered {both}")
                status = "paid"
            case "paid and sent again":
                key = uuid.uuid4().hex
                both = await asyncio.gather(*(simulate("paid", key=key) for _ in range(2)))
                if both != ["paid", "paid"]:
                    raise Surprise(f"{session['id']}: one request sent twice was answered {both}")
                status = "paid"
            case "late":
                status = await simulate("late")
            case "seen first, paid later":
                await simulate("detected")
                status = await simulate("paid")
            case "underpaid and accepted" | "overpaid and accepted":
                await simulate(kind.partition(" ")[0])
                status = (await self._post(client, f"{path}/accept", {}, 200)).json()["status"]
            case "failed":
                status = await simulate("failed")
            case "expired":
                status = (await self._post(client, f"{path}/expire", {}, 200)).json()["status"]
            case _:
                assert kind == "left"
        return Bought(order, kind, session["id"], status)

    async def _post(
        self,
        client: httpx.AsyncClient,
        path: str,
        body: dict[str, Any],
        expected: int,
        *,
        key: str | None = None,
    ) -> httpx.Response:
        return await ask_until_answered(client, path, body, expected, self.counts, key=key)


async def ask_until_answered(
    client: httpx.AsyncClient,
    path: str,
    body: dict[str, Any],
    expected: int,
    counts: Counter[str],
    *,
    key: str | None = None,
) -> httpx.Response:
    """Ask until there is an answer, with one key all the time, as a careful merchant does.

    Raises:
        Surprise: it is another one than it must be.
    """
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    while True:
        try:
            answer = await client.post(path, json=body, headers=headers)
        except httpx.TransportError:
            counts["not answered"] += 1
            await asyncio.sleep(TRY_AGAIN_SECONDS)
            continue
        counts["answered"] += 1
        if answer.status_code == expected:
            counts["replayed"] += "idempotency-replayed" in answer.headers
            return answer
        code = answer.json()["error"]["code"]
        if answer.status_code == 503 or code == "idempotency_key_in_use":
            counts["told to wait"] += 1
            await asyncio.sleep(TRY_AGAIN_SECONDS)
        else:
            raise Surprise(f"{path} answered {answer.status_code}: {answer.text[:300]}")
