"""The public address of :mod:`keyturn.http.proxies`."""

from keyturn.http.proxies import LOOPBACK, Networks

__all__ = ["LOOPBACK", "Networks"]
