"""The document's endpoints. All of them work without a key, by project; a key that comes has to be right."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from keyturn.needs import OPEN
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput, NotFound, TillgateError, TooOften
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.orders.operations import NewLineItem
from tillgate.checkout.products.model import Pricing, Product
from tillgate.checkout.products.operations import product_on_sale
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.sessions.opening import NewSession
from tillgate.checkout.sessions.operations import get_public_session
from tillgate.dialects.coin_moebius import spelling
from tillgate.dialects.coin_moebius.errors import NOT_SUPPORTED, PROVIDER_NOT_AVAILABLE
from tillgate.dialects.coin_moebius.numbers import to_number, to_text
from tillgate.dialects.coin_moebius.providers import Asked, Providers, PublicProvider, find_provider
from tillgate.dialects.coin_moebius.statuses import Status, transaction_of
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.fields import CurrencyText, text
from tillgate.wire.routing import Call, Guard, Reads, Route, Writes

CUSTOMER_REF: Final = "customerRef"
PRODUCT_NAME_MAX: Final = 200


class Checkout(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """What is bought: a product by its id or reference, in the mode in which it is for sale. ``amount`` and
    ``currency`` are for products whose price the buyer says; of a fixed price they are ignored.
    ``metadata.customerRef`` is the merchant's own id of the buyer. ``confirm`` is for providers that show something
    first, such as ``manual``."""

    product_id: Annotated[str, text(PRODUCT_NAME_MAX)]
    amount: Decimal | None = None
    currency: CurrencyText | None = None
    metadata: dict[str, Any] | None = None
    confirm: bool = False


class CheckoutObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How the buyer pays, as the providers answer it: ``crypto`` with ``url`` and ``txId``, ``manual`` with the rest.
    A letter's ``txId`` and ``referenceCode`` are there once the buyer has confirmed."""

    url: str | UnsetType = UNSET
    tx_id: str | UnsetType = UNSET
    reference_code: str | UnsetType = UNSET
    mailing_address: str | UnsetType = UNSET
    expected_amount: float | UnsetType = UNSET
    expected_currency: str | UnsetType = UNSET
    instructions: str | UnsetType = UNSET


class StatusObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a transaction stands: no metadata, and nothing of the buyer, for whoever has its id may read it."""

    status: Status
    amount: msgspec.Raw
    currency: str
    is_test: bool
    created_at: str
    updated_at: str


class PublicInfo(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The providers that a project has switched on; ``projectId`` as it was asked for."""

    project_id: str
    providers: list[PublicProvider]


def visitor_of(params: Any) -> Principal:
    """A caller without a key: a buyer of the project in the path, in no mode yet."""
    return Principal(spelling.project_id(params.get("projectId", "")), False, "buyer", "visitor")


def routes_for(providers: Providers) -> tuple[Route, ...]:
    """The routes, with these providers."""

    async def check_out(context: ApiContext, tx: Transaction, call: Call) -> Any:
        provider = find_provider(providers, call.params["provider"])
        principal = call.principal
        body: Checkout = call.body
        if not 0 < len(body.product_id) <= PRODUCT_NAME_MAX:
            raise InvalidInput(
                "product_id", Problem.LENGTH, minimum=1, maximum=PRODUCT_NAME_MAX, length=len(body.product_id)
            )
        # Without a key, the product says the mode.
        only = principal.livemode if principal.key_id is not None else None
        product = await product_on_sale(tx, principal.project_id, body.product_id, livemode=only)
        buyer = principal._replace(livemode=product.livemode)
        new = NewSession(
            currency=product.price.currency,
            line_items=(NewLineItem(product_id=product.id, unit_amount=_price_named(body, product)),),
            metadata=body.metadata,
            client_reference_id=_customer_ref(body.metadata),
        )
        return await provider.check_out(context, tx, buyer, Asked(new, product, body.confirm))

    async def public_info(context: ApiContext, tx: Transaction, call: Call) -> PublicInfo:
        project_id = call.principal.project_id
        await get_settings(tx, project_id)  # which says whether there is such a project
        offered = [await one.offered(context, tx, project_id) for one in providers]
        return PublicInfo(project_id=call.params["projectId"], providers=[one for one in offered if one is not None])

    async def receive(context: ApiContext, tx: Transaction, call: Call) -> None:
        provider = find_provider(providers, call.params["provider"])
        raise TillgateError(
            f"{provider.id} sends no webhooks: this server sees its payments itself.", code=PROVIDER_NOT_AVAILABLE
        )

    return (
        Route(
            "POST",
            "/api/checkout/{provider}/{projectId}",
            OPEN,
            "Open a checkout for a product",
            Writes(check_out),
            CheckoutObject,
            body=Checkout,
            guard=_may_open,
        ),
        Route(
            "GET",
            "/status/{projectId}/{txId}",
            OPEN,
            "Read how a transaction stands",
            Reads(status),
            StatusObject,
            guard=_may_look,
        ),
        Route(
            "GET",
            "/api/projects/{projectId}/public-info",
            OPEN,
            "List the providers that are switched on",
            Reads(public_info),
            PublicInfo,
            guard=_may_look,
        ),
        Route(
            "POST",
            "/webhook/{provider}/{projectId}",
            OPEN,
            "Take a provider's event",
            Reads(receive),
            None,
            guard=_may_look,
        ),
        Route(
            "POST",
            "/api/subscriptions/{projectId}/{subscriptionId}/portal-url",
            OPEN,
            "Refuse what needs a provider that bills repeatedly",
            Reads(portal_url),
            None,
            guard=_may_look,
        ),
    )


async def status(context: ApiContext, tx: Transaction, call: Call) -> StatusObject:
    """How a transaction of this project stands."""
    principal = call.principal
    try:
        session = await get_public_session(tx, spelling.session_id(call.params["txId"]))
    except NotFound as error:
        # In the same words as one of another project or mode, which is not told to be there.
        raise NotFound("transaction") from error
    keyed = principal.key_id is not None
    if session.project_id != principal.project_id or (keyed and session.livemode is not principal.livemode):
        raise NotFound("transaction")
    found = transaction_of(session)
    return StatusObject(
        status=found.status,
        amount=to_number(found.amount),
        currency=found.amount.currency,
        is_test=not session.livemode,
        created_at=to_rfc3339(session.created_at),
        updated_at=to_rfc3339(session.updated_at),
    )


async def portal_url(context: ApiContext, tx: Transaction, call: Call) -> None:
    """
    Raises:
        TillgateError: always.
    """
    raise TillgateError(
        "Subscriptions need a provider that bills repeatedly, and no provider on this server does.", code=NOT_SUPPORTED
    )


def _price_named(body: Checkout, product: Product) -> str | None:
    """What the buyer says that it costs; None where that is not theirs to say, or they have said nothing.

    Raises:
        InvalidInput: the currency is not the product's, or the amount is none.
    """
    if product.price.pricing is Pricing.FIXED:
        return None
    if body.currency is not None and body.currency != product.price.currency:
        raise InvalidInput("currency", Problem.NOT_A_CHOICE, choices=(product.price.currency,), suggestion=None)
    return to_text(body.amount) if body.amount is not None else None


def _customer_ref(metadata: dict[str, Any] | None) -> str | None:
    given = (metadata or {}).get(CUSTOMER_REF)
    if given is not None and not isinstance(given, str):
        raise InvalidInput("client_reference_id", Problem.WRONG_TYPE, expected="expected a text")
    return given or None


def _own_project(call: Call) -> None:
    """
    Raises:
        NotFound: the path names another project than the key's.
    """
    asked = spelling.project_id(call.params["projectId"])
    if asked != call.principal.project_id:
        raise NotFound("project", call.params["projectId"])


def _guarded(seconds_to: Callable[[ApiContext, str, str | None], Awaitable[int]]) -> Guard:
    async def guard(context: ApiContext, call: Call, address: str | None) -> None:
        _own_project(call)
        principal = call.principal
        if principal.key_id is not None:
            return
        if seconds := await seconds_to(context, principal.project_id, address):
            raise TooOften(
                f"Too many requests from your address. Try again in {seconds} s, or call from your server with a key.",
                retry_after_seconds=seconds,
            )
        # A name that a request was given is kept beside its project, so there has to be one.
        await context.database.read(lambda tx: get_settings(tx, principal.project_id))

    return guard


_may_open: Final = _guarded(lambda context, project_id, who: context.keyless.seconds_to_open(project_id, who))
_may_look: Final = _guarded(lambda context, project_id, who: context.keyless.seconds_to_look(project_id, who))
