"""The port of providers: the ways in which a buyer may pay, as values. What a provider needs of a page is its own."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base.errors import TillgateError
from tillgate.base.principal import Principal
from tillgate.checkout.products.model import Product
from tillgate.checkout.sessions.opening import NewSession
from tillgate.dialects.coin_moebius.errors import PROVIDER_NOT_AVAILABLE
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext


class PublicProvider(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A provider as everybody may know it: what a page needs to offer it, and nothing that is secret."""

    id: str
    name: str
    publishable_key: str | None = None
    mailing_address: str | None = None
    expected_currency: str | None = None


class Asked(NamedTuple):
    """A checkout that was asked for, and looked at.

    Attributes:
        session: the session to be opened.
        product: what it is for, as this transaction has looked it up.
        confirmed: the buyer has seen what there is to see first, and goes on.
    """

    session: NewSession
    product: Product
    confirmed: bool = False

    @property
    def products(self) -> dict[str, Product]:
        """It by its id."""
        return {self.product.id: self.product}


class Provider(NamedTuple):
    """One way to pay.

    Attributes:
        id: in paths, such as ``crypto``.
        offered: what everybody may know about it; None where the project has not switched it on.
        check_out: opens a checkout, and answers with what the page goes on with.
    """

    id: str
    offered: Callable[[ApiContext, Transaction, str], Awaitable[PublicProvider | None]]
    check_out: Callable[[ApiContext, Transaction, Principal, Asked], Awaitable[Any]]


Providers = tuple[Provider, ...]

# Those that the document names, beside the ones that this server has.
NAMED: Final = frozenset(
    {
        "stripe",
        "paypal",
        "square",
        "authorizenet",
        "nowpayments",
        "cryptomus",
        "coinbase-business",
        "dodopayments",
        "makepay",
        "monero",
    }
)


def find_provider(providers: Providers, name: str) -> Provider:
    """The provider of this name.

    Raises:
        TillgateError: this server has none; the message lists those that it has.
    """
    found = next((one for one in providers if one.id == name), None)
    if found is None:
        raise not_available(name if name in NAMED else "This provider", providers)
    return found


def not_available(what: str, providers: Providers) -> TillgateError:
    """A provider that this project cannot be paid through."""
    return TillgateError(
        f"{what} is not available here. Providers on this server: {', '.join(one.id for one in providers)}.",
        code=PROVIDER_NOT_AVAILABLE,
    )
