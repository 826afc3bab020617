"""The native HTTP API under ``/api/v1``: one file a noun, its schema and its routes side by side."""

from tillgate.api.application import NativeApi
from tillgate.wire.context import ApiContext

__all__ = ["ApiContext", "NativeApi"]
