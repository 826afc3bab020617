"""What a rail is asked and what it answers."""

from typing import NamedTuple, Protocol

from tillgate.base.money import Money


class PaymentTerms(NamedTuple):
    """What the buyer is to send: so much of one asset to one address.

    Attributes:
        chain_id: EVM chain id (EIP-155).
        asset: CAIP-19 asset type.
        asset_decimals: digits between the human unit and the atomic one (18 for ether and wei).
        amount_atomic: atomic units, rounded up so that the merchant never gets less than the price.
        native_price_usd: US dollars for one unit of the chain's own coin, as a decimal string, locked now.
    """

    chain_id: int
    asset: str
    asset_decimals: int
    address: str
    amount_atomic: int
    native_price_usd: str


class Observation(NamedTuple):
    """Money that a rail saw on its way to an address.

    Attributes:
        tx_hash, ordinal: which transfer; together with the chain its identity, however often it is seen.
        confirmed: it is as final as this rail asks for.
        reorged: it was there and is not any more: its block is no part of the chain.
    """

    tx_hash: str
    ordinal: int
    amount_atomic: int
    confirmed: bool
    reorged: bool = False


class Rail(Protocol):
    """One way on which money comes.

    Attributes:
        authorizes: a payer can promise money that is taken later.
        refunds: it can send refunds automatically; else the merchant sends them and marks them as sent.
    """

    name: str
    authorizes: bool
    refunds: bool

    def quote(self, payment_id: str, price: Money) -> PaymentTerms:
        """Terms for a new payment: an address that nobody else was given, an amount at today's price.

        Pure computation: whatever needs the network was fetched before.
        """
        ...

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        """The same terms for another price in the same currency: the address stays, and the rate that was locked."""
        ...


class Rails(NamedTuple):
    """The rail of each mode. A test payment can reach no other than the simulated one, by construction."""

    test: Rail
    live: Rail | None
