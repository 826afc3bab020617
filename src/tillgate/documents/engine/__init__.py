"""Documents out of Typst, made in processes of their own under limits."""

from tillgate.documents.engine.model import Failed, Failure, Limits, Made, Outcome, Work
from tillgate.documents.engine.pool import Engine, is_installed

__all__ = ["Engine", "Failed", "Failure", "Limits", "Made", "Outcome", "Work", "is_installed"]
