"""The business: links, sessions, payments. It knows a caller only as a Principal, and no web framework."""

from tillgate.checkout.desk import CheckoutDesk, CheckoutSettings

__all__ = ["CheckoutDesk", "CheckoutSettings"]
