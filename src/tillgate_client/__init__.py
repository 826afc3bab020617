"""The Python client of a Tillgate checkout server. It imports nothing of the server."""

from tillgate_client.aio.client import AsyncClient
from tillgate_client.aio.pages import AsyncPage
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
from tillgate_client.sync.pages import Page
from tillgate_client.webhooks import verify_webhook

__all__ = [
    "EVENT_TYPES",
    "Amount",
    "ApiConnectionError",
    "ApiError",
    "ApiTimeoutError",
    "AsyncClient",
    "AsyncPage",
    "AuthenticationError",
    "CheckoutError",
    "CheckoutSession",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "CreatedWebhookEndpoint",
    "CryptoAmount",
    "DeletedWebhookEndpoint",
    "DeliveryAttempt",
    "Event",
    "FiatAmount",
    "InvalidRequestError",
    "NotFoundError",
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
