"""``/transfers``: the outcome of a transaction on the networks."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from keyturn import Need
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import TillgateError, TooOften, Unavailable
from tillgate.checkout.payments.model import RecordedTransaction
from tillgate.checkout.payments.operations import counted_as, counted_of_hash
from tillgate.checkout.settlement.watching import addresses_of
from tillgate.rails.port import Explanation, Found, HashUnusable, Moved, OnNetwork, TooManyLookUps, Verdict
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Asks, Call, Route

READ: Final = Need("payments:read")


class MovementObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One movement of money in a transaction.

    Attributes:
        asset: the token's contract; null for the network's own coin.
        symbol, decimals: null for a token that this server does not know.
        payment_id: null for what belongs to no payment of yours.
        single_source: one node alone reported what came to you.
        value, currency: what it counts as towards its payment; null where it belongs to none of yours.
        offer_ended_at: when a new quote replaced the offer that it counts by, whose time its block was made in; null
            where it counts by the present one.
    """

    asset: str | None
    symbol: str | None
    decimals: int | None
    sender: str
    recipient: str | None
    amount_atomic: str
    verdict: Verdict
    next_step: str
    confirmations: int
    payment_id: str | None
    single_source: bool
    value: str | None
    currency: str | None
    offer_ended_at: str | None


class OnNetworkObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What one network knows of a transaction. ``confirmationsNeeded`` is null where the network waits for a finality
    tag; ``leftOut`` counts movements between others that are not listed."""

    name: str
    title: str
    chain_id: int
    found: Found
    block_number: int | None
    explorer_url: str | None
    confirmations_needed: int | None
    movements: list[MovementObject]
    left_out: int


class TransferExplanationObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The outcome of a transaction, the networks that know it first."""

    object: Literal["transfer_explanation"] = "transfer_explanation"
    livemode: bool
    tx_hash: str
    summary: str
    networks: list[OnNetworkObject]


async def may_ask(context: ApiContext, call: Call, _: str | None) -> None:
    """Every look asks nodes, which may be paid for by the question.

    Raises:
        TooOften: this project has asked often enough for now.
    """
    seconds = await context.look_ups.seconds_to_wait(call.principal.project_id)
    if seconds:
        raise TooOften(
            f"Too many transactions were looked up by this project. Try again in {seconds} s.",
            retry_after_seconds=seconds,
        )


async def explain(context: ApiContext, call: Call) -> TransferExplanationObject:
    principal = call.principal
    try:
        told = await context.explainer.explain(
            call.params["hash"],
            addresses_of(principal.project_id, livemode=principal.livemode),
            test_networks=not principal.livemode,
        )
    except HashUnusable as error:
        raise TillgateError(f"There is no such transaction: {error}.", code="not_found") from error
    except TooManyLookUps as error:
        raise TooOften(
            f"{str(error)[:1].upper()}{str(error)[1:]}.", retry_after_seconds=error.retry_after_seconds
        ) from error
    if not told.where and told.silent:
        raise Unavailable(told.summary)
    counted = await context.database.read(lambda tx: counted_of_hash(tx, principal, told.tx_hash))
    return to_api(told, counted, livemode=principal.livemode)


def to_api(told: Explanation, counted: Sequence[RecordedTransaction], *, livemode: bool) -> TransferExplanationObject:
    """The explanation in the API's form."""
    return TransferExplanationObject(
        livemode=livemode,
        tx_hash=told.tx_hash,
        summary=told.summary,
        networks=[_network(one, counted) for one in told.networks],
    )


def _network(one: OnNetwork, counted: Sequence[RecordedTransaction]) -> OnNetworkObject:
    return OnNetworkObject(
        name=one.name,
        title=one.title,
        chain_id=one.chain_id,
        found=one.found,
        block_number=one.block_number,
        explorer_url=one.explorer_url,
        confirmations_needed=one.confirmations_needed,
        movements=[_movement(movement, counted_as(counted, movement)) for movement in one.movements],
        left_out=one.left_out,
    )


def _movement(one: Moved, counted: RecordedTransaction | None) -> MovementObject:
    return MovementObject(
        asset=one.asset,
        symbol=one.symbol,
        decimals=one.decimals,
        sender=one.sender,
        recipient=one.recipient,
        amount_atomic=str(one.amount_atomic),
        verdict=one.verdict,
        next_step=one.next_step,
        confirmations=one.confirmations,
        payment_id=one.payment_id,
        single_source=one.single_source,
        value=str(counted.value) if counted is not None else None,
        currency=counted.value.currency if counted is not None else None,
        offer_ended_at=to_rfc3339(counted.offer_ended_at)
        if counted is not None and counted.offer_ended_at is not None
        else None,
    )


ROUTES = [
    Route(
        "GET",
        "/transfers/{hash}",
        READ,
        "Explain a transaction: on which network it is, what it moved where, and whether that counts",
        Asks(explain),
        TransferExplanationObject,
        guard=may_ask,
    ),
]
