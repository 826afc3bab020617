"""A JSON-RPC node on loopback that speaks as real ones do, for what a test has to make it say."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ERC20_CODE = "0x6080"


class StandIn:
    """What one node knows. A test changes it before it asks.

    Attributes:
        tags: the block that each tag names; one that is missing is null.
        range_max, topics_max: what is more is refused, in the words of a provider.
        decimals: by token, in lower case; None is a contract that says none.
        used: nonces by address, in lower case.
        prices: what price feeds answer, by address in lower case: with eight decimals, a minute ago and for two hours.
        held: of tokens, by token and the 40 digits of an address, in lower case.
        frozen: addresses that tokens freeze, as 40 digits in lower case.
        asked: the methods, in order.
    """

    def __init__(self, chain_id: int = 31_337, *, genesis: str = "0x" + "11" * 32) -> None:
        self.chain_id = chain_id
        self.genesis = genesis
        self.head = 5_000
        self.block_seconds = 2
        self.tags: dict[str, int] = {"safe": 4_990, "finalized": 4_900}
        self.range_max = 10_000
        self.topics_max = 500
        self.batches = True
        self.by_hash = True
        self.decimals: dict[str, int | None] = {}
        self.used: dict[str, int] = {}
        self.prices: dict[str, int] = {}
        self.held: dict[tuple[str, str], int] = {}
        self.frozen: set[str] = set()
        self.down = False
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.url = ""

    def block(self, number: int) -> dict[str, Any] | None:
        if not 0 <= number <= self.head:
            return None
        return {
            "number": hex(number),
            "hash": self.hash_of(number),
            "parentHash": self.hash_of(number - 1) if number else "0x" + "00" * 32,
            "timestamp": hex(1_700_000_000 + number * self.block_seconds),
            "logsBloom": "0x" + "00" * 256,
            "transactions": [],
        }

    def hash_of(self, number: int) -> str:
        return self.genesis if number == 0 else f"0x{self.chain_id:032x}{number:032x}"

    def answer(self, method: str, params: list[Any]) -> Any:
        self.asked.append(method)
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_getBlockByNumber":
                at = params[0]
                if at == "latest":
                    return self.block(self.head)
                number = self.tags.get(at, -1) if not at.startswith("0x") else int(at, 16)
                return self.block(number)
            case "eth_getBlockByHash":
                number = int(params[0][-32:], 16)
                return next((self.block(n) for n in (number, 0) if self.hash_of(n) == params[0]), None)
            case "eth_getLogs":
                return self._logs(params[0])
            case "eth_getTransactionByHash":
                return None
            case "eth_getTransactionCount":
                return hex(self.used.get(params[0].lower(), 0))
            case "eth_getCode":
                return ERC20_CODE if params[0].lower() in self.decimals else "0x"
            case "eth_getBalance":
                if not self.by_hash and isinstance(params[1], dict):
                    raise Refusal(-32602, "invalid argument 1: hex string expected")
                return "0x0"
            case "eth_call":
                return self._call(params[0])
            case "eth_estimateGas":
                return hex(52_000)
            case "eth_gasPrice":
                return hex(10**9)
            case _:
                pass
        raise Refusal(-32601, f"the method {method} does not exist/is not available")

    def _call(self, asked: dict[str, Any]) -> str:
        method, last = asked["data"][:10], asked["data"][-40:]
        match method:
            case _ if asked["to"].lower() in self.prices:
                return self._feed(asked)
            case "0x70a08231":
                return f"0x{self.held.get((asked['to'].lower(), last), 0):064x}"
            case "0xa9059cbb":
                if asked["from"][2:] in self.frozen:
                    raise Refusal(3, "execution reverted: transfer amount exceeds what is not frozen")
                return f"0x{1:064x}"
            case "0xfe575a87":
                return f"0x{last in self.frozen:064x}"
            case _:
                told = self.decimals.get(asked["to"].lower())
                return "0x" if told is None else f"0x{told:064x}"

    def _feed(self, asked: dict[str, Any]) -> str:
        if asked["data"].startswith("0x313ce567"):
            return f"0x{8:064x}"
        now = int(time.time())
        words = (7, self.prices[asked["to"].lower()], now - 7_200, now - 60, 7)
        return "0x" + "".join(f"{word:064x}" for word in words)

    def _logs(self, asked: dict[str, Any]) -> list[Any]:
        if "blockHash" in asked and not self.by_hash:
            raise Refusal(-32602, "invalid argument 0: unknown field blockHash")
        if len((asked["topics"][2:] or [[]])[0]) > self.topics_max:
            raise Refusal(-32602, f"exceed max topics: {self.topics_max}")
        if "fromBlock" in asked and int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= self.range_max:
            raise Refusal(-32600, f"query exceeds max block range {self.range_max}")
        return []


class Refusal(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


@contextlib.contextmanager
def served(node: StandIn, port: int = 0) -> Iterator[StandIn]:
    """The node on a port, one of its own by default, at a path that holds a secret."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: the second would wait for the first to be acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            node.paths.append(self.path)
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if node.down:
                self._reply(503, b"")
                return
            several = isinstance(body, list)
            if several and not node.batches:
                refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "invalid request"}}
                self._reply(200, json.dumps(refusal).encode())
                return
            told = [self._one(one) for one in (body if several else [body])]
            self._reply(200, json.dumps(told if several else told[0]).encode())

        def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
            try:
                return {"jsonrpc": "2.0", "id": asked["id"], "result": node.answer(asked["method"], asked["params"])}
            except Refusal as refusal:
                return {"jsonrpc": "2.0", "id": asked["id"], "error": refusal.error}

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    connections: list[socket.socket] = []

    class Server(ThreadingHTTPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            connections.append(request)
            super().process_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that is gone is nothing to tell."""

    server = Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    node.url = f"http://127.0.0.1:{server.server_port}/v3/s3cr3t-of-the-operator"
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
        # One that is kept alive would be answered on.
        for one in connections:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join()
