"""The public address of :mod:`keyturn.admission.needs`."""

from keyturn.admission.needs import ANY_KEY, OPEN, OPTIONAL, Access, InvalidNeed, Rules, needs, read_rules

__all__ = ["ANY_KEY", "OPEN", "OPTIONAL", "Access", "InvalidNeed", "Rules", "needs", "read_rules"]
