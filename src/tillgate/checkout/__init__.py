"""The business: what is sold, discounted and paid. It knows a caller only as a Principal, and no web framework."""

from tillgate.checkout.context import CheckoutContext, CheckoutSettings

__all__ = ["CheckoutContext", "CheckoutSettings"]
