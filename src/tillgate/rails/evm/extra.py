"""Whether what live mode needs is installed."""

from importlib.util import find_spec
from typing import Final

NEEDED: Final = ("coincurve", "Crypto")


class ExtraMissing(Exception):
    """The ``[evm]`` extra is not installed."""


def require_extra() -> None:
    """Refuse to go on without what keys are derived with.

    Raises:
        ExtraMissing: something of the ``[evm]`` extra is not installed; the message says how to install it.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise ExtraMissing("live mode needs what the extra [evm] installs: pip install 'tillgate[evm]'")
