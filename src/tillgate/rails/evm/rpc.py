"""A node by JSON-RPC 2.0 over HTTP, as the Ethereum execution APIs specify it: bounded, patient, and secretive.

An answer is read up to a number of bytes and within a deadline, decoded into the type that the method answers with (so
that no depth is a danger), and only then looked at. A URL that fails rests for a time that doubles; others are asked
meanwhile. A URL may hold a secret: it appears masked wherever it is shown.
"""

import asyncio
import base64
import itertools
import random
import re
import string
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Any, Final, TypeVar, overload
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from tillgate.rails.evm.node import (
    BLOCK_SECONDS_MAX,
    BLOOM_BYTES,
    CALL_BYTES_MAX,
    CHAIN_ID_MAX,
    CUT,
    NUMBER_MAX,
    TOPICS_MAX,
    AccountUse,
    Call,
    CallFailed,
    GasPrice,
    Header,
    Log,
    LogQuery,
    Malformed,
    Newest,
    Node,
    NodeAway,
    NodeError,
    NodeLimited,
    NodeRefused,
    NodeResting,
    Receipt,
    Sent,
    Tag,
    TooMuchAsked,
    balance_call,
    excerpt,
    parsed_address,
    parsed_balance,
    parsed_bytes,
    parsed_hash,
    parsed_quantity,
    parsed_word,
)

T = TypeVar("T")

# Beyond any price that a network has had: a thousand coins for a plain transfer.
GAS_PRICE_MAX: Final = 10**17

URL_CHARACTERS_MAX: Final = 2_048
ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
LOGS_MAX: Final = 100_000
TRANSACTIONS_MAX: Final = 100_000
BATCH_MAX: Final = 50
CONNECTIONS_MAX: Final = 8
DEADLINE_SECONDS: Final = 10.0
REST_SECONDS: Final = 1.0
REST_SECONDS_MAX: Final = 300.0
# A question that was too large is made smaller by whoever asks. Refused so often in a row, size is not the matter.
TOO_MUCH_IN_A_ROW_MAX: Final = 12
# Shorter parts of a URL, such as v2, are no secrets.
SECRET_CHARACTERS_MIN: Final = 4
USER_AGENT: Final = "Tillgate/1"

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_URL_UNSAFE: Final = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")
# Providers tell "too often" from "too much" by words alone: EIP-1474 has one code, -32005, for both.
_TOO_OFTEN: Final = re.compile(
    r"too many requests|rate.?limit|throttl|capacity|compute units|quota|credits|per second|daily|monthly|plan\b",
    re.IGNORECASE | re.ASCII,
)
_TOO_MUCH: Final = re.compile(
    r"range|too many|too large|more than|exceed|limit|results|response size|topics|timed? ?out|specify less",
    re.IGNORECASE | re.ASCII,
)
# What execution clients answer where a call that they try is reverted.
_REVERTED: Final = 3
_FAILS: Final = re.compile(
    r"revert|invalid opcode|out of gas|gas required exceeds|vm execution error|insufficient funds",
    re.IGNORECASE | re.ASCII,
)
_LIMIT_EXCEEDED: Final = -32005
_METHOD_NOT_FOUND: Final = -32601


class UrlNotUsable(ValueError):
    """A text that is no URL of a node. Its message does not repeat the text, which may hold a secret."""


class NodeUrl:
    """A node's URL, which may hold a secret: in its path, its query, or as a password."""

    __slots__ = ("_secrets", "_text", "masked")

    def __init__(self, text: str) -> None:
        """Check it.

        Raises:
            UrlNotUsable: it is no URL of HTTP or HTTPS.
        """
        if len(text) > URL_CHARACTERS_MAX:
            raise UrlNotUsable(f"The URL of a node has at most {URL_CHARACTERS_MAX} characters.")
        if _URL_UNSAFE.search(text):
            raise UrlNotUsable("The URL of a node contains a space or a character that URLs have to encode.")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
            httpx.URL(text)
        except (ValueError, httpx.InvalidURL) as error:
            raise UrlNotUsable("The URL of a node is not a valid URL, such as https://rpc.example/key.") from error
        if parts.scheme not in ("http", "https") or not host:
            raise UrlNotUsable("The URL of a node begins with https:// or http:// and names a host.")
        if parts.fragment:
            raise UrlNotUsable("The URL of a node has no part after a #.")
        secret = bool(parts.path.strip("/") or parts.query)
        shown = f"[{host}]" if ":" in host else host
        self._text = text
        given = [
            *parts.path.split("/"),
            *parts.query.replace(";", "&").replace("=", "&").split("&"),
            parts.username or "",
            parts.password or "",
        ]
        secrets = {text, *given, *map(unquote, given)}
        # The longest first: what holds another is masked whole.
        self._secrets = sorted((one for one in secrets if len(one) >= SECRET_CHARACTERS_MIN), key=len, reverse=True)
        self.masked = f"{parts.scheme}://{shown}" + (f":{port}" if port else "") + ("/…" if secret else "")

    def reveal(self) -> str:
        """The whole text, for the connection and for sealing."""
        return self._text

    def conceal(self, text: str) -> str:
        """A text that a node sent, or a beginning of one, without any part of the URL that may be secret."""
        for secret in self._secrets:
            text = _without(text, secret)
            # What was cut in the middle of it ends with its beginning.
            ended = text.removesuffix(CUT)
            for length in range(len(secret) - 1, SECRET_CHARACTERS_MIN - 1, -1):
                if ended[-length:].lower() == secret[:length].lower():
                    text = text[: len(ended) - length] + "…" + text[len(ended) :]
                    break
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeUrl) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"NodeUrl({self.masked})"

    __str__ = __repr__


def _without(text: str, secret: str) -> str:
    """A text in which a secret is masked, ignoring case."""
    # Lower case of some letters is longer, and places would move.
    lower, wanted = text.translate(_LOWER), secret.translate(_LOWER)
    kept, at = [], 0
    while (found := lower.find(wanted, at)) >= 0:
        kept += [text[at:found], "…"]
        at = found + len(wanted)
    return "".join([*kept, text[at:]])


Question = tuple[str, list[Any], Callable[[msgspec.Raw], T]]
"""A method, its parameters, and what reads its result."""


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Envelope(msgspec.Struct):
    """One answer; its result is decoded afterwards, as the type of its question."""

    jsonrpc: str = ""
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None


class _Header(msgspec.Struct, rename="camel"):
    number: str
    hash: str
    parent_hash: str
    timestamp: str
    logs_bloom: str | None = None


class _Log(msgspec.Struct, rename="camel"):
    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    log_index: str
    removed: bool = False


class _Receipt(msgspec.Struct, rename="camel"):
    transaction_hash: str
    block_number: str
    block_hash: str
    status: str
    logs: list[_Log]
    gas_used: str | None = None
    effective_gas_price: str | None = None
    # Of blobs (EIP-4844), and what a rollup of the OP Stack adds for Ethereum.
    blob_gas_used: str | None = None
    blob_gas_price: str | None = None
    l1_fee: str | None = None


class _Sent(msgspec.Struct, rename="camel"):
    hash: str
    sender: str = msgspec.field(name="from")
    value: str
    to: str | None = None
    block_hash: str | None = None


class _Full(msgspec.Struct):
    """A block with its transactions. What is read of each is what an address may be looked for in."""

    hash: str
    transactions: list[_Sent]


class NodeCounts:
    """What one URL was asked since the process began, for ``/metrics``.

    Attributes:
        calls: questions by method; each of a batch counts.
        received_bytes: what came back.
        answers: requests that were answered as they should be.
        errors: by :attr:`NodeError.kind`.
        failure: the kind of the last error that was the node's own.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.requests = 0
        self.received_bytes = 0
        self.answers = 0
        self.errors: Counter[str] = Counter()
        self.failure: str | None = None


class RpcNode:
    """A :class:`~tillgate.rails.evm.node.Node` by JSON-RPC over HTTP."""

    def __init__(
        self,
        url: NodeUrl,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        takes_batches: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            takes_batches: several questions go in one batch; else one after another.
        """
        self._url = url
        # The client would log the URL, secret included; a transport logs nothing of it.
        self._transport = transport or httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX), trust_env=False
        )
        self._deadline_seconds = deadline_seconds
        self._answer_bytes_max = answer_bytes_max
        self._monotonic = monotonic
        self._ids = itertools.count(1)
        self._rests_until = 0.0
        self._failures = 0
        self._too_much_in_a_row = 0
        self._takes_batches = takes_batches
        self.counts = NodeCounts()

    @property
    def label(self) -> str:
        return self._url.masked

    @property
    def is_resting(self) -> bool:
        return self._monotonic() < self._rests_until

    def __repr__(self) -> str:
        return f"RpcNode({self._url.masked})"

    async def close(self) -> None:
        """Release the connections."""
        await self._transport.aclose()

    def distrust(self, reason: str) -> None:
        self._failed(Malformed(reason))

    async def chain_id(self) -> int:
        return await self._ask("eth_chainId", [], lambda raw: _quantity(raw, at_most=CHAIN_ID_MAX, what="a chain id"))

    async def header_by_tag(self, tag: Tag) -> Header | None:
        return await self._ask("eth_getBlockByNumber", [tag.value, False], _header)

    async def newest(self, tag: Tag | None) -> Newest:
        if tag is None:
            return Newest(await self.header_by_tag(Tag.LATEST))
        asked: list[Question[Header | None]] = [
            ("eth_getBlockByNumber", [one.value, False], _header) for one in (Tag.LATEST, tag)
        ]
        if self._takes_batches:
            head, tagged = await self._batch(asked, may_fail_from=1)
            return Newest(head, tagged)
        head = await self._ask(*asked[0])
        try:
            return Newest(head, await self._ask(*asked[1]))
        except (NodeRefused, Malformed):
            return Newest(head)

    async def header_by_number(self, number: int) -> Header | None:
        return await self._ask("eth_getBlockByNumber", [hex(number), False], _header_at(number))

    async def headers_by_number(self, numbers: Sequence[int]) -> list[Header | None]:
        asked = [("eth_getBlockByNumber", [hex(number), False], _header_at(number)) for number in numbers]
        return await self._ask_all(asked)

    async def header_by_hash(self, block_hash: str) -> Header | None:
        def read(raw: msgspec.Raw) -> Header | None:
            header = _header(raw)
            if header is not None and header.hash != block_hash:
                raise Malformed("expected the block of a hash, got another one")
            return header

        return await self._ask("eth_getBlockByHash", [block_hash, False], read)

    async def logs_of_block(self, block_hash: str, query: LogQuery) -> list[Log]:
        def read(raw: msgspec.Raw) -> list[Log]:
            logs = _logs(raw, query)
            if any(log.block_hash != block_hash for log in logs):
                raise Malformed("expected the logs of one block, got those of another")
            return logs

        return await self._ask("eth_getLogs", [{"blockHash": block_hash, **_filter(query)}], read)

    async def logs_of_range(self, first: int, last: int, query: LogQuery) -> list[Log]:
        def read(raw: msgspec.Raw) -> list[Log]:
            logs = _logs(raw, query)
            if any(not first <= log.block_number <= last for log in logs):
                raise Malformed("expected the logs of a range of blocks, got one from outside of it")
            return logs

        asked = {"fromBlock": hex(first), "toBlock": hex(last), **_filter(query)}
        return await self._ask("eth_getLogs", [asked], read)

    async def receipt(self, tx_hash: str) -> Receipt | None:
        def read(raw: msgspec.Raw) -> Receipt | None:
            receipt = _receipt(raw)
            if receipt is not None and receipt.tx_hash != tx_hash:
                raise Malformed("expected the receipt of a transaction, got that of another")
            return receipt

        return await self._ask("eth_getTransactionReceipt", [tx_hash], read)

    async def transaction(self, tx_hash: str) -> Sent | None:
        def read(raw: msgspec.Raw) -> Sent | None:
            sent = _sent(raw)
            if sent is not None and sent.tx_hash != tx_hash:
                raise Malformed("expected a transaction, got another one")
            return sent

        return await self._ask("eth_getTransactionByHash", [tx_hash], read)

    async def call(self, to: str, data: str, block_hash: str | None = None) -> str:
        return await self._ask("eth_call", [{"to": to, "data": data}, _at(block_hash)], _call_result)

    async def token_balances(self, token: str, addresses: Sequence[str], block_hash: str | None = None) -> list[int]:
        def read(raw: msgspec.Raw) -> int:
            return parsed_balance(_call_result(raw))

        at = _at(block_hash)
        return await self._ask_all(
            [("eth_call", [{"to": token, "data": balance_call(address)}, at], read) for address in addresses]
        )

    async def balance(self, address: str, block_hash: str | None = None) -> int:
        return await self._ask("eth_getBalance", [address, _at(block_hash)], _quantity)

    async def balances(self, addresses: Sequence[str], block_hash: str) -> list[int]:
        at = _at(block_hash)
        return await self._ask_all([("eth_getBalance", [address, at], _quantity) for address in addresses])

    async def sent_of_block(self, block_hash: str, addresses: Collection[str]) -> list[Sent] | None:
        def read(raw: msgspec.Raw) -> list[Sent] | None:
            if _is_null(raw):
                return None
            told = _decoded(raw, _Full)
            if parsed_hash(told.hash, what="a block hash") != block_hash:
                raise Malformed("expected the block of a hash, got another one")
            if len(told.transactions) > TRANSACTIONS_MAX:
                raise TooMuchAsked(f"a block of more than {TRANSACTIONS_MAX} transactions")
            ours = [one for one in told.transactions if {one.sender.lower(), (one.to or "").lower()} & wanted]
            found = [_parsed_sent(one) for one in ours]
            if any(one.block_hash != block_hash for one in found):
                raise Malformed("expected the transactions of one block, got one of another")
            return found

        wanted = frozenset(addresses)
        return await self._ask("eth_getBlockByHash", [block_hash, True], read)

    async def account_uses(self, addresses: Sequence[str], block_hash: str | None = None) -> list[AccountUse]:
        asked: list[Question[Any]] = []
        at = _at(block_hash)
        for address in addresses:
            asked += [
                ("eth_getTransactionCount", [address, at], _quantity),
                ("eth_getCode", [address, at], _call_result),
                ("eth_getBalance", [address, at], _quantity),
            ]
        told = await self._ask_all(asked)
        return [
            AccountUse(nonce=nonce, has_code=code != "0x", balance_atomic=balance)
            for nonce, code, balance in zip(told[::3], told[1::3], told[2::3], strict=True)
        ]

    async def code(self, address: str) -> str:
        return await self._ask("eth_getCode", [address.lower(), Tag.LATEST.value], _call_result)

    async def outcomes(self, calls: Sequence[Call]) -> list[str | None]:
        return await self._tried([("eth_call", [_called(one), Tag.LATEST.value], _call_result) for one in calls])

    async def gas_of(self, calls: Sequence[Call]) -> list[int | None]:
        def read(raw: msgspec.Raw) -> int:
            return _quantity(raw, at_most=NUMBER_MAX, what="an amount of gas")

        return await self._tried([("eth_estimateGas", [_called(one)], read) for one in calls])

    async def gas_price(self) -> GasPrice:
        def read(raw: msgspec.Raw) -> int:
            return _quantity(raw, at_most=GAS_PRICE_MAX, what="a price of gas")

        price = await self._ask("eth_gasPrice", [], read)
        try:
            tip = await self._ask("eth_maxPriorityFeePerGas", [], read)
        except NodeRefused:
            tip = None
        return GasPrice(price, min(tip, price) if tip is not None else None)

    async def _tried(self, asked: Sequence[Question[T]]) -> list[T | None]:
        """Several calls, each of which may fail without a word about the others."""
        if self._takes_batches and len(asked) > 1:
            told: list[T | None] = []
            for first in range(0, len(asked), BATCH_MAX):
                told += await self._batch(asked[first : first + BATCH_MAX], may_fail=CallFailed)
            return told
        told = []
        for question in asked:
            try:
                told.append(await self._ask(*question))
            except CallFailed:
                told.append(None)
        return told

    async def takes_batches(self) -> bool:
        question: Question[int] = ("eth_chainId", [], _quantity)
        try:
            await self._batch([question, question])
        except (Malformed, NodeRefused):
            self._takes_batches = False
        else:
            self._takes_batches = True
        return self._takes_batches

    async def _ask(self, method: str, params: list[Any], read: Callable[[msgspec.Raw], T]) -> T:
        """One question and its answer."""
        number = next(self._ids)
        with _Watched(self):
            self._require_awake()
            self.counts.calls[method] += 1
            body = await self._post(_request(number, method, params))
            envelope = _decoded(body, _Envelope)
            return _read(envelope, number, read)

    async def _ask_all(self, asked: Sequence[Question[T]]) -> list[T]:
        """Several questions: in batches where this node takes them, else one after another."""
        if not self._takes_batches or len(asked) == 1:
            return [await self._ask(*question) for question in asked]
        answers: list[T] = []
        for first in range(0, len(asked), BATCH_MAX):
            answers += await self._batch(asked[first : first + BATCH_MAX])
        return answers

    @overload
    async def _batch(self, asked: Sequence[Question[T]]) -> list[T]: ...

    @overload
    async def _batch(self, asked: Sequence[Question[T]], *, may_fail_from: int) -> list[T | None]: ...

    @overload
    async def _batch(self, asked: Sequence[Question[T]], *, may_fail: type[NodeError]) -> list[T | None]: ...

    async def _batch(
        self,
        asked: Sequence[Question[T]],
        *,
        may_fail_from: int | None = None,
        may_fail: type[NodeError] | None = None,
    ) -> Sequence[T | None]:
        """Several questions in one request.

        Args:
            may_fail_from: from this place on, what the node refuses or answers wrongly is None.
            may_fail: where any question fails so, its answer is None.
        """
        first_to_fail = 0 if may_fail is not None else may_fail_from
        failures = (may_fail,) if may_fail is not None else (NodeRefused, Malformed)
        numbers = [next(self._ids) for _ in asked]
        with _Watched(self):
            self._require_awake()
            for method, _, _ in asked:
                self.counts.calls[method] += 1
            questions = [_request(number, *question[:2]) for number, question in zip(numbers, asked, strict=True)]
            body = await self._post(b"[" + b",".join(questions) + b"]")
            if not body.lstrip().startswith(b"["):
                _read(_decoded(body, _Envelope), None, _quantity)
                raise Malformed("expected one answer for each question of a batch")
            envelopes = _decoded(body, list[_Envelope])
            by_id = {envelope.id: envelope for envelope in envelopes}
            if len(envelopes) != len(asked) or set(by_id) != set(numbers):
                raise Malformed("expected one answer for each question of a batch")
            told: list[T | None] = []
            for place, (n, question) in enumerate(zip(numbers, asked, strict=True)):
                try:
                    told.append(_read(by_id[n], n, question[2]))
                except failures:
                    if first_to_fail is None or place < first_to_fail:
                        raise
                    told.append(None)
            return told

    def _require_awake(self) -> None:
        """
        Raises:
            NodeResting: it has failed lately.
        """
        if self.is_resting:
            raise NodeResting(f"{self.label} has failed lately and is not asked now")

    async def _post(self, body: bytes) -> bytes:
        """Send a body and read what comes back, bounded."""
        self.counts.requests += 1
        url = self._url.reveal()
        headers = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": USER_AGENT}
        parts = urlsplit(url)
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        step = self._deadline_seconds
        request = httpx.Request(
            "POST",
            url,
            content=body,
            headers=headers,
            extensions={"timeout": {"connect": step, "read": step, "write": step, "pool": step}},
        )
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await self._transport.handle_async_request(request)
                try:
                    if answer.headers.get("content-encoding", "identity") != "identity":
                        raise Malformed("expected an answer that is not compressed")
                    read = await self._bounded(answer)
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise NodeAway(f"no whole answer within {self._deadline_seconds:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            # Its text may name the URL.
            raise NodeAway(f"no answer: {type(error).__name__}") from None
        return _checked_status(answer, read)

    async def _bounded(self, answer: httpx.Response) -> bytes:
        if not isinstance(answer.stream, AsyncIterator | httpx.AsyncByteStream):
            raise NodeAway("no answer that can be read")
        read = bytearray()
        async for chunk in answer.stream:
            self.counts.received_bytes += len(chunk)
            read += chunk
            if len(read) > self._answer_bytes_max:
                raise TooMuchAsked(f"an answer of more than {self._answer_bytes_max} bytes")
        return bytes(read)

    def _succeeded(self) -> None:
        self._failures = self._too_much_in_a_row = 0
        self._rests_until = 0.0
        self.counts.answers += 1

    def _failed(self, error: NodeError) -> None:
        """Count it, and rest where another question would fare no better."""
        # A node may repeat what it was asked with, its own URL included.
        error.args = tuple(self._url.conceal(one) if isinstance(one, str) else one for one in error.args)
        self.counts.errors[error.kind] += 1
        if isinstance(error, NodeResting):
            return
        self.counts.failure = error.kind
        if isinstance(error, NodeRefused):
            self._too_much_in_a_row = 0
            return
        if isinstance(error, TooMuchAsked):
            self._too_much_in_a_row += 1
            if self._too_much_in_a_row < TOO_MUCH_IN_A_ROW_MAX:
                return
        rest = min(REST_SECONDS * 2.0**self._failures, REST_SECONDS_MAX)
        asked = error.retry_after_seconds if isinstance(error, NodeLimited) else 0.0
        self._failures = min(self._failures + 1, 16)
        spread = random.uniform(0.8, 1.2)  # noqa: S311 (so that processes do not come back together)
        self._rests_until = self._monotonic() + max(rest * spread, min(asked, REST_SECONDS_MAX))


class _Watched:
    """What is raised inside rests its node; what ends well lets it go on."""

    def __init__(self, node: RpcNode) -> None:
        self._node = node

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None:
            self._node._succeeded()
        elif isinstance(error, NodeError):
            self._node._failed(error)


class Nodes:
    """The nodes of one network, in the operator's order: the first that is not resting is asked, and then the next."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.all = tuple(nodes)

    def usable(self) -> list[Node]:
        """Those that are not resting."""
        return [node for node in self.all if not node.is_resting]

    async def ask(self, question: Callable[[Node], Awaitable[T]]) -> T:
        """The answer of the first node that gives one.

        Raises:
            NodeError: none does; the last one's, or NodeResting where all of them rest.
        """
        last: NodeError = NodeResting("every node has failed lately, and none is asked now")
        for node in self.usable():
            try:
                return await question(node)
            except NodeError as error:
                last = error
        raise last


def _request(number: int, method: str, params: list[Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def _decoded(body: bytes | msgspec.Raw, into: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=into)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        # What msgspec says names fields and types, never their content.
        detail = excerpt(str(error)) if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise Malformed(f"expected an answer of JSON-RPC: {detail}") from None


def _read(envelope: _Envelope, number: int | None, read: Callable[[msgspec.Raw], T]) -> T:
    """The result of an answer to the question with this number; an error of the node is raised as ours."""
    if envelope.error is not None:
        raise _refusal(envelope.error)
    if envelope.jsonrpc != "2.0" or (number is not None and envelope.id != number):
        raise Malformed("expected the answer to this question of JSON-RPC 2.0")
    if not memoryview(envelope.result):
        # `null` is an answer; no result at all is none.
        raise Malformed("expected a result or an error")
    return read(envelope.result)


def _refusal(error: _Error) -> NodeError:
    told = f"the node answers with error {error.code}: {excerpt(error.message)}"
    message = error.message[:1_000]
    # Before the words below: a contract's reason may have them, as "transfer amount exceeds balance" does.
    if error.code == _REVERTED or _FAILS.search(message):
        return CallFailed(told, code=error.code)
    if error.code == 429 or _TOO_OFTEN.search(message):
        return NodeLimited(told)
    if error.code == _LIMIT_EXCEEDED or (error.code != _METHOD_NOT_FOUND and _TOO_MUCH.search(message)):
        return TooMuchAsked(told)
    return NodeRefused(told, code=error.code)


def _checked_status(answer: httpx.Response, body: bytes) -> bytes:
    """The body of an answer that is one. Some nodes answer an error of JSON-RPC with a status of 4xx."""
    status = answer.status_code
    if status == 429:
        told = answer.headers.get("retry-after", "")
        seconds = float(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0.0
        raise NodeLimited("too many requests (429)", retry_after_seconds=seconds)
    if status == 413:
        raise TooMuchAsked("the question is too large (413)")
    if status >= 500 or status < 200 or 300 <= status < 400:
        raise NodeAway(f"no answer: status {status}")
    if status >= 400:
        try:
            error = _decoded(body, _Envelope).error
        except Malformed:
            error = None
        if error is None:
            raise NodeAway(f"no answer: status {status}")
    return body


def _filter(query: LogQuery) -> dict[str, Any]:
    asked: dict[str, Any] = {"topics": [None if one is None else list(one) for one in query.topics]}
    if query.addresses:
        asked["address"] = list(query.addresses)
    return asked


def _called(call: Call) -> dict[str, str]:
    asked = {"to": call.to, "data": call.data}
    return asked if call.sender is None else {"from": call.sender, **asked}


def _at(block_hash: str | None) -> Any:
    return Tag.LATEST.value if block_hash is None else {"blockHash": block_hash}


def _quantity(raw: msgspec.Raw, **bound: Any) -> int:
    return parsed_quantity(_decoded(raw, str), **bound)


def _call_result(raw: msgspec.Raw) -> str:
    return parsed_bytes(_decoded(raw, str), bytes_max=CALL_BYTES_MAX)


def _is_null(raw: msgspec.Raw) -> bool:
    return len(memoryview(raw)) == 4 and bytes(raw) == b"null"


def _header(raw: msgspec.Raw) -> Header | None:
    if _is_null(raw):
        return None
    told = _decoded(raw, _Header)
    seconds = parsed_quantity(told.timestamp, at_most=BLOCK_SECONDS_MAX, what="a block's time")
    bloom = None
    if told.logs_bloom is not None:
        text = parsed_bytes(told.logs_bloom, bytes_max=BLOOM_BYTES, what="bytes of a bloom filter")
        bloom = bytes.fromhex(text[2:])
        if len(bloom) != BLOOM_BYTES:
            bloom = None
    number = parsed_quantity(told.number, at_most=NUMBER_MAX, what="a block number")
    return Header(
        number=number,
        hash=parsed_hash(told.hash, what="a block hash"),
        # The genesis has no parent.
        parent_hash=parsed_word(told.parent_hash, what="a parent hash")
        if number == 0
        else parsed_hash(told.parent_hash, what="a parent hash"),
        mined_at=seconds * 1_000,
        bloom=bloom,
    )


def _header_at(number: int) -> Callable[[msgspec.Raw], Header | None]:
    def read(raw: msgspec.Raw) -> Header | None:
        header = _header(raw)
        if header is not None and header.number != number:
            raise Malformed(f"expected block {number}, got block {header.number}")
        return header

    return read


def _log(told: _Log) -> Log:
    if told.removed:
        raise Malformed("expected a log of a block, got one that was removed from it")
    if len(told.topics) > TOPICS_MAX:
        raise Malformed(f"expected at most {TOPICS_MAX} topics")
    return Log(
        address=parsed_address(told.address),
        topics=tuple(parsed_word(topic) for topic in told.topics),
        data=parsed_bytes(told.data, bytes_max=ANSWER_BYTES_MAX),
        block_number=parsed_quantity(told.block_number, at_most=NUMBER_MAX, what="a block number"),
        block_hash=parsed_hash(told.block_hash, what="a block hash"),
        tx_hash=parsed_hash(told.transaction_hash, what="a transaction hash"),
        log_index=parsed_quantity(told.log_index, at_most=NUMBER_MAX, what="a log's place"),
    )


def _logs(raw: msgspec.Raw, query: LogQuery) -> list[Log]:
    """The logs of an answer, in the order of the chain; each is one that was asked for, and comes once."""
    told = _decoded(raw, list[_Log])
    if len(told) > LOGS_MAX:
        raise TooMuchAsked(f"an answer of more than {LOGS_MAX} logs")
    logs = sorted((_log(one) for one in told), key=lambda log: (log.block_number, log.log_index))
    if len({(log.block_hash, log.log_index) for log in logs}) != len(logs):
        raise Malformed("expected each log once")
    hash_at = {log.block_number: log.block_hash for log in logs}
    if any(hash_at[log.block_number] != log.block_hash for log in logs):
        raise Malformed("expected the logs of one chain, got two blocks of the same height")
    addresses = frozenset(query.addresses)
    topics = [None if one is None else frozenset(one) for one in query.topics]
    if not all(_is_asked(log, addresses, topics) for log in logs):
        raise Malformed("expected the logs that were asked for, got another one")
    return logs


def _is_asked(log: Log, addresses: frozenset[str], topics: Sequence[frozenset[str] | None]) -> bool:
    if (addresses and log.address not in addresses) or len(log.topics) < len(topics):
        return False
    return all(one is None or topic in one for topic, one in zip(log.topics, topics, strict=False))


def _sent(raw: msgspec.Raw) -> Sent | None:
    if _is_null(raw):
        return None
    return _parsed_sent(_decoded(raw, _Sent))


def _parsed_sent(told: _Sent) -> Sent:
    return Sent(
        tx_hash=parsed_hash(told.hash, what="a transaction hash"),
        sender=parsed_address(told.sender),
        recipient=parsed_address(told.to) if told.to is not None else None,
        value_atomic=parsed_quantity(told.value, what="an amount"),
        block_hash=parsed_hash(told.block_hash, what="a block hash") if told.block_hash is not None else None,
    )


def _fee(told: _Receipt) -> int | None:
    """What the sender of a transaction paid for it, in wei; None where it is not said."""
    if told.gas_used is None or told.effective_gas_price is None:
        return None
    used, price, blobs, blob_price, for_l1 = (
        parsed_quantity(one, what="a part of a fee") if one is not None else 0
        for one in (told.gas_used, told.effective_gas_price, told.blob_gas_used, told.blob_gas_price, told.l1_fee)
    )
    return used * price + blobs * blob_price + for_l1


def _receipt(raw: msgspec.Raw) -> Receipt | None:
    if _is_null(raw):
        return None
    told = _decoded(raw, _Receipt)
    if len(told.logs) > LOGS_MAX:
        raise Malformed(f"expected a receipt of at most {LOGS_MAX} logs")
    receipt = Receipt(
        tx_hash=parsed_hash(told.transaction_hash, what="a transaction hash"),
        block_number=parsed_quantity(told.block_number, at_most=NUMBER_MAX, what="a block number"),
        block_hash=parsed_hash(told.block_hash, what="a block hash"),
        succeeded=parsed_quantity(told.status, at_most=1, what="a status of 0 or 1") == 1,
        logs=tuple(_log(one) for one in told.logs),
        fee_atomic=_fee(told),
    )
    for log in receipt.logs:
        if (log.tx_hash, log.block_hash) != (receipt.tx_hash, receipt.block_hash):
            raise Malformed("expected the logs of one receipt, got one of another transaction or block")
    if any(after.log_index <= before.log_index for before, after in itertools.pairwise(receipt.logs)):
        raise Malformed("expected the logs of a receipt in order")
    return receipt
