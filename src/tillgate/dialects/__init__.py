"""The languages that are spoken beside the native one, one folder each: values over the same operations."""

from tillgate.dialects.spoken import SPOKEN

__all__ = ["SPOKEN"]
