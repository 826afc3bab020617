"""The native HTTP API under ``/api/v1``: one file a noun, its schema and its routes side by side."""

from tillgate.api.application import NativeApi
from tillgate.api.desk import ApiDesk

__all__ = ["ApiDesk", "NativeApi"]
