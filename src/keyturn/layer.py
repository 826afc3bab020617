"""The public address of :mod:`keyturn.admission.layer`."""

from keyturn.admission.layer import KeyLayer, SystemClock, open_key_layer

__all__ = ["KeyLayer", "SystemClock", "open_key_layer"]
