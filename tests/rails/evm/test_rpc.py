"""A node by JSON-RPC: what it answers is bounded, checked and masked, and a failing URL rests."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tillgate.rails.evm.node import (
    TRANSFER_TOPIC,
    AccountUse,
    Header,
    Log,
    LogQuery,
    Malformed,
    NodeAway,
    NodeError,
    NodeLimited,
    NodeRefused,
    NodeResting,
    Tag,
    TooMuchAsked,
    Transferred,
    topic_of,
    transferred,
)
from tillgate.rails.evm.rpc import Nodes, NodeUrl, RpcNode, UrlNotUsable

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-of-the-operator"
TOKEN = "0x" + "aa" * 20
PAYER = "0x" + "bb" * 20
MERCHANT = "0x" + "cc" * 20
QUERY = LogQuery((TOKEN,), ((TRANSFER_TOPIC,), None, (topic_of(MERCHANT),)))


def hash_of(number: int) -> str:
    return f"0x{number:064x}"


def header(number: int, /, **changed: Any) -> dict[str, Any]:
    return {
        "number": hex(number),
        "hash": hash_of(100 + number),
        "parentHash": hash_of(99 + number),
        "timestamp": hex(1_700_000_000 + number),
        "logsBloom": "0x" + "00" * 256,
        "transactions": [],
        **changed,
    }


def log(number: int = 7, /, place: int = 0, **changed: Any) -> dict[str, Any]:
    return {
        "address": TOKEN,
        "topics": [TRANSFER_TOPIC, topic_of(PAYER), topic_of(MERCHANT)],
        "data": f"0x{5:064x}",
        "blockNumber": hex(number),
        "blockHash": hash_of(100 + number),
        "transactionHash": hash_of(9),
        "transactionIndex": "0x0",
        "logIndex": hex(place),
        "removed": False,
        **changed,
    }


def receipt(**changed: Any) -> dict[str, Any]:
    return {
        "transactionHash": hash_of(9),
        "blockNumber": "0x7",
        "blockHash": hash_of(107),
        "status": "0x1",
        "logs": [log(place=3), log(place=4)],
        **changed,
    }


class Time:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def node_that(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> RpcNode:
    url = NodeUrl(f"https://rpc.example/v3/{SECRET}")
    return RpcNode(url, httpx.MockTransport(answer), **options)


def telling(*results: Any, **options: Any) -> RpcNode:
    """A node that gives these results, one after another; the last for ever."""
    left = list(results)

    def answer(request: httpx.Request) -> httpx.Response:
        result = left.pop(0) if len(left) > 1 else left[0]
        number = json.loads(request.content)["id"]
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": number, "result": result})

    return node_that(answer, **options)


def failing(code: int, message: str, status: int = 200) -> RpcNode:
    def answer(request: httpx.Request) -> httpx.Response:
        number = json.loads(request.content)["id"]
        told = {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
        return httpx.Response(status, json=told)

    return node_that(answer)


async def test_what_a_node_answers_becomes_values() -> None:
    """A chain id, headers, logs in order and receipts are read as the specification writes them."""
    assert await telling("0x2105").chain_id() == 8453
    assert await telling(header(7)).header_by_number(7) == Header(
        7, hash_of(107), hash_of(106), 1_700_000_007_000, bytes(256)
    )
    assert await telling(None).header_by_tag(Tag.SAFE) is None
    logs = await telling([log(place=4), log(place=3)]).logs_of_block(hash_of(107), QUERY)
    assert [one.log_index for one in logs] == [3, 4]
    assert transferred(logs[0]) == Transferred(TOKEN, PAYER, MERCHANT, 5)
    read = await telling(receipt()).receipt(hash_of(9))
    assert read is not None and read.succeeded and len(read.logs) == 2


@pytest.mark.parametrize("takes_batches", [True, False])
@pytest.mark.parametrize(
    "tagged", [{"result": None}, {"error": {"code": -32602, "message": "invalid block tag"}}, {"result": {"number": 7}}]
)
async def test_where_a_node_stands_is_one_question_and_a_tag_that_it_does_not_know_hides_no_head(
    takes_batches: bool, tagged: dict[str, Any]
) -> None:
    """The head and the block of the tag come in one request where batches are taken. A tag that is null, refused or
    malformed is none; a head that is malformed is no answer."""
    head: dict[str, Any] = {"result": header(9)}

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        several = asked if isinstance(asked, list) else [asked]
        assert isinstance(asked, list) is takes_batches
        told = [
            {"jsonrpc": "2.0", "id": one["id"], **(head if one["params"][0] == "latest" else tagged)} for one in several
        ]
        return httpx.Response(200, json=told if isinstance(asked, list) else told[0])

    node = node_that(answer, takes_batches=takes_batches)
    newest = await node.newest(Tag.FINALIZED)
    assert newest.head is not None and (newest.head.number, newest.tagged) == (9, None)
    assert node.counts.requests == (1 if takes_batches else 2)
    head["result"] = header(9, hash=None)
    with pytest.raises(Malformed):
        await node_that(answer, takes_batches=takes_batches).newest(Tag.FINALIZED)


@pytest.mark.parametrize(
    "wrong",
    [
        "0x",
        "0x07",
        "7",
        7,
        7.0,
        None,
        True,
        "0x" + "f" * 65,
        "0x1" + "0" * 64,
        "-0x1",
        "0x_1",
        " 0x1",
        "0x1\n",
        [],
        {},
        "０x1",
    ],
)
async def test_a_quantity_is_strict_hexadecimal(wrong: Any) -> None:
    """Whatever is no hexadecimal integer without leading zeros, of at most 256 bits, is malformed."""
    with pytest.raises(Malformed):
        await telling(wrong).balance(MERCHANT)


async def test_the_largest_amount_is_read() -> None:
    """2^256 - 1 is an amount; one more is none."""
    assert await telling("0x" + "f" * 64).balance(MERCHANT) == 2**256 - 1


@pytest.mark.parametrize(
    "wrong",
    [
        header(7, hash=None),
        header(7, hash="0x" + "0" * 64),
        header(7, hash="0x12"),
        header(7, parentHash="0x" + "0" * 64),
        header(8),
        header(7, timestamp=hex(2**63)),
        header(7, number="0x" + "f" * 20),
        {},
        [],
        "0x7",
    ],
    ids=str,
)
async def test_a_header_that_cannot_be_is_malformed(wrong: Any) -> None:
    """A zero hash stands for a block that is not mined; another height is another question's answer."""
    with pytest.raises(Malformed):
        await telling(wrong).header_by_number(7)


@pytest.mark.parametrize(
    "wrong",
    [
        [log(blockHash=hash_of(1))],
        [log(blockHash=None)],
        [log(), log()],
        [log(removed=True)],
        [log(address=PAYER)],
        [log(topics=[TRANSFER_TOPIC, topic_of(PAYER), topic_of(PAYER)])],
        [log(topics=[TRANSFER_TOPIC])],
        [log(topics=[hash_of(1)] * 5)],
        [log(data="0x123")],
        [log(data="0xzz")],
        [log(data="0x 00 ")],
        [log(transactionHash="0x")],
        [log(logIndex=None)],
        [None],
        None,
        {},
    ],
    ids=lambda one: repr(one)[:60],
)
async def test_logs_that_were_not_asked_for_are_malformed(wrong: Any) -> None:
    """Logs of another block, contract or recipient, doubled ones and removed ones are no answer."""
    with pytest.raises(Malformed):
        await telling(wrong).logs_of_block(hash_of(107), QUERY)


async def test_a_log_of_any_size_is_read() -> None:
    """A stranger's contract writes what it likes: a large log of it stops nobody."""
    logs = await telling([log(data="0x" + "00" * 300_000)]).logs_of_block(hash_of(107), QUERY)
    assert transferred(logs[0]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        receipt(transactionHash=hash_of(8)),
        receipt(status=None),
        receipt(status="0x2"),
        receipt(blockHash=None),
        receipt(logs=None),
        receipt(logs=[log(place=4), log(place=3)]),
        receipt(logs=[log(place=3, transactionHash=hash_of(1))]),
        receipt(logs=[log(8, place=3)]),
    ],
    ids=lambda one: repr(one)[:60],
)
async def test_a_receipt_that_cannot_be_is_malformed(wrong: Any) -> None:
    """A receipt without a block or status, or with another transaction's logs, proves nothing."""
    with pytest.raises(Malformed):
        await telling(wrong).receipt(hash_of(9))


@pytest.mark.parametrize(
    "topics, data",
    [
        ([TRANSFER_TOPIC, topic_of(PAYER), topic_of(MERCHANT), hash_of(1)], "0x"),
        ([TRANSFER_TOPIC, topic_of(PAYER), "0x01" + topic_of(MERCHANT)[4:]], f"0x{5:064x}"),
        ([TRANSFER_TOPIC, topic_of(PAYER), topic_of(MERCHANT)], "0x"),
        ([TRANSFER_TOPIC, topic_of(PAYER), topic_of(MERCHANT)], f"0x{5:064x}{0:064x}"),
        ([hash_of(1), topic_of(PAYER), topic_of(MERCHANT)], f"0x{5:064x}"),
        ([TRANSFER_TOPIC], f"0x{5:064x}"),
        ([], "0x"),
    ],
)
def test_a_look_alike_is_no_transfer(topics: list[str], data: str) -> None:
    """ERC-721's event, unclean addresses and other sizes of data are nothing."""
    assert transferred(Log(TOKEN, tuple(topics), data, 1, hash_of(1), hash_of(2), 0)) is None


@pytest.mark.parametrize(
    "code, message, status, expected",
    [
        (-32005, "limit exceeded", 200, TooMuchAsked),
        (-32005, "query returned more than 10000 results", 200, TooMuchAsked),
        (-32005, "daily request count exceeded, request rate limited", 200, NodeLimited),
        (-32000, "exceed maximum block range: 5000", 200, TooMuchAsked),
        (-32602, "exceed max topics", 200, TooMuchAsked),
        (429, "Too Many Requests", 200, NodeLimited),
        (-32601, "the method eth_getLogs does not exist", 200, NodeRefused),
        (-32000, "missing trie node", 200, NodeRefused),
        (-32000, "header not found", 400, NodeRefused),
        (1, "x" * 100_000, 200, NodeRefused),
        (1, "\x1b[31m\u202ered", 200, NodeRefused),
    ],
)
async def test_an_error_of_a_node_has_a_kind(code: int, message: str, status: int, expected: type[NodeError]) -> None:
    """Asked too often, asked too much, refused: told apart; what is shown of it is bounded and printable."""
    with pytest.raises(NodeError) as raised:
        await failing(code, message, status).logs_of_range(1, 2, QUERY)
    assert type(raised.value) is expected
    assert len(str(raised.value)) < 300 and str(raised.value).isprintable()


class Endless(httpx.AsyncByteStream):
    """A body that never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536


class Stuck(httpx.AsyncByteStream):
    """A body that never comes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""


async def test_an_answer_is_bounded_in_bytes_time_and_depth() -> None:
    """An endless answer, one that never comes and one of a million brackets cost no more than their bounds."""
    endless = node_that(lambda _: httpx.Response(200, stream=Endless()), answer_bytes_max=1_000_000)
    with pytest.raises(TooMuchAsked):
        await endless.chain_id()
    assert endless.counts.received_bytes < 1_100_000
    stuck = node_that(lambda _: httpx.Response(200, stream=Stuck()), deadline_seconds=0.05)
    with pytest.raises(NodeAway, match="whole answer"):
        await stuck.chain_id()
    for body in (b"[" * 1_000_000, b'{"result":' + b"[" * 1_000_000, b'{"other":' + b'{"a":' * 500_000):
        with pytest.raises(Malformed):
            await node_that(lambda _, body=body: httpx.Response(200, content=body)).chain_id()


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'"0x1"', b"\xff", b'{"jsonrpc":"2.0","id":77,"result":"0x1"}']
)
async def test_what_is_no_json_rpc_is_malformed(body: bytes) -> None:
    """Another question's answer included."""
    with pytest.raises(Malformed):
        await node_that(lambda _: httpx.Response(200, content=body)).chain_id()


async def test_a_failing_url_rests_longer_each_time_and_is_not_asked_meanwhile() -> None:
    """Its pause doubles up to five minutes; 429 with Retry-After is obeyed; an answer ends it."""
    time, asked, well = Time(), 0, False

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if well:
            return httpx.Response(
                200, json={"jsonrpc": "2.0", "id": json.loads(request.content)["id"], "result": "0x1"}
            )
        return httpx.Response(429, headers={"retry-after": "60"} if asked == 1 else {})

    node = node_that(answer, monotonic=time)
    with pytest.raises(NodeLimited):
        await node.chain_id()
    time.seconds = 59
    with pytest.raises(NodeResting):
        await node.chain_id()
    assert asked == 1
    for _ in range(12):
        time.seconds += 400
        with pytest.raises(NodeLimited):
            await node.chain_id()
    time.seconds += 200
    with pytest.raises(NodeResting):
        await node.chain_id()
    time.seconds += 200
    well = True
    assert await node.chain_id() == 1
    assert not node.is_resting
    assert node.counts.errors["limited"] == 13 and node.counts.errors["resting"] == 2


async def test_the_next_url_answers_for_one_that_fails() -> None:
    """In the operator's order; where none answers, the last one's trouble is raised."""
    bad, good = failing(-32000, "no"), telling("0x1")
    assert await Nodes([bad, good]).ask(lambda node: node.chain_id()) == 1
    with pytest.raises(NodeRefused):
        await Nodes([bad, bad]).ask(lambda node: node.chain_id())


async def test_several_questions_go_in_a_batch_or_one_by_one() -> None:
    """The answers of a batch are told apart by their ids; a node that takes none is asked one by one."""
    requests = 0

    def batching(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        questions = json.loads(request.content)
        if isinstance(questions, dict):
            questions = [questions]
        known = {"eth_getTransactionCount": "0x2", "eth_getCode": "0x", "eth_getBalance": "0x0", "eth_chainId": "0x1"}
        told = [{"jsonrpc": "2.0", "id": one["id"], "result": known[one["method"]]} for one in reversed(questions)]
        return httpx.Response(200, json=told)

    node = node_that(batching)
    assert await node.takes_batches()
    assert await node.account_uses([MERCHANT, PAYER]) == [AccountUse(2, False, 0)] * 2
    assert requests == 2
    assert not AccountUse(2, False, 0).is_fresh


@pytest.mark.parametrize("at", [0, 30, 130, 140, 155])
async def test_what_a_node_says_never_repeats_a_part_of_its_url(at: int) -> None:
    """An API key in a node's own message is masked, also where the message is cut in the middle of it."""
    url = NodeUrl(f"https://user:pass%21word@rpc.example/{SECRET}?key=Q{SECRET[::-1]}")
    told = "x" * at + f" {SECRET.upper()} Q{SECRET[::-1]} user pass!word pass%21word {url.reveal()}"

    def refusing(request: httpx.Request) -> httpx.Response:
        error = {"code": -32000, "message": told}
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": json.loads(request.content)["id"], "error": error})

    node = RpcNode(url, httpx.MockTransport(refusing))
    with pytest.raises(NodeRefused) as refused:
        await node.chain_id()
    shown = str(refused.value).lower()
    for part in (SECRET, SECRET[:6], f"q{SECRET[::-1]}"[:6], "pass!", "pass%"):
        assert part.lower() not in shown


async def test_a_url_shows_no_secret() -> None:
    """Neither in what is printed, nor in an error, nor in a label."""
    url = NodeUrl(f"https://user:{SECRET}@rpc.example:8443/{SECRET}?key={SECRET}")
    assert url.masked == "https://rpc.example:8443/…"
    assert SECRET not in f"{url} {url!r} {RpcNode(url)!r} {RpcNode(url).label}"

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot connect to {request.url}")

    with pytest.raises(NodeAway) as raised:
        await node_that(broken).chain_id()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rpc.example",
        f"ftp://rpc.example/{SECRET}",
        f"https:///{SECRET}",
        f"https://rpc.example/{SECRET} x",
        f"https://rpc.example/{SECRET}\n",
        f"https://rpc.example:99999/{SECRET}",
        f"https://rpc.example/#{SECRET}",
        f"https://[::1/{SECRET}",
        f"https://rpc.example/é{SECRET}",
        f"https://rpc.example/{SECRET * 200}",
    ],
)
def test_a_url_that_cannot_be_is_refused_without_repeating_it(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(UrlNotUsable) as raised:
        NodeUrl(text)
    assert SECRET not in str(raised.value) and "URL of a node" in str(raised.value)
