# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""The client itself."""

from types import TracebackType

import httpx

from tillgate_client.calls import RETRIES_MAX, TIMEOUT_SECONDS
from tillgate_client.sync.checkout_sessions import CheckoutSessions
from tillgate_client.sync.coupons import Coupons
from tillgate_client.sync.customers import Customers
from tillgate_client.sync.events import Events
from tillgate_client.sync.orders import Orders
from tillgate_client.sync.payment_links import PaymentLinks
from tillgate_client.sync.payments import Payments
from tillgate_client.sync.products import Products
from tillgate_client.sync.promotion_codes import PromotionCodes
from tillgate_client.sync.redemptions import Redemptions
from tillgate_client.sync.refunds import Refunds
from tillgate_client.sync.reports import Reports
from tillgate_client.sync.search import Search
from tillgate_client.sync.test_clocks import TestClocks
from tillgate_client.sync.transactions import Transactions
from tillgate_client.sync.transfers import Transfers
from tillgate_client.sync.transport import Transport
from tillgate_client.sync.unassigned_transfers import UnassignedTransfers
from tillgate_client.sync.usage import Usage
from tillgate_client.sync.webhook_deliveries import WebhookDeliveries
from tillgate_client.sync.webhook_endpoints import WebhookEndpoints


class Client:
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
        http_client: httpx.Client | None = None,
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
        self._use(Transport(api_key, base_url, timeout_seconds, max_retries, http_client))

    def _use(self, transport: Transport) -> None:
        self._transport = transport
        self.payment_links = PaymentLinks(self._transport)
        self.checkout_sessions = CheckoutSessions(self._transport)
        self.webhook_endpoints = WebhookEndpoints(self._transport)
        self.webhook_deliveries = WebhookDeliveries(self._transport)
        self.events = Events(self._transport)
        self.customers = Customers(self._transport)
        self.products = Products(self._transport)
        self.coupons = Coupons(self._transport)
        self.promotion_codes = PromotionCodes(self._transport)
        self.redemptions = Redemptions(self._transport)
        self.test_clocks = TestClocks(self._transport)
        self.orders = Orders(self._transport)
        self.payments = Payments(self._transport)
        self.transactions = Transactions(self._transport)
        self.refunds = Refunds(self._transport)
        self.transfers = Transfers(self._transport)
        self.unassigned_transfers = UnassignedTransfers(self._transport)
        self.search = Search(self._transport)
        self.usage = Usage(self._transport)
        self.reports = Reports(self._transport)

    @property
    def base_url(self) -> str:
        """The server's origin."""
        return self._transport.base_url

    def with_options(self, *, timeout_seconds: float | None = None, max_retries: int | None = None) -> "Client":
        """This client under other limits, for one call or for several. It shares the connections, which stay this
        client's to close."""
        other = object.__new__(type(self))
        other._use(self._transport.with_limits(timeout_seconds, max_retries))
        return other

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport!r})"
