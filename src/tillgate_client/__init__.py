"""The Python client of a Tillgate checkout server. It imports nothing of the server."""

from tillgate_client.aio.client import AsyncClient
from tillgate_client.aio.pages import AsyncNumberedPage, AsyncPage
from tillgate_client.calls import VERSION as __version__
from tillgate_client.errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    CheckoutError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    UnexpectedAnswerError,
    WebhookVerificationError,
)
from tillgate_client.objects import (
    EVENT_TYPES,
    Amount,
    CheckoutSession,
    CreatedWebhookEndpoint,
    CryptoAmount,
    Customer,
    DeletedWebhookEndpoint,
    DeliveryAttempt,
    Event,
    FiatAmount,
    PaymentLink,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookTest,
)
from tillgate_client.sync.client import Client
from tillgate_client.sync.pages import NumberedPage, Page
from tillgate_client.webhooks import verify_webhook

__all__ = [
    "EVENT_TYPES",
    "Amount",
    "ApiConnectionError",
    "ApiError",
    "ApiTimeoutError",
    "AsyncClient",
    "AsyncNumberedPage",
    "AsyncPage",
    "AuthenticationError",
    "CheckoutError",
    "CheckoutSession",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "CreatedWebhookEndpoint",
    "CryptoAmount",
    "Customer",
    "DeletedWebhookEndpoint",
    "DeliveryAttempt",
    "Event",
    "FiatAmount",
    "InvalidRequestError",
    "NotFoundError",
    "NumberedPage",
    "Page",
    "PaymentLink",
    "PermissionDeniedError",
    "RateLimitedError",
    "ServerError",
    "UnexpectedAnswerError",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookTest",
    "WebhookVerificationError",
    "__version__",
    "verify_webhook",
]
