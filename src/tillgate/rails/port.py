"""What a rail is asked and what it answers."""

import re
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any, Final, NamedTuple, Protocol

from tillgate.base.money import Money
from tillgate.store import Transaction

# The chain of test mode: the development chain id that EVM tools have long used; no public network has it.
TEST_CHAIN_ID: Final = 1337
# The rail of money that comes by mail. Its terms name a chain id that no network has.
MANUAL: Final = "manual"
MANUAL_CHAIN_ID: Final = 0
# How a network's own coin is named where a token is named by its contract: no contract lies at this address.
COIN: Final = "0x" + "0" * 40
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")


# Of a rate that no finite decimal says exactly, this number of decimals is shown.
RATE_DECIMALS: Final = 12


class RateLeg(NamedTuple):
    """One rate that a price is converted by.

    Attributes:
        value: units of ``quote`` for one unit of ``base``, as an exact decimal.
        source: who said it, such as ``manual``.
        as_of: since when it is said, Unix milliseconds.
    """

    base: str
    quote: str
    value: str
    source: str
    as_of: int


class LockedRate(NamedTuple):
    """The rate by which an option's amount follows from the price, for as long as the option is offered.

    Attributes:
        base: the price's currency.
        quote: what one unit of the option's asset is worth one unit of.
        legs: from the one to the other, each in the direction in which it was said.
    """

    base: str
    quote: str
    legs: tuple[RateLeg, ...]

    @property
    def exactly(self) -> Fraction:
        """Units of ``quote`` for one of ``base``."""
        rate, currency = Fraction(1), self.base
        for leg in self.legs:
            forwards = leg.base == currency
            rate = rate * Fraction(leg.value) if forwards else rate / Fraction(leg.value)
            currency = leg.quote if forwards else leg.base
        return rate

    @property
    def value(self) -> str:
        """The same as a decimal: exact where one is, else cut off after :data:`RATE_DECIMALS` decimals."""
        return decimal_of(self.exactly)

    @property
    def as_of(self) -> int:
        """Since when the older of its legs is said."""
        return min(leg.as_of for leg in self.legs)


def is_same_rate(one: LockedRate | None, other: LockedRate | None) -> bool:
    """Whether two rates convert alike, whoever said them and when."""
    return one == other or (one is not None and other is not None and one.exactly == other.exactly)


def decimal_of(value: Fraction) -> str:
    """A fraction that is not negative as a decimal, without zeros at its end."""
    denominator, digits = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while denominator % prime == 0:
            denominator //= prime
            power += 1
        digits = max(digits, power)
    if denominator > 1:
        digits = RATE_DECIMALS
    whole, rest = divmod(floor(value * 10**digits), 10**digits)
    decimals = f"{rest:0{digits}d}".rstrip("0") if digits else ""
    return f"{whole}.{decimals}" if decimals else str(whole)


class PaymentOption(NamedTuple):
    """One of several assets that a price can be paid in, and how much of it that is.

    Attributes:
        network, title: the network's name here, and as people know it.
        exchange_label: what exchanges call the network when somebody withdraws.
        explorer: where its blocks can be looked at; None where none is known.
        asset: CAIP-19 asset type.
        amount_atomic: atomic units, rounded up.
        confirmations: how deep a block has to lie; None where a tag of the network's nodes says what is final.
        block_ms: the mean time between blocks.
        rate: by which the amount was found; None where one unit of the asset is worth one of the price's currency.
    """

    network: str
    title: str
    exchange_label: str
    explorer: str | None
    chain_id: int
    asset: str
    symbol: str
    decimals: int
    amount_atomic: int
    confirmations: int | None
    block_ms: int
    rate: LockedRate | None = None

    @property
    def is_coin(self) -> bool:
        """It is the network's own coin, no token."""
        return is_coin(self.asset)

    @property
    def native_price_usd(self) -> str:
        """US dollars for one unit of the network's own coin, as a decimal; empty of a token, and where no rate of the
        conversion says it."""
        if not self.is_coin or self.rate is None:
            return ""
        if self.rate.base == "USD":
            return decimal_of(1 / self.rate.exactly)
        for leg in self.rate.legs:
            if {leg.base, leg.quote} == {self.rate.quote, "USD"}:
                return leg.value if leg.quote == "USD" else decimal_of(1 / Fraction(leg.value))
        return ""


def is_coin(asset: str) -> bool:
    """Whether a CAIP-19 asset type is a network's own coin."""
    return "/slip44:" in asset


def hash_of(reference: str) -> str | None:
    """The transaction hash that a transfer's reference is; None where it is another name: money that a contract sent
    has no transaction of its own, and is named by its block and address."""
    return reference if _HASH.fullmatch(reference) is not None else None


class EarlierOffer(NamedTuple):
    """An option as it was offered before a new quote replaced it. Money in a block of that time counts at its rate.

    Attributes:
        price_minor: the price that the option's amount was asked for.
        until: when it was replaced, Unix milliseconds.
    """

    option: PaymentOption
    price_minor: int
    until: int


class PaymentTerms(NamedTuple):
    """What the buyer is to send: an amount of one asset to one address, or of any of several to the same.

    Attributes:
        chain_id: EVM chain id (EIP-155).
        asset: CAIP-19 asset type.
        asset_decimals: digits between the human unit and the atomic one (18 for ether and wei).
        amount_atomic: atomic units, rounded up so that the merchant never gets less than the price.
        address: empty until one is allocated, which then stays.
        native_price_usd: US dollars for one unit of the chain's own coin, as a decimal string, locked now; empty where
            no such coin is asked for.
        options: every asset that will do, the one above among them; empty where it is the only one there can be.
        earlier: what new quotes have replaced, oldest first, as long as money for it may still be seen.
    """

    chain_id: int
    asset: str
    asset_decimals: int
    address: str
    amount_atomic: int
    native_price_usd: str
    options: tuple[PaymentOption, ...] = ()
    earlier: tuple[EarlierOffer, ...] = ()

    def option(self, asset: str) -> PaymentOption | None:
        """The option with this asset."""
        return next((one for one in self.options if one.asset == asset), None)

    def known_option(self, asset: str) -> PaymentOption | None:
        """The same, also of an asset that a new quote no longer offers."""
        return self.option(asset) or next((one.option for one in self.earlier if one.option.asset == asset), None)

    def earlier_offer(self, asset: str, at: int) -> EarlierOffer | None:
        """What this asset was offered at when a block of this time was made; None where the present offer counts. An
        asset that is offered no longer keeps what it was offered at last."""
        found = [one for one in self.earlier if one.option.asset == asset]
        last = found[-1] if found and self.option(asset) is None else None
        return next((one for one in found if at < one.until), last)

    def replaced_by(self, new: "PaymentTerms", price: Money, now: int) -> "PaymentTerms":
        """New terms that remember which of these they replace: each that is not offered at the same rate any more.

        Args:
            price: what these terms were offered for.
        """
        gone = [
            EarlierOffer(one, price.minor, now)
            for one in self.options
            if (other := new.option(one.asset)) is None or not is_same_rate(one.rate, other.rate)
        ]
        return new._replace(earlier=(*self.earlier, *gone))

    def with_option(self, option: PaymentOption) -> "PaymentTerms":
        """The same terms that offer an asset like this."""
        rest = tuple(one for one in self.options if one.asset != option.asset)
        return self._replace(options=(option, *rest))

    @property
    def chain_ids(self) -> frozenset[int]:
        """The networks that money may come on."""
        options = (*self.options, *(one.option for one in self.earlier))
        return frozenset((self.chain_id, *(one.chain_id for one in options)))

    @property
    def rate(self) -> LockedRate | None:
        """The rate of the option that is asked for first."""
        option = self.option(self.asset)
        return option.rate if option is not None else None

    def chosen(self, option: PaymentOption) -> "PaymentTerms":
        """The same terms with one of their options as what is asked for first."""
        return self._replace(
            chain_id=option.chain_id,
            asset=option.asset,
            asset_decimals=option.decimals,
            amount_atomic=option.amount_atomic,
            native_price_usd=option.native_price_usd,
        )


class ChainSight(NamedTuple):
    """What is seen of a network now.

    Attributes:
        is_away: its nodes have not answered for a while, so nothing could be seen to arrive.
        head: the newest block's number; None where none is known.
        final_lag_ms: about how long a block waits until it is final, as the network's own blocks do now.
    """

    is_away: bool
    head: int | None
    final_lag_ms: int | None


class WalletChain(NamedTuple):
    """What a wallet is told that does not know a network yet: public facts alone.

    Attributes:
        rpc: a node that anybody may ask; never one of the operator's own.
    """

    title: str
    coin: str
    rpc: str
    explorer: str


class HashVerdict(StrEnum):
    """The outcome of a transaction that a buyer says they paid with."""

    COUNTED = "counted"
    WAITING = "waiting"
    NOT_READ_YET = "not_read_yet"
    FOR_THE_MERCHANT = "for_the_merchant"
    OTHER_ASSET = "other_asset"
    OTHER_ADDRESS = "other_address"
    REVERTED = "reverted"
    NOT_MINED = "not_mined"
    ORPHANED = "orphaned"
    UNKNOWN = "unknown"
    NOT_ANSWERED = "not_answered"


class HashAnswer(NamedTuple):
    """The same, and on which network."""

    verdict: HashVerdict
    network: str = ""


Ours = Callable[[Transaction, Sequence[str]], Coroutine[Any, Any, Collection[str]]]
"""Which of these addresses, lower case, belong to who asks."""


class HashUnusable(ValueError):
    """A text that is no transaction's hash; the message says what was expected."""


class TooManyLookUps(Exception):
    """As many transactions are looked up at this moment as can be.

    Attributes:
        retry_after_seconds: when there may be room.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many transactions are looked up at this moment; try again in a few seconds")
        self.retry_after_seconds = retry_after_seconds


class Found(StrEnum):
    """What a network knows of a transaction."""

    MINED = "mined"
    REVERTED = "reverted"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_ANSWERED = "not_answered"


class Verdict(StrEnum):
    """Whether a movement of a transaction counts, or why not."""

    COUNTED = "counted"
    WAITING = "waiting"
    NOT_READ_YET = "not_read_yet"
    UNASSIGNED = "unassigned"
    OTHER_TOKEN = "other_token"  # noqa: S105 (of a chain, no secret)
    NATIVE_COIN = "native_coin"
    OTHER_ADDRESS = "other_address"
    LEFT = "left"
    DOUBTED = "doubted"
    ORPHANED = "orphaned"
    REVERTED = "reverted"
    NOT_MINED = "not_mined"


NEXT_STEPS: Final[Mapping[Verdict, str]] = {
    Verdict.COUNTED: "It counts towards its payment. There is nothing to do.",
    Verdict.WAITING: "It was seen and waits for its confirmations. There is nothing to do.",
    Verdict.NOT_READ_YET: "Its block has not been read yet. Look again in a few minutes; nothing has to be sent again.",
    Verdict.UNASSIGNED: "It fits no open payment. Assign it to an order, or return it and mark it returned.",
    Verdict.OTHER_TOKEN: "It arrived in a token that is not taken. The money is at the address: return it, or ask the "
    "operator to add the token.",
    Verdict.NATIVE_COIN: "It is the network's own coin, which is not asked for there. The money is at the address: "
    "return it to its sender.",
    Verdict.OTHER_ADDRESS: "It went to an address that is not one of yours. Compare the address with the one that was "
    "shown.",
    Verdict.LEFT: "It left an address of yours, and is booked as an outgoing transfer.",
    Verdict.DOUBTED: "The balance of the address does not cover it, so it is not counted. Review it before you "
    "deliver.",
    Verdict.ORPHANED: "A reorganisation removed its block. It counts when the transaction is mined again.",
    Verdict.REVERTED: "The transaction failed and moved nothing. Send the payment again.",
    Verdict.NOT_MINED: "The transaction is not mined yet. Wait for it; do not send a second one.",
}


class Moved(NamedTuple):
    """One movement of a transaction.

    Attributes:
        asset: the token's contract; None for the network's own coin. Each address has its checksum (EIP-55).
        symbol, decimals: of a token that this server knows, and of the coin.
        payment_id: whose it is, where it is one of who asks.
        single_source: one node alone told it, where it came to who asks.
    """

    asset: str | None
    symbol: str | None
    decimals: int | None
    sender: str
    recipient: str | None
    amount_atomic: int
    verdict: Verdict
    confirmations: int = 0
    payment_id: str | None = None
    single_source: bool = False

    @property
    def next_step(self) -> str:
        """What it means and what to do, in English."""
        return NEXT_STEPS[self.verdict]


class OnNetwork(NamedTuple):
    """What one network knows of the transaction.

    Attributes:
        confirmations_needed: None where the network waits for a finality tag.
        left_out: movements that are not listed, of strangers.
    """

    name: str
    title: str
    chain_id: int
    found: Found
    block_number: int | None = None
    explorer_url: str | None = None
    confirmations_needed: int | None = None
    movements: tuple[Moved, ...] = ()
    left_out: int = 0


class Explanation(NamedTuple):
    """The outcome of a transaction, the networks that know it first."""

    tx_hash: str
    networks: tuple[OnNetwork, ...]

    @property
    def where(self) -> tuple[OnNetwork, ...]:
        """The networks that know the transaction."""
        return tuple(one for one in self.networks if one.found in KNOWN)

    @property
    def silent(self) -> tuple["OnNetwork", ...]:
        """The networks of which no node answered."""
        return tuple(one for one in self.networks if one.found is Found.NOT_ANSWERED)

    @property
    def summary(self) -> str:
        """One or two sentences in English."""
        if not self.networks:
            return "No network that could be asked has been added, so nothing can be looked up."
        if self.where:
            names = " and ".join(one.title for one in self.where)
            return f"The transaction is on {names}."
        if self.silent:
            titles = ", ".join(one.title for one in self.silent)
            return f"No network that answered knows the transaction. Not answered: {titles}. Try again later."
        return (
            "No network of this server knows the transaction. It was sent on another network, is not broadcast yet, or "
            "the hash is of something else, such as a user operation. Look it up in the wallet that sent it."
        )


KNOWN: Final = (Found.MINED, Found.REVERTED, Found.PENDING)


class TransferExplainer(Protocol):
    """Says the outcome of a transaction. It asks nodes, so never inside a transaction of the database."""

    async def explain(self, text: str, ours: Ours, *, test_networks: bool = False) -> Explanation:
        """The outcome of the transaction with this hash.

        Args:
            ours: which addresses belong to who asks; nothing of others' payments is told.
            test_networks: only networks are asked whose money is worth nothing.

        Raises:
            HashUnusable: it is no hash.
            TooManyLookUps: too many are looked up at this moment.
        """
        ...


class NetworkSight(Protocol):
    """What a buyer's page asks about networks."""

    async def sight(self, tx: Transaction, chain_id: int, now: int) -> ChainSight:
        """How a network stands, out of the books alone."""
        ...

    def wallet_chain(self, chain_id: int) -> WalletChain | None:
        """What a wallet may be told about a network; None where nothing public is known of it."""
        ...

    async def look_up(self, tx_hash: str, address: str) -> HashAnswer:
        """What a transaction did for an address. Asks nodes, within a deadline; never inside a transaction."""
        ...


class QuoteRequest(NamedTuple):
    """Which payment terms are asked for, and for which project.

    Attributes:
        allocates: an address is wanted at once; else only when the buyer chooses, so that nobody's visit costs one.
    """

    project_id: str
    livemode: bool
    payment_id: str
    price: Money
    allocates: bool = True


class Block(NamedTuple):
    """The block that a transfer is in.

    Attributes:
        mined_at: the block's own time, in Unix milliseconds: what "in time" is judged by.
    """

    number: int
    hash: str
    mined_at: int


class Observation(NamedTuple):
    """Money that a rail saw on its way to an address that it quoted, in the asset that it quoted.

    Attributes:
        reference, ordinal: which transfer; together with the chain its identity, however often it is seen. The
            reference is a transaction hash where the rail has one from the beginning, else a name of the rail's own.
        tx_hash: the transaction hash, as soon as it is known.
        block: the block that it is in; None while it is in none.
        confirmations: how many blocks stand on it, its own included.
        confirmed: it is as final as this rail asks for.
        reorged: it was there and is not any more: its block is no part of the chain.
        doubted: something else says that the money is not there, such as the address's balance: a person looks first.
    """

    chain_id: int
    asset: str
    reference: str
    ordinal: int
    amount_atomic: int
    confirmed: bool
    tx_hash: str | None = None
    block: Block | None = None
    confirmations: int = 0
    reorged: bool = False
    doubted: bool = False


class Sighted(NamedTuple):
    """A transfer that a rail saw come to an address, before anybody has said what it was quoted for.

    Attributes:
        token: its contract, lower case; :data:`COIN` of the network's own coin.
        sender: with its checksum (EIP-55), as the recipient; the zero address where nobody knows it: a contract sent
            the network's own coin.
        seen: its asset is empty, for who quoted it spells it.
    """

    token: str
    sender: str
    recipient: str
    seen: Observation


class MovementStatus(StrEnum):
    """The state of money that a rail was asked to move."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Movement(NamedTuple):
    """What a rail reports about money that it was asked to move.

    Attributes:
        tx_hash: None as long as there is none; it is never invented.
    """

    status: MovementStatus
    tx_hash: str | None = None
    block: Block | None = None


class CaptureRequest(NamedTuple):
    """Capture an amount of an authorization; ``transaction_id`` names the request."""

    transaction_id: str
    terms: PaymentTerms
    amount_atomic: int


class RefundRequest(NamedTuple):
    """Send an amount back; ``refund_id`` names the request.

    Attributes:
        destination: where it goes, as the merchant wrote it; None leaves it to the rail.
    """

    refund_id: str
    terms: PaymentTerms
    amount_atomic: int
    destination: str | None


class PayoutAsked(NamedTuple):
    """The transfer by which a merchant says that they have sent money.

    Attributes:
        asset: CAIP-19 asset type.
        recipient: who has to have got exactly ``amount_atomic`` of it.
        since: no block before this instant will do, Unix milliseconds.
        known: the block that the transfer was seen in before.
    """

    chain_id: int
    asset: str
    recipient: str
    amount_atomic: int
    since: int
    tx_hash: str
    known: Block | None = None


class PayoutVerdict(StrEnum):
    """Whether a transaction is what was asked for, or why not."""

    FOUND = "found"
    NOT_A_HASH = "not_a_hash"
    BUSY = "busy"
    NOT_ANSWERED = "not_answered"
    UNKNOWN = "unknown"
    NOT_MINED = "not_mined"
    REVERTED = "reverted"
    TOO_OLD = "too_old"
    OTHER_ASSET = "other_asset"
    OTHER_AMOUNT = "other_amount"
    LOOK_ALIKE = "look_alike"
    OTHER_RECIPIENT = "other_recipient"


class PayoutSeen(NamedTuple):
    """What the nodes of a network say of it.

    Attributes:
        places: which movements of the transaction are what was asked for, in order.
        is_final: its block is as final as payments on the network have to be, and every node that answers has it.
        is_gone: the block that was known is no part of the chain, and the transaction is in no other.
    """

    verdict: PayoutVerdict
    places: tuple[int, ...] = ()
    block: Block | None = None
    confirmations: int = 0
    is_final: bool = False
    is_gone: bool = False


class PayoutLook(Protocol):
    """Looks at what a merchant has sent. It asks nodes, within a deadline, so never inside a transaction."""

    async def look(self, asked: PayoutAsked) -> PayoutSeen:
        """What the nodes say of a transfer now."""
        ...

    async def replaced(self, chain_id: int, blocks: Sequence[Block]) -> list[Block]:
        """Those of these blocks in whose place the network has another one now; none where nobody answers."""
        ...


class Rail(Protocol):
    """A way on which money arrives.

    Every operation but ``send_refund`` runs inside the caller's transaction. It reads and writes the rail's own rows
    there, and nothing else: the network is touched before or afterwards, from those rows.

    Attributes:
        chain_ids: the networks that it quotes and watches; empty where that is for its operator to say, at any time.
        authorizes: a payer can promise money that is taken later.
        refunds: it can send money back; else the merchant does, and says when it is done.
        sends: what its ``refund`` leaves pending goes on by ``send_refund``; else nobody asks for it again.
    """

    name: str
    chain_ids: Sequence[int]
    authorizes: bool
    refunds: bool
    sends: bool

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        """Terms for a new payment: an address of its own, and an amount at today's price.

        What the rail allocates for it, such as the next address index of the project, is undone with the transaction.
        """
        ...

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        """The same terms for another price in the same currency: the address stays, and the rate that was locked."""
        ...

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        """Capture authorized money: done, or failed. Called only on a rail that authorizes, which answers at once."""
        ...

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        """Send money back: done, failed, or pending until the rail reports the outcome. Asked only of a rail that
        refunds."""
        ...

    async def send_refund(self, request: RefundRequest) -> Movement:
        """Send what ``refund`` has left pending, or say how far it is.

        The one verb outside of any transaction: it may touch the network. It is called again until the refund has
        ended, also after a process died in it; ``refund_id`` names what is not to be sent twice. Asked only of a rail
        that sends.
        """
        ...

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        """Up to when the rail has looked at a network: money in every block mined before this instant is reported."""
        ...


class TokenInfo(NamedTuple):
    """What is known of a token of a network.

    Attributes:
        network: its name here.
        asset: CAIP-19 asset type.
        currency: what one unit is worth one unit of; None where nothing is known of the token.
        livemode: the mode that money of this network belongs to.
    """

    network: str
    asset: str
    symbol: str
    decimals: int
    currency: str | None
    livemode: bool


class OfferingRail(Rail, Protocol):
    """A rail that offers several assets on the networks that an operator names."""

    async def is_set_up(self, tx: Transaction, project_id: str, *, livemode: bool) -> bool:
        """Whether a project has what it takes to be paid: a network in use, and a wallet."""
        ...

    async def offer_again(
        self, tx: Transaction, request: QuoteRequest, terms: PaymentTerms, *, price: Money
    ) -> PaymentTerms:
        """Terms at the rates of now, on the networks of those that they replace: the address stays, and what was
        offered before is remembered as long as money for it may still be seen.

        Args:
            request: with the price from now on.
            price: what the present terms were offered for.
        """
        ...

    async def allocate(self, tx: Transaction, request: QuoteRequest, terms: PaymentTerms) -> PaymentTerms:
        """The same terms with an address, where they have none."""
        ...

    async def token_info(self, tx: Transaction, chain_id: int, token: str) -> TokenInfo | None:
        """What is known of a token, named by its contract, or of the coin; None on a network that nobody has named."""
        ...

    async def owner_of(self, tx: Transaction, address: str) -> str | None:
        """The project whose wallet has an address, given out or not; None where no wallet has it."""
        ...

    async def destination(self, tx: Transaction, project_id: str, text: str) -> str:
        """An address, as somebody wrote it, with its checksum (EIP-55): one that a project's money can be sent to.

        Raises:
            InvalidInput: it is none, a character is wrong, or it is nobody's, a token's, or one of this server's own.
        """
        ...

    async def assigned(self, tx: Transaction, chain_id: int, tx_hash: str, ordinal: int, payment_id: str) -> None:
        """A person has assigned a transfer that was reported before, and fitted nothing, to a payment: what happens to
        it in its chain is reported again from now on."""
        ...


class ScriptedRail(Rail, Protocol):
    """Test mode's rail: it shows money that does not exist, on command."""

    def example_terms(self, price: Money) -> PaymentTerms:
        """Terms for an example: an address that belongs to no payment."""
        ...

    def send(self, terms: PaymentTerms, amount_atomic: int, *, confirmed: bool, now: int) -> Observation:
        """A new transfer to the address of these terms."""
        ...

    def confirm(self, seen: Observation, *, now: int) -> Observation:
        """The same transfer, final."""
        ...

    def drop(self, seen: Observation) -> Observation:
        """The same transfer, reversed by a reorganisation."""
        ...


class ManualRail(Rail, Protocol):
    """A rail whose money a person sees: cash or a cheque, by mail. The address of its terms is a reference code."""

    def reference_of(self, typed: str) -> str | None:
        """The reference code that somebody typed, as it is kept; None where it is none."""
        ...

    def receive(self, terms: PaymentTerms, amount_atomic: int) -> Observation:
        """What came with the reference code of these terms; each code is paid once."""
        ...

    def undo(self, seen: Observation) -> Observation:
        """The same money, which had not come after all."""
        ...


class Rails(NamedTuple):
    """The rail of each mode. A test payment can reach no other than the scripted one, or test networks where its
    project says so.

    Attributes:
        networks: what serves test mode on test networks.
        manual: what serves both modes by mail.
    """

    test: ScriptedRail
    live: Rail | None
    networks: OfferingRail | None = None
    manual: ManualRail | None = None
