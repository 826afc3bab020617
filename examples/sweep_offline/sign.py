"""Sign the transfers of a sweep's plan on a machine that has no network.

    pip install eth-account
    python examples/sweep_offline/sign.py plan.json > signed.json

The plan is what ``tillgate wallets sweep --plan`` or the dashboard writes; put it, this file and the package onto the
machine. The recovery phrase, or the extended private key of the account, is typed without being shown, or read from a
file (``--keys``). Nothing is signed before every address of the plan follows from it, and before somebody has typed the
end of the address that the money goes to. What is printed can be read by anybody: it holds signed transactions and no
key. ``broadcast.py`` sends them.
"""

import argparse
import getpass
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_account.hdaccount.deterministic import SoftNode, derive_child_key
from eth_utils.address import to_checksum_address

KIND, VERSION = "tillgate-sweep", 1
ACCOUNT = "m/44'/60'/0'"
TYPED = 6
TRANSFERS_MAX = 10_000
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
XPRV = bytes.fromhex("0488ade4")


def main() -> None:
    """Read the plan and the keys, compare, ask, sign, and print JSON."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("plan", type=Path, help="the plan")
    reader.add_argument("--keys", type=Path, help="a file with the phrase or the key; else it is asked for")
    reader.add_argument("--account", default=ACCOUNT, help=f"where a phrase has the account; {ACCOUNT} by default")
    reader.add_argument("--passphrase", action="store_true", help="the phrase has a passphrase, which is asked for")
    reader.add_argument("--yes", action="store_true", help="do not ask where the money goes")
    asked = reader.parse_args()
    plan = checked(json.loads(asked.plan.read_text("utf-8")))
    secret = asked.keys.read_text("utf-8") if asked.keys else getpass.getpass("Recovery phrase or extended key: ")
    passphrase = getpass.getpass("Passphrase: ") if asked.passphrase else ""
    keys = Keys(secret.strip(), passphrase, asked.account)
    by_index: dict[int, bytes] = {}
    for one in plan["transfers"]:
        key = by_index.setdefault(one["index"], keys.of(one["path"]))
        if Account.from_key(key).address.lower() != one["address"].lower():
            stop(f"the address of index {one['index']} is another one with these keys: they are not this wallet's")
    tell(plan)
    if not asked.yes:
        confirm(plan["to"])
    signed = [sign(plan, one, by_index[one["index"]]) for one in plan["transfers"]]
    print(json.dumps({"kind": f"{KIND}-signed", "chainId": plan["chainId"], "transactions": signed}, indent=2))


def checked(plan: Any) -> dict[str, Any]:
    """The plan, if this can sign it."""
    if not isinstance(plan, dict) or (plan.get("kind"), plan.get("version")) != (KIND, VERSION):
        stop(f"this is no plan of a sweep that can be read here: expected {KIND}, version {VERSION}")
    if not 0 < len(plan["transfers"]) <= TRANSFERS_MAX:
        stop(f"expected 1 to {TRANSFERS_MAX:,} transfers")
    return plan


class Keys:
    """What the addresses' private keys follow from: a phrase, or the extended private key of the account."""

    def __init__(self, secret: str, passphrase: str, account: str) -> None:
        self._seed, self._account, self._node = b"", account, (b"", b"")
        if secret.startswith("xprv"):
            self._node = opened(secret)
            return
        try:
            self._seed = seed_from_mnemonic(" ".join(secret.split()), passphrase)
        except Exception:  # its message may repeat words of the phrase
            stop("this is neither a recovery phrase nor an extended private key")

    def of(self, path: str) -> bytes:
        """The private key of an address, by its path below the account's key, such as 0/3."""
        if self._seed:
            return bytes(key_from_seed(self._seed, f"{self._account}/{path}"))
        key, chain_code = self._node
        for step in path.split("/"):
            key, chain_code = derive_child_key(key, chain_code, SoftNode(int(step)))
        return key


def opened(text: str) -> tuple[bytes, bytes]:
    """The private key and the chain code of an extended private key (BIP-32)."""
    number = 0
    for char in text:
        if char not in ALPHABET:
            stop("a character of the extended key is wrong")
        number = number * 58 + ALPHABET.index(char)
    raw = number.to_bytes(82, "big") if number.bit_length() <= 82 * 8 else b""
    body, check = raw[:-4], raw[-4:]
    if not raw or hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] != check or body[:4] != XPRV:
        stop("a character of the extended key is wrong, or it is no extended private key")
    return body[46:], body[13:45]


def tell(plan: dict[str, Any]) -> None:
    """Say what is about to be signed."""
    say(f"{len(plan['transfers'])} transfers on {plan['network']} (chain {plan['chainId']}), all to {plan['to']}:")
    totals: dict[tuple[str, str], int] = {}
    for one in plan["transfers"]:
        name = (one["symbol"], one["token"])
        totals[name] = totals.get(name, 0) + int(one["amountAtomic"])
        say(f"  {one['index']:>6}  {one['address']}  {one['amount']} {one['symbol']}")
    for (symbol, token), total in totals.items():
        say(f"Together {total} of the smallest unit of {symbol} ({token})")
    fee = sum(one["gas"] for one in plan["transfers"]) * int(plan["maxFeePerGas"])
    say(f"The gas is at most {fee / 10**18:.8f} {plan['coin']}.")


def confirm(to: str) -> None:
    """Let a person compare the destination with their own note of it."""
    sys.stderr.write(f"Type the last {TYPED} characters of the address that you expect the money at: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != to[-TYPED:].lower():
        stop("the plan sends the money elsewhere; nothing was signed")


def sign(plan: dict[str, Any], one: dict[str, Any], key: bytes) -> dict[str, Any]:
    """One transfer as a signed transaction (EIP-1559)."""
    amount = int(one["amountAtomic"])
    data = "0xa9059cbb" + plan["to"][2:].lower().rjust(64, "0") + f"{amount:064x}"
    transaction = {
        "type": 2,
        "chainId": plan["chainId"],
        "nonce": one["nonce"],
        "to": to_checksum_address(one["token"]),
        "value": 0,
        "data": data,
        "gas": one["gas"],
        "maxFeePerGas": int(plan["maxFeePerGas"]),
        "maxPriorityFeePerGas": int(plan["maxPriorityFeePerGas"]),
    }
    made = Account.sign_transaction(transaction, key)
    raw, name = bytes(made.raw_transaction).hex(), bytes(made.hash).hex()
    return {"index": one["index"], "address": one["address"], "hash": f"0x{name}", "raw": f"0x{raw}"}


def say(text: str) -> None:
    """For the person at the machine; what is printed goes to a file."""
    print(text, file=sys.stderr)


def stop(reason: str) -> NoReturn:
    """End, and say why."""
    sys.exit(f"error: {reason}")


if __name__ == "__main__":
    main()
