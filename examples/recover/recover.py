"""Find what lies at the addresses of a treasury, from its recovery code alone, and print what moves it there.

    python examples/recover/recover.py --treasury 0x… --rpc https://… --token 0x… < recovery-code.txt

For whoever has lost the database. It needs the package ``tillgate[evm]`` and a node of the network, and writes nothing.
The network's own coin is looked for beside the tokens. The addresses are asked about in order until so many in a row
(``--gap``) have nothing. Any wallet that has gas may send the calls that it prints: what they move goes to the
treasury. Where the contract is not on the network yet, the first call puts it there.
"""

import argparse
import json
import sys
from typing import Any

import httpx

from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import Treasury, parse_recovery_code, parse_treasury
from tillgate.rails.port import COIN

BALANCE_OF = "0x70a08231"
ASKED_AT_ONCE = 50


def main() -> None:
    """Ask, and print JSON: the addresses that have something, and the calls that move it."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--treasury", required=True, help="the address that all money goes to")
    reader.add_argument("--rpc", required=True, help="a node's URL")
    reader.add_argument("--token", required=True, action="append", help="a token's address; may be repeated")
    reader.add_argument("--gap", type=int, default=1_000, help="stop after so many addresses in a row with nothing")
    asked = reader.parse_args()
    try:
        source = Treasury(parse_treasury(asked.treasury), parse_recovery_code(sys.stdin.read(1_000)))
        tokens = [*(parse_address(one) for one in asked.token), COIN]
    except ValueError as error:
        sys.exit(f"error: {error}")
    with httpx.Client(timeout=30) as client:
        node = Node(client, asked.rpc)
        found = list(lying(node, source, tokens, asked.gap))
        calls = [] if node.has_code(contract.factory()) else [deploying()]
    for at in range(0, len(found), contract.ADDRESSES_A_FLUSH_MAX):
        salts = [source.salt(one["index"]) for one in found[at : at + contract.ADDRESSES_A_FLUSH_MAX]]
        calls.append({"to": contract.factory(), "data": contract.flushing_call(source.treasury, salts, tokens)})
    print(json.dumps({"addresses": found, "calls": calls}, indent=2))


class Node:
    """A node that is asked over JSON-RPC."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client, self._url = client, url

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one question."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        told = self._client.post(self._url, json=body).raise_for_status().json()
        if "result" not in told:
            sys.exit(f"error: the node answers {method} with {told.get('error')}")
        return told["result"]

    def balance(self, token: str, address: str) -> int:
        """What an address has of a token or of the coin, in its smallest unit."""
        if token == COIN:
            return int(self.ask("eth_getBalance", address, "latest"), 16)
        data = BALANCE_OF + address[2:].lower().rjust(64, "0")
        return int(self.ask("eth_call", {"to": token, "data": data}, "latest"), 16)

    def has_code(self, address: str) -> bool:
        """Whether a contract is there."""
        return bool(self.ask("eth_getCode", address, "latest") != "0x")


def lying(node: Node, source: Treasury, tokens: list[str], gap: int) -> Any:
    """Each address that has something."""
    index = empty = 0
    while empty < gap:
        for address in source.addresses(index, ASKED_AT_ONCE):
            held = {token: node.balance(token, address) for token in tokens}
            empty = 0 if any(held.values()) else empty + 1
            if not empty:
                amounts = {token: str(amount) for token, amount in held.items() if amount}
                yield {"index": index, "address": address, "amountsAtomic": amounts}
            index += 1


def deploying() -> dict[str, str]:
    """What puts the contract onto a network."""
    return {"to": contract.DEPLOYER, "data": contract.deploying_call()}


if __name__ == "__main__":
    main()
