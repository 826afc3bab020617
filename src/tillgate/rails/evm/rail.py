"""The rail of real networks: each session has an address of its own in its merchant's wallet, the same on every
network, and is paid there in any of the tokens that its project takes."""

from collections.abc import Sequence
from typing import Final

from tillgate.base.clock import MINUTE_MS, Clock
from tillgate.base.errors import Conflict, Unavailable
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.rails.evm import records as watched
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import DEVELOPMENT_CHAIN_ID, Finality, Network, Token
from tillgate.rails.evm.source import AddressSource
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets import records as wallet_records
from tillgate.rails.evm.wallets.model import WalletError
from tillgate.rails.evm.wallets.reading_ahead import fresh_since
from tillgate.rails.port import (
    CaptureRequest,
    Movement,
    MovementStatus,
    PaymentOption,
    PaymentTerms,
    QuoteRequest,
    RefundRequest,
    TokenTold,
)
from tillgate.store import Transaction

# A network about which nothing was learnt for so long is away, and offered to nobody.
AWAY_MS: Final = 2 * MINUTE_MS
# No contract counts further (ERC-20: uint256).
AMOUNT_MAX: Final = 2**256 - 1


class EvmRail:
    """Quotes tokens that are worth the price's currency, one for one."""

    name = "evm"
    # Whichever the operator has named.
    chain_ids: Sequence[int] = ()
    authorizes = False
    refunds = False
    sends = False

    def __init__(self, clock: Clock, *, dev: bool, source: AddressSource = wallets.allocate) -> None:
        """
        Args:
            dev: the chain of development nodes serves live mode.
        """
        self._clock = clock
        self._dev = dev
        self._source = source

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        """See :class:`~tillgate.rails.port.Rail`.

        Raises:
            Conflict: there is no network or wallet, or no token that the project takes is worth the price's currency.
            Unavailable: the nodes of every network that could be paid on are away, or no address is known to be unused.
        """
        serving = [one for one in await networks.every(tx) if self._serves(one, livemode=request.livemode)]
        if not serving:
            mode = "live" if request.livemode else "test"
            raise Conflict(
                f"No network is set up on this server that serves {mode} payments. Ask the operator to name one: "
                "tillgate networks add.",
                code="live_mode_not_configured",
            )
        if await wallet_records.current(tx, request.project_id) is None:
            raise Conflict(
                "This project has no confirmed wallet, so there is no address that a payment could go to. Set one: "
                "tillgate wallets set.",
                code="live_mode_not_configured",
            )
        options = await self._offered(tx, request, {one.chain_id: one for one in serving})
        terms = PaymentTerms(0, "", 0, "", 0, "", tuple(options)).chosen(options[0])
        return await self.allocate(tx, request, terms) if request.allocates else terms

    async def is_set_up(self, tx: Transaction, project_id: str, *, livemode: bool) -> bool:
        serving = [one for one in await networks.every(tx) if self._serves(one, livemode=livemode)]
        return bool(serving) and await wallet_records.current(tx, project_id) is not None

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        options = tuple(one._replace(amount_atomic=_asked(price, one.decimals)) for one in terms.options)
        return terms._replace(amount_atomic=_asked(price, terms.asset_decimals), options=options)

    async def allocate(self, tx: Transaction, request: QuoteRequest, terms: PaymentTerms) -> PaymentTerms:
        """The same terms with an address of the project's wallet, where they have none.

        Raises:
            Unavailable: no address is known to be unused.
        """
        if terms.address:
            return terms
        now = self._clock.now()
        since = fresh_since(now, await networks.joined_since(tx) or now)
        try:
            found = await self._source(tx, request.project_id, request.payment_id, fresh_since=since, now=now)
        except WalletError as error:
            raise Unavailable(
                "No address of the project's wallet lies ready: addresses are looked at on every network before they "
                "are given out. Try again in a minute.",
                internal=str(error),
            ) from error
        return terms._replace(address=found.address)

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        return Movement(MovementStatus.FAILED)

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def send_refund(self, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return await watched.looked_until(tx, chain_id)

    async def token_told(self, tx: Transaction, chain_id: int, token: str) -> TokenTold | None:
        network = await networks.by_chain(tx, chain_id)
        if network is None:
            return None
        livemode = self._serves(network, livemode=True)
        for one in await networks.tokens_of(tx, chain_id):
            if one.address.lower() == token.lower():
                return TokenTold(network.name, one.asset, one.symbol, one.decimals, one.currency, livemode)
        # It was watched when it was seen, and is no token of the operator's any more.
        return TokenTold(network.name, f"eip155:{chain_id}/erc20:{token}", "", 0, None, livemode)

    async def owner_of(self, tx: Transaction, address: str) -> str | None:
        return await wallet_records.owner_of(tx, address)

    async def assigned(self, tx: Transaction, chain_id: int, tx_hash: str, ordinal: int, payment_id: str) -> None:
        await watched.assign(tx, chain_id, tx_hash, ordinal, payment_id)

    async def _offered(
        self, tx: Transaction, request: QuoteRequest, serving: dict[int, Network]
    ) -> list[PaymentOption]:
        """What the price can be paid in now; one at least."""
        accepted = [one.token for one in await networks.tokens_of_project(tx, request.project_id) if one.is_accepted]
        taken = [one for one in accepted if one.chain_id in serving and one.changed_at is None]
        in_use = [one for one in taken if serving[one.chain_id].paused_at is None]
        fitting = [one for one in in_use if one.currency == request.price.currency]
        fitting = [one for one in fitting if _asked(request.price, one.decimals) <= AMOUNT_MAX]
        if not fitting:
            raise Conflict(_nothing_fits(request.price, in_use), code="currency_not_accepted")
        there = {chain_id for chain_id in {one.chain_id for one in fitting} if await self._is_there(tx, chain_id)}
        options = [_option(serving[one.chain_id], one, request.price) for one in fitting if one.chain_id in there]
        if not options:
            away = sorted({serving[one.chain_id].title for one in fitting})
            raise Unavailable(
                f"The nodes of {', '.join(away)} do not answer at the moment, so nothing could be seen to arrive. Try "
                "again in a minute."
            )
        return options

    def _serves(self, network: Network, *, livemode: bool) -> bool:
        """Whether a network serves a mode: money of test networks is worth nothing."""
        if network.chain_id == DEVELOPMENT_CHAIN_ID:
            return self._dev or not livemode
        return network.is_testnet is not livemode

    async def _is_there(self, tx: Transaction, chain_id: int) -> bool:
        """Whether a network is being watched, and its nodes answer."""
        state = await watched.answers_since(tx, chain_id)
        return state is not None and self._clock.now() - state < AWAY_MS


def _asked(price: Money, decimals: int) -> int:
    """What a price is in a token that is worth its currency, rounded up."""
    asked: int = -(-price.minor * 10**decimals // 10 ** MINOR_DIGITS[price.currency])
    return asked


def _option(network: Network, token: Token, price: Money) -> PaymentOption:
    return PaymentOption(
        network=network.name,
        title=network.title,
        exchange_label=network.exchange_label,
        explorer=network.explorer,
        chain_id=network.chain_id,
        asset=token.asset,
        symbol=token.symbol,
        decimals=token.decimals,
        amount_atomic=_asked(price, token.decimals),
        confirmations=network.confirmations if network.finality is Finality.DEPTH else None,
        block_ms=network.limits.block_ms,
    )


def _nothing_fits(price: Money, in_use: Sequence[Token]) -> str:
    if not in_use:
        return (
            "This project takes no token of a network in use. Accept one: tillgate tokens accept; tillgate tokens list "
            "shows them."
        )
    had = sorted({one.currency for one in in_use})
    return (
        f"No token that this project takes is worth {price.currency}. It can be paid in {', '.join(had)} "
        f"({', '.join(sorted({one.symbol for one in in_use}))})."
    )
