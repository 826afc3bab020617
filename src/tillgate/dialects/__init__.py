"""The languages that are spoken beside the native one, one folder each: values over the same operations."""

from tillgate.dialects.spoken import SPOKEN, title_of

__all__ = ["SPOKEN", "title_of"]
