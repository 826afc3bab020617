"""``keyturn serve``: keys verified and managed over HTTP, and requests let in for proxies."""

from keyturn.server.application import KeyturnServer

__all__ = ["KeyturnServer"]
