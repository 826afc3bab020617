"""API keys at admission."""

from typing import Final

from keyturn import Kind, KnownKey, Mode
from tillgate.base.principal import Principal

# Each selectable on its own; a read scope never implies a write scope, nor the reverse. The first nine are Crypto
# Checkout's.
API_SCOPES: Final = {
    "links:read": "List and retrieve payment links",
    "links:write": "Create, update and archive payment links",
    "sessions:read": "List and retrieve checkout sessions",
    "sessions:write": "Create checkout sessions, and simulate their payment in test mode",
    "webhooks:read": "List and retrieve webhook endpoints and their deliveries",
    "webhooks:write": "Create, update, delete and test webhook endpoints, and replay deliveries",
    "events:read": "List and retrieve events",
    "customers:read": "List and retrieve customer records",
    "customers:write": "Create and update customer records",
    "products:read": "List and retrieve products",
    "products:write": "Create and update products",
    "coupons:read": "List and retrieve coupons, promotion codes and redemptions",
    "coupons:write": "Create and update coupons and promotion codes",
    "orders:read": "List and retrieve orders",
    "orders:write": "Update orders, and decide on underpaid, overpaid and late payments",
    "payments:read": "List and retrieve payments and transactions",
    "payments:write": "Capture and cancel payments, and change their metadata",
    "refunds:read": "List and retrieve refunds",
    "refunds:write": "Create, settle and cancel refunds",
}

# What a key that anybody may hold can be given. It reads what it made with that object's client secret, not by a scope.
PUBLISHABLE_SCOPES: Final = ("sessions:write",)


def principal_of(key: KnownKey) -> Principal:
    """The principal of an admitted key."""
    terms = key.terms
    return Principal(
        terms.project_id,
        terms.mode is Mode.LIVE,
        "key",
        f"key:{key.id}",
        terms.scopes,
        key.id,
        terms.kind is Kind.PUBLISHABLE,
    )
