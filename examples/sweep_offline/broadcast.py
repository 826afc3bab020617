"""Send what ``sign.py`` has signed.

    python examples/sweep_offline/broadcast.py --rpc https://… signed.json

It needs nothing but Python. What was sent before is passed over, so that it may be run again: after an error, or once
addresses have the gas that they need.
"""

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

KIND = "tillgate-sweep-signed"
TIMEOUT_SECONDS = 30
# In these words nodes say that they have the transaction already.
KNOWN = ("already known", "already imported", "nonce too low", "known transaction")


def main() -> None:
    """Send one after another, and say of each what became of it; ends with 1 where one was not taken."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("signed", type=Path, help="what was signed")
    reader.add_argument("--rpc", required=True, help="a node's URL")
    asked = reader.parse_args()
    signed = json.loads(asked.signed.read_text("utf-8"))
    if signed.get("kind") != KIND:
        sys.exit(f"error: expected what sign.py prints ({KIND})")
    chain = ask(asked.rpc, "eth_chainId")
    if int(chain["result"], 16) != signed["chainId"]:
        sys.exit(
            f"error: the node follows chain {int(chain['result'], 16)}, and this is signed for {signed['chainId']}"
        )
    refused = 0
    for one in signed["transactions"]:
        told = ask(asked.rpc, "eth_sendRawTransaction", one["raw"])
        reason = str(told.get("error", {}).get("message", ""))[:200]
        known = any(words in reason.lower() for words in KNOWN)
        refused += bool(reason) and not known
        became = "sent" if not reason else "was sent before" if known else f"refused: {reason}"
        print(f"{one['index']:>6}  {one['address']}  {one['hash']}  {became}")
    sys.exit(1 if refused else 0)


def ask(url: str, method: str, *params: Any) -> dict[str, Any]:
    """What a node answers."""
    if not url.startswith(("http://", "https://")):
        sys.exit("error: a node's URL begins with https:// or http://")
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "tillgate-sweep"}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 (checked above)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        told: dict[str, Any] = json.loads(answer.read(1_000_000))
        return told


if __name__ == "__main__":
    main()
