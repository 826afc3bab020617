"""Smartpay's language: checkout sessions, orders, payments and refunds, over the same orders as every language."""

from tillgate.dialects.smartpay.dialect import SMARTPAY

__all__ = ["SMARTPAY"]
