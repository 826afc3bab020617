"""The business: what is sold, discounted and paid. It knows a caller only as a Principal, and no web framework."""

from tillgate.checkout.desk import CheckoutDesk, CheckoutSettings

__all__ = ["CheckoutDesk", "CheckoutSettings"]
