"""The client itself."""

from types import TracebackType

import httpx

from tillgate_client.aio.checkout_sessions import AsyncCheckoutSessions
from tillgate_client.aio.coupons import AsyncCoupons
from tillgate_client.aio.customers import AsyncCustomers
from tillgate_client.aio.events import AsyncEvents
from tillgate_client.aio.orders import AsyncOrders
from tillgate_client.aio.payment_links import AsyncPaymentLinks
from tillgate_client.aio.payments import AsyncPayments
from tillgate_client.aio.products import AsyncProducts
from tillgate_client.aio.promotion_codes import AsyncPromotionCodes
from tillgate_client.aio.redemptions import AsyncRedemptions
from tillgate_client.aio.refunds import AsyncRefunds
from tillgate_client.aio.reports import AsyncReports
from tillgate_client.aio.search import AsyncSearch
from tillgate_client.aio.test_clocks import AsyncTestClocks
from tillgate_client.aio.transactions import AsyncTransactions
from tillgate_client.aio.transfers import AsyncTransfers
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.aio.unassigned_transfers import AsyncUnassignedTransfers
from tillgate_client.aio.usage import AsyncUsage
from tillgate_client.aio.webhook_deliveries import AsyncWebhookDeliveries
from tillgate_client.aio.webhook_endpoints import AsyncWebhookEndpoints
from tillgate_client.calls import RETRIES_MAX, TIMEOUT_SECONDS


class AsyncClient:
    """A checkout server, as seen with one API key. Use one for long: it keeps its connections.

    Every mutating call carries an ``Idempotency-Key``, a fresh UUID unless you give one. Calls are repeated, with the
    same one, when no answer came, when the server was busy (429, 502, 503, 504), and when the first attempt is still
    running (409 with ``Retry-After``).

    Attributes:
        payment_links, checkout_sessions, webhook_endpoints, webhook_deliveries, events, customers, products, coupons,
        promotion_codes, redemptions, test_clocks, orders, payments, transactions, refunds,
        transfers, unassigned_transfers, search, usage, reports: what can be done.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_retries: int = RETRIES_MAX,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        """
        Args:
            api_key: by default what ``CHECKOUT_API_KEY`` holds.
            base_url: the bare origin, ``https://your-domain.com``; a trailing slash or ``/api/v1`` is removed. By
                default what ``CHECKOUT_BASE_URL`` holds.
            timeout_seconds: of each attempt, for connecting and for each silence.
            max_retries: attempts after the first.
            http_client: your own, with its proxies and certificates; it stays yours to close.

        Raises:
            ConfigurationError: the key is missing or malformed, or ``base_url`` is more than an origin.
        """
        self._use(AsyncTransport(api_key, base_url, timeout_seconds, max_retries, http_client))

    def _use(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.payment_links = AsyncPaymentLinks(self._transport)
        self.checkout_sessions = AsyncCheckoutSessions(self._transport)
        self.webhook_endpoints = AsyncWebhookEndpoints(self._transport)
        self.webhook_deliveries = AsyncWebhookDeliveries(self._transport)
        self.events = AsyncEvents(self._transport)
        self.customers = AsyncCustomers(self._transport)
        self.products = AsyncProducts(self._transport)
        self.coupons = AsyncCoupons(self._transport)
        self.promotion_codes = AsyncPromotionCodes(self._transport)
        self.redemptions = AsyncRedemptions(self._transport)
        self.test_clocks = AsyncTestClocks(self._transport)
        self.orders = AsyncOrders(self._transport)
        self.payments = AsyncPayments(self._transport)
        self.transactions = AsyncTransactions(self._transport)
        self.refunds = AsyncRefunds(self._transport)
        self.transfers = AsyncTransfers(self._transport)
        self.unassigned_transfers = AsyncUnassignedTransfers(self._transport)
        self.search = AsyncSearch(self._transport)
        self.usage = AsyncUsage(self._transport)
        self.reports = AsyncReports(self._transport)

    @property
    def base_url(self) -> str:
        """The server's origin."""
        return self._transport.base_url

    def with_options(self, *, timeout_seconds: float | None = None, max_retries: int | None = None) -> "AsyncClient":
        """This client under other limits, for one call or for several. It shares the connections, which stay this
        client's to close."""
        other = object.__new__(type(self))
        other._use(self._transport.with_limits(timeout_seconds, max_retries))
        return other

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport!r})"
