"""The rail of real networks: each session has an address of its own in its merchant's wallet, the same on every
network, and is paid there in any of the tokens that its project takes."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from tillgate.base.clock import HOUR_MS, MINUTE_MS, Clock
from tillgate.base.errors import Conflict, InvalidInput, TooOften, Unavailable
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.base.problems import Problem
from tillgate.rails.evm import records as watched
from tillgate.rails.evm.addresses import AddressError, is_address, parse_address
from tillgate.rails.evm.coin import records as coin_records
from tillgate.rails.evm.feeds import records as feed_records
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import DEVELOPMENT_CHAIN_ID, Finality, Network, Token
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.model import Rates, Unusable
from tillgate.rails.evm.source import AddressSource
from tillgate.rails.evm.treasury.contract import DEPLOYER, factory, till
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets import records as wallet_records
from tillgate.rails.evm.wallets.model import Wallet, WalletError
from tillgate.rails.evm.wallets.reading_ahead import fresh_since
from tillgate.rails.port import (
    CaptureRequest,
    LockedRate,
    Movement,
    MovementStatus,
    PaymentOption,
    PaymentTerms,
    QuoteRequest,
    RefundRequest,
    TokenInfo,
)
from tillgate.store import Transaction

# A network about which nothing was learnt for so long is away, and offered to nobody.
AWAY_MS: Final = 2 * MINUTE_MS
# Money for an offer that a new quote replaced is looked for until its network was read so far past that: further back
# than any reorganisation reaches that may put the money into another block.
EARLIER_MS: Final = HOUR_MS
# The number of replaced quotes that are remembered with a payment, each with all of its options.
EARLIER_QUOTES_MAX: Final = 12
# No contract counts further (ERC-20: uint256).
AMOUNT_MAX: Final = 2**256 - 1
# Longer than any address, with spaces around it.
_ADDRESS_CHARACTERS_MAX: Final = 100
# The zero address, and those of the chain's own contracts (EIP-1352).
_PRECOMPILED_MAX: Final = 0xFFFF


class EvmRail:
    """Quotes tokens that are worth the price's currency, one for one, and others by a rate that can be used now."""

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
        serving = [one for one in await networks.every(tx) if self.serves(one, livemode=request.livemode)]
        if not serving:
            mode = "live" if request.livemode else "test"
            raise Conflict(
                f"No network is set up on this server that serves {mode} payments. Ask the operator to name one: "
                "tillgate networks add.",
                code="live_mode_not_configured",
            )
        wallet = await wallet_records.current(tx, request.project_id)
        if wallet is None:
            raise Conflict(
                "This project has no confirmed wallet, so there is no address that a payment could go to. Set one: "
                "tillgate wallets set.",
                code="live_mode_not_configured",
            )
        reached = [one for one in serving if _reaches(wallet, one)]
        if not reached:
            raise Conflict(_not_reached(wallet, serving), code="live_mode_not_configured")
        options = await self._offered(tx, request, {one.chain_id: one for one in reached})
        terms = PaymentTerms(0, "", 0, "", 0, "", tuple(options)).chosen(options[0])
        return await self.allocate(tx, request, terms) if request.allocates else terms

    async def is_set_up(self, tx: Transaction, project_id: str, *, livemode: bool) -> bool:
        wallet = await wallet_records.current(tx, project_id)
        if wallet is None:
            return False
        return any(self.serves(one, livemode=livemode) and _reaches(wallet, one) for one in await networks.every(tx))

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        options = tuple(one._replace(amount_atomic=_asked(price, one.decimals, one.rate)) for one in terms.options)
        chosen = terms._replace(options=options).option(terms.asset)
        asked = chosen.amount_atomic if chosen is not None else _asked(price, terms.asset_decimals, None)
        return terms._replace(amount_atomic=asked, options=options)

    async def offer_again(
        self, tx: Transaction, request: QuoteRequest, terms: PaymentTerms, *, price: Money
    ) -> PaymentTerms:
        """See :class:`~tillgate.rails.port.OfferingRail`. A network that is away stays offered, for its money is seen
        once it is back.

        Raises:
            Conflict: no token that was offered on these networks can be offered now.
            TooOften: its offers were replaced too often within the time in which money for them may still be seen.
        """
        chain_ids = terms.chain_ids
        serving = {one.chain_id: one for one in await networks.every(tx) if one.chain_id in chain_ids}
        offers = await self._offers(tx, request, serving)
        options = tuple(_option(serving[one.chain_id], one, request.price, rate) for one, rate in offers)
        now, looked = self._clock.now(), {id: await watched.looked_until(tx, id) for id in chain_ids}
        awaited = [one for one in terms.earlier if one.until > looked.get(one.option.chain_id, 0) - EARLIER_MS]
        before = terms._replace(earlier=tuple(awaited))
        chosen = next((one for one in options if one.asset == terms.asset), options[0])
        new = before.replaced_by(before._replace(options=options).chosen(chosen), price, now)
        ends = sorted({one.until for one in new.earlier})
        if len(ends) > EARLIER_QUOTES_MAX:
            seconds = max(ends[0] + EARLIER_MS - now, MINUTE_MS) // 1_000
            raise TooOften(
                f"This was quoted at {EARLIER_QUOTES_MAX} other rates a short while ago, and money for each of them "
                f"still counts. Pay what is offered now, or try again in {seconds} s.",
                retry_after_seconds=seconds,
            )
        await self._note_coin(tx, new)
        return new

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
        found_terms = terms._replace(address=found.address)
        await self._note_coin(tx, found_terms)
        return found_terms

    async def _note_coin(self, tx: Transaction, terms: PaymentTerms) -> None:
        """Let watchers look for coin at an address where it is asked for."""
        for chain_id in sorted({one.chain_id for one in terms.options if one.is_coin}) if terms.address else ():
            await coin_records.offer(tx, chain_id, terms.address.lower(), self._clock.now())

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        return Movement(MovementStatus.FAILED)

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def send_refund(self, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return await watched.looked_until(tx, chain_id)

    async def token_info(self, tx: Transaction, chain_id: int, token: str) -> TokenInfo | None:
        network = await networks.by_chain(tx, chain_id)
        if network is None:
            return None
        livemode = self.serves(network, livemode=True)
        for one in await networks.tokens_of(tx, chain_id):
            if one.address.lower() == token.lower():
                return TokenInfo(network.name, one.asset, one.symbol, one.decimals, one.currency, livemode)
        # It was watched when it was seen, and is no token of the operator's any more.
        return TokenInfo(network.name, f"eip155:{chain_id}/erc20:{token}", "", 0, None, livemode)

    async def owner_of(self, tx: Transaction, address: str) -> str | None:
        return await wallet_records.owner_of(tx, address)

    async def destination(self, tx: Transaction, project_id: str, text: str) -> str:
        trimmed = text[:_ADDRESS_CHARACTERS_MAX].strip()
        if not is_address(trimmed):
            raise InvalidInput("destination", Problem.NOT_AN_ADDRESS)
        try:
            address = parse_address(trimmed)
        except AddressError as error:
            raise InvalidInput("destination", Problem.ADDRESS_MISTYPED) from error
        written = address.lower()
        if int(written, 16) <= _PRECOMPILED_MAX:
            raise InvalidInput("destination", Problem.ADDRESS_OF_NOBODY)
        if any(one.token.address.lower() == written for one in await networks.tokens_of_project(tx, project_id)):
            raise InvalidInput("destination", Problem.ADDRESS_OF_TOKEN)
        if address in (DEPLOYER, factory(), till()) or await wallet_records.owner_of(tx, address) is not None:
            raise InvalidInput("destination", Problem.ADDRESS_OF_OURS)
        if await wallet_records.of_treasury(tx, project_id, address) is not None:
            raise InvalidInput("destination", Problem.ADDRESS_OF_OURS)
        return address

    async def assigned(self, tx: Transaction, chain_id: int, tx_hash: str, ordinal: int, payment_id: str) -> None:
        await watched.assign(tx, chain_id, tx_hash, ordinal, payment_id)

    def serves(self, network: Network, *, livemode: bool) -> bool:
        """Whether a network serves a mode: money of test networks is worth nothing."""
        if network.chain_id == DEVELOPMENT_CHAIN_ID:
            return self._dev or not livemode
        return network.is_testnet is not livemode

    async def _offers(
        self, tx: Transaction, request: QuoteRequest, serving: Mapping[int, Network]
    ) -> list[tuple[Token, LockedRate | None]]:
        """The tokens that the price can be paid in on these networks, and by which rate; one at least."""
        accepted = [one.token for one in await networks.tokens_of_project(tx, request.project_id) if one.is_accepted]
        taken = [one for one in accepted if one.chain_id in serving and one.changed_at is None]
        in_use = [one for one in taken if serving[one.chain_id].paused_at is None]
        now = self._clock.now()
        found = await rates.rates_of(tx, request.project_id, now)
        pegs = {(one.base, one.quote): one for one in await feed_records.every(tx) if one.is_of_token}
        off = {key for key, one in pegs.items() if one.is_off_peg(now)}
        doubted = {key: problem for key, one in pegs.items() if (problem := one.problem(now)) is not None}
        offers, problems = _fitting(request.price, in_use, found, _Pegs(off, doubted))
        if not offers:
            raise Conflict(_nothing_fits(request.price, in_use, problems), code="currency_not_accepted")
        return offers

    async def _offered(
        self, tx: Transaction, request: QuoteRequest, serving: Mapping[int, Network]
    ) -> list[PaymentOption]:
        """What the price can be paid in now; one at least."""
        offers = await self._offers(tx, request, serving)
        there = {chain_id for chain_id in {one.chain_id for one, _ in offers} if await self._is_there(tx, chain_id)}
        options = [
            _option(serving[one.chain_id], one, request.price, rate) for one, rate in offers if one.chain_id in there
        ]
        if not options:
            away = sorted({serving[one.chain_id].title for one, _ in offers})
            raise Unavailable(
                f"The nodes of {', '.join(away)} do not answer at the moment, so nothing could be seen to arrive. Try "
                "again in a minute."
            )
        return options

    async def _is_there(self, tx: Transaction, chain_id: int) -> bool:
        """Whether a network is being watched, and its nodes answer."""
        state = await watched.answers_since(tx, chain_id)
        return state is not None and self._clock.now() - state < AWAY_MS


def _reaches(wallet: Wallet, network: Network) -> bool:
    """Whether money on a network can come to the wallet's owner: to a treasury only by the contract that moves it."""
    return wallet.treasury is None or (network.factory_seen_at is not None and wallet.takes(network.chain_id))


def _not_reached(wallet: Wallet, serving: Sequence[Network]) -> str:
    titles = ", ".join(one.title for one in serving)
    if any(wallet.takes(one.chain_id) for one in serving):
        return (
            f"The contract that moves money to a treasury is not on {titles} yet. Anybody can put it there: tillgate "
            "wallets factory says how."
        )
    return (
        f"The project's treasury is a contract that is not on {titles}, so nothing would reach you there. Set it again "
        "once it is, or another one: tillgate wallets set --treasury."
    )


class _Pegs(NamedTuple):
    """What feeds say of tokens, by symbol and currency.

    Attributes:
        off: they are not worth their currency.
        doubted: why that is unknown now: a price in another currency is then not converted into them.
    """

    off: Collection[tuple[str, str]]
    doubted: Mapping[tuple[str, str], str]


def _fitting(
    price: Money, in_use: Sequence[Token], found: Rates, pegs: _Pegs
) -> tuple[list[tuple[Token, LockedRate | None]], list[Unusable]]:
    """The tokens that a price can be paid in, those worth its own currency first and without a rate, and why others
    cannot be used now."""
    problems: dict[str, Unusable] = {}
    for one in in_use:
        if (one.symbol, one.currency) in pegs.off:
            problems[one.symbol] = Unusable(f"{one.symbol} is not worth its {one.currency} now", is_missing=False)
    in_use = [one for one in in_use if one.symbol not in problems]
    own: list[tuple[Token, LockedRate | None]] = [(one, None) for one in in_use if one.currency == price.currency]
    converted: list[tuple[Token, LockedRate | None]] = []
    locked = {
        one.currency: found.lock(price.currency, one.currency) for one in in_use if one.currency != price.currency
    }
    for one in in_use:
        rate = locked.get(one.currency)
        told = pegs.doubted.get((one.symbol, one.currency))
        if rate is not None and told is not None:
            rate = Unusable(told, is_missing=False)
        if isinstance(rate, LockedRate):
            converted.append((one, rate))
        elif rate is not None:
            problems[one.currency] = rate
    offers = [(one, rate) for one, rate in own + converted if _asked(price, one.decimals, rate) <= AMOUNT_MAX]
    return offers, [problems[currency] for currency in sorted(problems)]


def _asked(price: Money, decimals: int, rate: LockedRate | None) -> int:
    """What a price is in a token, rounded up: one for one where it is worth the price's currency, else by the rate."""
    asked = Fraction(price.minor * 10**decimals, 10 ** MINOR_DIGITS[price.currency])
    return ceil(asked * rate.exactly if rate is not None else asked)


def _option(network: Network, token: Token, price: Money, rate: LockedRate | None) -> PaymentOption:
    return PaymentOption(
        network=network.name,
        title=network.title,
        exchange_label=network.exchange_label,
        explorer=network.explorer,
        chain_id=network.chain_id,
        asset=token.asset,
        symbol=token.symbol,
        decimals=token.decimals,
        amount_atomic=_asked(price, token.decimals, rate),
        confirmations=network.confirmations if network.finality is Finality.DEPTH else None,
        block_ms=network.limits.block_ms,
        rate=rate,
    )


def _nothing_fits(price: Money, in_use: Sequence[Token], problems: Sequence[Unusable]) -> str:
    if not in_use:
        return (
            "This project takes no token of a network in use. Accept one: tillgate tokens accept; tillgate tokens list "
            "shows them."
        )
    had = sorted({one.currency for one in in_use})
    told = (
        f"No token that this project takes is worth {price.currency}. It can be paid in {', '.join(had)} "
        f"({', '.join(sorted({one.symbol for one in in_use}))})."
    )
    reasons = [one.reason for one in problems if not one.is_missing]
    if not reasons and had == [price.currency]:
        return told
    if not reasons:
        fiat = [currency for currency in had if currency in MINOR_DIGITS]
        # What one coin is worth, and not the other way round: that is how anybody says it.
        pair = f"{price.currency} {fiat[0]}" if fiat else f"{had[0]} {price.currency}"
        return f"{told} A rate makes it payable in these: tillgate rates set {pair} RATE."
    joined = "; ".join(reasons)
    return f"{told} It cannot be now: {joined}. tillgate rates list and tillgate rates feed list show each."
