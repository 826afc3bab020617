"""The public address of :mod:`keyturn.http.asgi`."""

from keyturn.http.asgi import KeyturnMiddleware

__all__ = ["KeyturnMiddleware"]
