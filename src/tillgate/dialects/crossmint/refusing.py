"""What Crossmint's document names and this server cannot do: refused by name, never accepted and dropped."""

from tillgate.base.errors import TillgateError


def refused(field: str, sentence: str) -> TillgateError:
    """A field, in the document's own words, and what is the matter with it."""
    return TillgateError(f"{field}: {sentence}", code="invalid_body")
