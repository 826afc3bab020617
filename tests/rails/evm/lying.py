"""A JSON-RPC proxy in front of a real node that lies as nodes and providers do."""

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

Ask = Callable[[str, list[Any]], Any]


class RpcError(Exception):
    """The proxy answers with this error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Status(Exception):
    """The proxy answers with this status instead."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Honest:
    """Passes everything on."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        return ask(method, params)


class Lags(Honest):
    """Is some blocks behind, and tells nothing of those that it does not have: for their logs `[]`."""

    def __init__(self, blocks: int = 3) -> None:
        self.blocks = blocks

    def head(self, ask: Ask) -> int:
        return max(int(ask("eth_blockNumber", []), 16) - self.blocks, 0)

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        head = self.head(ask)
        match method:
            case "eth_getBlockByNumber" if params[0] == "latest":
                return ask(method, [hex(head), *params[1:]])
            case "eth_getBlockByNumber" if params[0].startswith("0x") and int(params[0], 16) > head:
                return None
            case "eth_getBlockByHash" | "eth_getTransactionReceipt":
                told = ask(method, params)
                number = (told or {}).get("number") or (told or {}).get("blockNumber")
                return told if number is not None and int(number, 16) <= head else None
            case "eth_getLogs":
                return [log for log in ask(method, params) if int(log["blockNumber"], 16) <= head]
            case _:
                return ask(method, params)


class GoesBack(Lags):
    """Every other time its head is an earlier one, with the same hashes."""

    asked = 0

    def head(self, ask: Ask) -> int:
        self.asked += 1
        return int(ask("eth_blockNumber", []), 16) - (self.asked % 2) * self.blocks


class NoLogs(Honest):
    """Has every block, and for logs `[]`."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        return [] if method == "eth_getLogs" else ask(method, params)


class LeavesOneOut(Honest):
    """Tells all logs of an answer but the first."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        return told[1:] if method == "eth_getLogs" else told


class OtherChain(Honest):
    """Follows another chain."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        return "0x1" if method == "eth_chainId" else ask(method, params)


class OtherBlocks(Honest):
    """Says it is the same chain, and has other blocks."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        if method.startswith("eth_getBlockBy") and told is not None:
            told["hash"], told["parentHash"] = ("0xee" + told[name][4:] for name in ("hash", "parentHash"))
        return told


class Limits(Honest):
    """Takes three blocks and two topics of a place at once."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs":
            asked = params[0]
            if any(isinstance(one, list) and len(one) > 2 for one in asked["topics"]):
                raise RpcError(-32602, "exceed max topics")
            if "fromBlock" in asked and int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= 3:
                raise RpcError(-32005, "limit exceeded")
        return ask(method, params)


class RefusesTopics(Honest):
    """Takes a thousand topics of a place at once; keeps the most that it was asked for, and how often it refused."""

    taken = 1_000
    most = 0
    refused = 0

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if method == "eth_getLogs":
            asked = max(len(one) for one in params[0]["topics"] if isinstance(one, list))
            self.most = max(self.most, asked)
            if asked > self.taken:
                self.refused += 1
                raise RpcError(-32602, "exceed max topics")
        return ask(method, params)


class TooManyRequests(Honest):
    """Answers 429 for ever."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        raise Status(429)


class MalformedLogs(Honest):
    """Tells logs without a block."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        return [log | {"blockHash": None} for log in told] if method == "eth_getLogs" else told


class MalformedReceipts(Honest):
    """Tells receipts whose logs are out of order or cut."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        if method == "eth_getTransactionReceipt" and told is not None:
            told["logs"] = [{"address": "0x"}]
        return told


class Pruned(Honest):
    """Has no state of any block that is named by its hash."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if method == "eth_call" and isinstance(params[1], dict):
            raise RpcError(-32000, "missing trie node")
        return ask(method, params)


class Forgets(Honest):
    """Has the state of its newest block alone."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        asked = next((one["blockHash"] for one in params if isinstance(one, dict) and "blockHash" in one), None)
        if asked is not None and method != "eth_getLogs":
            head = ask("eth_getBlockByNumber", ["latest", False])
            if asked != head["hash"]:
                raise RpcError(-32000, "missing trie node")
        return ask(method, params)


class LeavesTransactionsOut(Honest):
    """Tells blocks without their transactions."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        return told | {"transactions": []} if method == "eth_getBlockByHash" and params[1] else told


class MakesCoin(Honest):
    """Says of every address that more lies there."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        return hex(int(told, 16) + 10**18) if method == "eth_getBalance" else told


class Preconfirms(Honest):
    """Tells transactions as done that wait, in a block that nobody has, with logs and a receipt."""

    invented: dict[str, Any] | None = None

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if self.invented is not None and method == "eth_getLogs":
            head = ask("eth_getBlockByNumber", ["latest", False])
            block = {"blockNumber": head["number"], "blockHash": head["hash"]}
            if params[0].get("blockHash", head["hash"]) == head["hash"] and len(params[0]["topics"]) == 3:
                return [*ask(method, params), self.invented | block]
        if self.invented is not None and params[:1] == [self.invented["transactionHash"]]:
            block = {"blockNumber": hex(2**40), "blockHash": "0x" + "9" * 64}
            return block | {"transactionHash": params[0], "status": "0x1", "logs": [self.invented | block]}
        return ask(method, params)


class TagStalls(Honest):
    """Its finality tag stands where it stood first."""

    stands: Any = None

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized"):
            self.stands = self.stands or ask(method, params)
            return self.stands
        return ask(method, params)


class TagJumps(Honest):
    """Its finality tag is above its head."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        if method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized"):
            told["number"] = hex(int(ask("eth_blockNumber", []), 16) + 7)
        return told


class TagIsNull(Honest):
    """Knows its finality tag, and answers null."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        tagged = method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized")
        return None if tagged else ask(method, params)


class TagIsAbsent(Honest):
    """Does not know finality tags."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized"):
            raise RpcError(-32602, "invalid block tag")
        return ask(method, params)


class Garbage(Honest):
    """Answers a page of a proxy in between."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        raise Status(200)


class Proxy:
    """Stands in front of a node; what it tells is its lie's.

    Attributes:
        asked: questions by method.
        bytes_asked, bytes_told: what was asked and answered, in bytes.
    """

    def __init__(self, url: str) -> None:
        self.lie: Honest = Honest()
        self.asked: Counter[str] = Counter()
        self.bytes_asked = self.bytes_told = 0
        self._client = httpx.Client(trust_env=False, timeout=30)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                proxy.bytes_asked += len(body)
                asked = json.loads(body)
                try:
                    told = (
                        [proxy._one(url, one) for one in asked] if isinstance(asked, list) else proxy._one(url, asked)
                    )
                    status, body = 200, json.dumps(told).encode()
                except Status as lie:
                    status, body = lie.status, b"<html>not now</html>"
                proxy.bytes_told += len(body)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _one(self, url: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked[asked["method"]] += 1

        def ask(method: str, params: list[Any]) -> Any:
            question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            told = self._client.post(url, json=question).json()
            if "error" in told:
                raise RpcError(told["error"]["code"], told["error"]["message"])
            return told["result"]

        try:
            return {
                "jsonrpc": "2.0",
                "id": asked["id"],
                "result": self.lie.answer(ask, asked["method"], asked["params"]),
            }
        except RpcError as error:
            return {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": error.code, "message": str(error)}}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()


@contextlib.contextmanager
def lying_proxy(url: str) -> Iterator[Proxy]:
    """A proxy that is honest until it is told a lie."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
