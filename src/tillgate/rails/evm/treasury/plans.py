"""A sweep of an extended key as files: for whoever has its keys, on a machine that may have no network.

The JSON has all that is needed to sign: nonces, gas and fees. The CSV is for people and spreadsheets.
"""

import csv
import io
from fractions import Fraction
from typing import Final

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.rails.evm.treasury.model import TreasuryError
from tillgate.rails.evm.treasury.rehearsing import COIN_DECIMALS, Rehearsal, Sender
from tillgate.rails.evm.wallets.model import Wallet
from tillgate.rails.port import decimal_of

KIND: Final = "tillgate-sweep"
VERSION: Final = 1
# Addresses are the children of this one of an account's key (BIP-44: those that receive).
EXTERNAL: Final = 0
_COLUMNS: Final = (
    *("index", "path", "address", "nonce", "token", "symbol", "amount", "amount_atomic", "to", "gas"),
    *("address_has_wei", "address_needs_wei", "address_missing_wei"),
)


class _Transfer(msgspec.Struct, rename="camel", frozen=True):
    index: int
    path: str
    address: str
    nonce: int
    token: str
    symbol: str
    amount: str
    amount_atomic: str
    gas: int


class _Funding(msgspec.Struct, rename="camel", frozen=True):
    index: int
    address: str
    has_wei: str
    needs_wei: str
    missing_wei: str
    missing: str


class _File(msgspec.Struct, rename="camel", frozen=True):
    kind: str
    version: int
    created_at: str
    fingerprint: str
    network: str
    chain_id: int
    coin: str
    to: str
    max_fee_per_gas: str
    max_priority_fee_per_gas: str
    transfers: list[_Transfer]
    funding: list[_Funding]
    funding_total_wei: str


def signing_plan(wallet: Wallet, told: Rehearsal, to: str, now: int) -> bytes:
    """What the offline signer reads.

    Raises:
        TreasuryError: the network's nodes did not answer, so that nonces and fees are unknown.
    """
    if told.gas is None:
        raise TreasuryError(_not_known(told))
    network, gas = told.found.network, told.gas
    return msgspec.json.format(
        msgspec.json.encode(
            _File(
                KIND,
                VERSION,
                to_rfc3339(now),
                wallet.fingerprint,
                network.name,
                network.chain_id,
                network.coin,
                to,
                str(gas.fee_max),
                str(min(gas.tip, gas.fee_max)),
                _transfers(told),
                [_funding(one) for one in told.senders],
                str(sum(one.missing for one in told.senders)),
            )
        ),
        indent=2,
    )


def spreadsheet(told: Rehearsal, to: str) -> bytes:
    """The same as CSV (RFC 4180), a line for each transfer.

    Raises:
        TreasuryError: the network's nodes did not answer, so that nonces and fees are unknown.
    """
    if told.gas is None:
        raise TreasuryError(_not_known(told))
    by_address = {one.address: one for one in told.senders}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for one in _transfers(told):
        sender = by_address[one.address]
        writer.writerow(
            (
                *(one.index, one.path, one.address, one.nonce, one.token, one.symbol, one.amount, one.amount_atomic),
                *(to, one.gas, sender.has, sender.needs, sender.missing),
            )
        )
    return text.getvalue().encode()


def _not_known(told: Rehearsal) -> str:
    if told.trouble is not None:
        return f"nonces and fees are unknown, for no node of {told.found.network.name} answers: {told.trouble}"
    return f"nothing is to be moved on {told.found.network.name}"


def _transfers(told: Rehearsal) -> list[_Transfer]:
    tokens = {one.address: one for one in told.found.tokens}
    senders = {one.address: one for one in told.senders}
    found = []
    for lying in told.found.lying:
        sender = senders[lying.address]
        for place, (address, amount) in enumerate(lying.amounts_atomic.items()):
            token = tokens[address]
            found.append(
                _Transfer(
                    lying.address_index,
                    f"{EXTERNAL}/{lying.address_index}",
                    lying.address,
                    sender.nonce + place,
                    address,
                    token.symbol,
                    decimal_of(Fraction(amount, 10**token.decimals)),
                    str(amount),
                    sender.gas[address],
                )
            )
    return found


def _funding(one: Sender) -> _Funding:
    missing = decimal_of(Fraction(one.missing, 10**COIN_DECIMALS))
    return _Funding(one.address_index, one.address, str(one.has), str(one.needs), str(one.missing), missing)
