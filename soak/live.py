"""``make soak ARGS=--live``: live sessions, paid on a real node that reorganises at random while servers are killed.

At the end each session has exactly what the chain brought to its address, and ``doctor --prove`` finds no difference.
"""

import asyncio
import itertools
import random
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import httpx

from soak.buyers import ANSWER_SECONDS_MAX, BUYERS, Bought, ask_until_answered
from soak.proof import Books, Claim, prove_log
from tests.rails.evm.anvil import Anvil
from tests.running import run_cli

SESSIONS: Final = 1_000
CONFIRMATIONS: Final = 8
# The outcome of a session, of how many in a hundred, and the status that it has at the end.
KINDS: Final = {
    "in one transfer": (40, "paid"),
    "in two transfers of one transaction": (15, "paid"),
    "in two transactions": (12, "paid"),
    "twice": (8, "paid"),
    "too little": (7, "underpaid"),
    "too much": (6, "overpaid"),
    "with what is no payment": (6, "pending"),
    "left": (6, "pending"),
}
# Money that a merchant decides about: what came in parts may be too little for some blocks, and twice too much.
DECIDED: Final = {
    "in two transactions": ("underpaid", "/orders/{order}/wait"),
    "twice": ("overpaid", "/checkout_sessions/{session}/accept"),
}
ATOMIC: Final = 10**6
AT_ONCE: Final = 12
FORK_OF_STEPS: Final = 4
# Blocks that are mined while a server is dead.
MISSED: Final = 200
DEPTH_MAX: Final = CONFIRMATIONS - 2
SEEN_SECONDS: Final = (0.0, 0.0, 0.4, 0.8)
STEP_SECONDS: Final = 0.05
CONCLUDED_SECONDS_MAX: Final = 600.0
LOOK_SECONDS: Final = 0.25


class Transfer(NamedTuple):
    """One transaction that pays a session: its transfers, and those that follow when it is done."""

    address: str
    amounts: tuple[int, ...]
    then: "Transfer | None" = None
    is_payment: bool = True


class Chain:
    """Mines what buyers send, and forks."""

    def __init__(self, anvil: Anvil, seed: int) -> None:
        self.anvil = anvil
        self.counts: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._waiting: deque[Transfer] = deque()
        self._turn = asyncio.Lock()
        self._over = False

    def send(self, transfer: Transfer) -> None:
        """It is sent with one of the next blocks."""
        self._waiting.append(transfer)

    @property
    def is_crowded(self) -> bool:
        return len(self._waiting) > AT_ONCE * 2

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    async def mine(self, blocks: int) -> None:
        """So many blocks at once."""
        async with self._turn:
            await asyncio.to_thread(self.anvil.mine, blocks)
        self.counts["blocks"] += blocks

    def finish(self) -> None:
        """End when what is under way is done: a thread that mines cannot be cancelled."""
        self._over = True

    async def run(self) -> None:
        """Until it is to finish and nothing waits."""
        while not (self._over and self.is_idle):
            async with self._turn:
                if self._random.randrange(FORK_OF_STEPS):
                    await asyncio.to_thread(self._step)
                else:
                    await asyncio.to_thread(self._fork)
            await asyncio.sleep(STEP_SECONDS)

    def _step(self) -> list[tuple[Transfer, list[str]]]:
        """A block with some of what waits."""
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), AT_ONCE))]
        sent = [(one, self._sent(one)) for one in taken]
        self.anvil.mine()
        self.counts["blocks"] += 1
        self._waiting += [one.then for one in taken if one.then is not None]
        return sent

    def _sent(self, one: Transfer) -> list[str]:
        if not one.is_payment:
            other = self.anvil.send("mint(address,uint256)", one.address, one.amounts[0], to=self.anvil.other_token)
            sent = [other, self.anvil.pay(one.address, 0)]
        elif len(one.amounts) == 1:
            sent = [self.anvil.pay(one.address, one.amounts[0])]
        else:
            sent = [self.anvil.pay_all([(one.address, amount) for amount in one.amounts])]
        self.counts["transactions sent"] += len(sent)
        return sent

    def _fork(self) -> None:
        """Some blocks are mined, and replaced by others: the first of their transactions are mined again as they were,
        the rest as other ones, in another order."""
        before = self.anvil.snapshot()
        depth = self._random.randint(1, DEPTH_MAX)
        sent = [one for _ in range(depth) for one in self._step()]
        raws = [[self.anvil.ask("eth_getRawTransactionByHash", each) for each in hashes] for _, hashes in sent]
        # Sometimes for long enough to be seen.
        time.sleep(self._random.choice(SEEN_SECONDS))
        self.anvil.revert(before)
        same = self._random.randint(0, len(sent))
        for raw in itertools.chain.from_iterable(raws[:same]):
            self.anvil.ask("eth_sendRawTransaction", raw)
        rest = [one for one, _ in sent[same:]]
        follow = {id(one.then) for one in rest if one.then is not None}
        self._random.shuffle(rest)
        self._waiting = deque(one for one in (*rest, *self._waiting) if id(one) not in follow)
        for _ in range(depth + 1):
            self._step()
        self.counts["forks"] += 1
        self.counts["blocks replaced"] += depth
        self.counts["transactions mined again"] += sum(map(len, raws[:same]))
        self.counts["transactions replaced"] += sum(map(len, raws[same:]))


class LiveBuyers:
    """A number of live orders, opened by many at once and paid on the chain."""

    def __init__(self, url: str, key: str, orders: int, chain: Chain, seed: int) -> None:
        self._url = url
        self._key = key
        self._chain = chain
        weights = [weight for weight, _ in KINDS.values()]
        kinds = random.Random(seed).choices(list(KINDS), weights, k=orders)
        self._orders = list(enumerate(kinds, start=1))
        self._orders.reverse()
        self.bought: list[Bought] = []
        self.addresses: dict[str, str] = {}
        # Set whenever another order is done, or the whole is over.
        self.moved = asyncio.Event()
        self.counts: Counter[str] = Counter()

    def client(self) -> httpx.AsyncClient:
        """A merchant's backend."""
        return httpx.AsyncClient(
            base_url=f"{self._url}/api/v1",
            headers={"Authorization": f"Bearer {self._key}"},
            limits=httpx.Limits(max_connections=BUYERS * 2, max_keepalive_connections=BUYERS),
            timeout=ANSWER_SECONDS_MAX,
            trust_env=False,
        )

    async def run(self) -> None:
        """Until each order was opened and paid.

        Raises:
            Surprise: something was answered that must not be.
        """
        chain = asyncio.create_task(self._chain.run())
        at_once = min(BUYERS, max(len(self._orders) // 10, 1))
        try:
            async with self.client() as client, asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(self._work(client))
        finally:
            self._chain.finish()
            try:
                await chain
            finally:
                self.moved.set()

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self._orders:
            # The watcher is as fast as it is: buyers do not come quicker than blocks.
            while self._chain.is_crowded:  # noqa: ASYNC110 (another thread empties it)
                await asyncio.sleep(STEP_SECONDS)
            order, kind = self._orders.pop()
            value = order % 500 + 2
            body = {"amount": {"value": f"{value}.00", "currency": "USD"}, "metadata": {"order": str(order)}}
            session = (await ask_until_answered(client, "/checkout_sessions", body, 201, self.counts)).json()
            self.addresses[session["id"]] = session["address"]
            transfer = _transfer(kind, session["address"], value * ATOMIC)
            if transfer is not None:
                self._chain.send(transfer)
            self.bought.append(Bought(order, kind, session["id"], KINDS[kind][1]))
            self.moved.set()


def _transfer(kind: str, address: str, due: int) -> Transfer | None:
    match kind:
        case "in one transfer":
            return Transfer(address, (due,))
        case "in two transfers of one transaction":
            return Transfer(address, (due - 1, 1))
        case "in two transactions":
            return Transfer(address, (ATOMIC,), Transfer(address, (due - ATOMIC,)))
        case "twice":
            return Transfer(address, (due,), Transfer(address, (due,)))
        case "too little":
            return Transfer(address, (due // 2,))
        case "too much":
            return Transfer(address, (due * 2,))
        case "with what is no payment":
            return Transfer(address, (due,), is_payment=False)
        case _:
            assert kind == "left"
            return None


async def concluded(buyers: LiveBuyers, chain: Chain) -> list[str]:
    """What speaks against it that each session has what the chain brought to its address, after a while to conclude."""
    received = await asyncio.to_thread(chain.anvil.received, list(buyers.addresses.values()))
    deadline = time.monotonic() + CONCLUDED_SECONDS_MAX
    against = []
    async with buyers.client() as client:
        for one in buyers.bought:
            brought = received[buyers.addresses[one.session_id]]
            while True:
                session = (await client.get(f"/checkout_sessions/{one.session_id}")).raise_for_status().json()
                told = int(session["received"]["wei"])
                if (session["status"], told) == (one.status, brought):
                    break
                status, path = DECIDED.get(one.kind, ("", ""))
                if (session["status"], told) == (status, brought):
                    decided = path.format(order=session["orderId"], session=one.session_id)
                    await ask_until_answered(client, decided, {}, 200, buyers.counts)
                    continue
                if time.monotonic() > deadline:
                    against.append(
                        f"{one.session_id} ({one.kind}) is {session['status']} with {told}, expected {one.status} with "
                        f"{brought}"
                    )
                    break
                await asyncio.sleep(LOOK_SECONDS)
    return against


def live_stories(books: Books) -> list[str]:
    """Whatever was seen and taken back meanwhile: what is paid was told to be once, and nothing else is."""
    told: dict[str, list[str]] = {}
    for event in books.events:
        if event.type.startswith("session."):
            told.setdefault(event.object_id, []).append(event.type)
    against = []
    for one in books.bought:
        story = told.get(one.session_id, [])
        paid = int(one.status == "paid")
        quiet = one.status != "pending" or story == ["session.created"]
        wrong = {"session.expired", "session.failed", "session.paid_late", "session.canceled"} & {*story}
        if story[:1] != ["session.created"] or story.count("session.paid") != paid or not quiet or wrong:
            against.append(f"{one.session_id} ({one.kind}) tells {story}")
    counted = Counter(event.type for event in books.events)
    paid = sum(one.status == "paid" for one in books.bought)
    for name in ("order.paid", "payment.succeeded"):
        if counted[name] != paid:
            against.append(f"{paid} sessions are paid, and there are {counted[name]} times {name}")
    return against


async def prove_live(
    buyers: LiveBuyers, chain: Chain, books: Books, database: Sequence[str]
) -> tuple[list[Claim], str]:
    """Every claim of a run on a chain, and what ``doctor --prove`` says."""
    try:
        told, differs = await asyncio.to_thread(run_cli, "doctor", "--prove", *database), []
    except AssertionError as error:
        told, differs = "", [str(error)]
    claims = [
        *prove_log(books),
        Claim("each session has what the chain brought to its address", await concluded(buyers, chain)),
        Claim("what is paid was told to be paid once, and nothing else was", live_stories(books)),
        Claim("doctor --prove finds no difference between the books and the chain", differs),
    ]
    return claims, told
