"""How many secrets of a key are kept."""

from typing import Final

from keyturn.errors import TooManySecrets

SECRETS_MAX: Final = 100
"""Of one key, with those that have ended. A rotation forgets the oldest of these where there is no room."""


def too_many_secrets(key_id: str) -> TooManySecrets:
    """That a key cannot be rotated until some of its secrets end, to be raised."""
    return TooManySecrets(
        f"{key_id} has {SECRETS_MAX} secrets that are still accepted, which is the most; finish the rotation, "
        "or rotate without an overlap, which ends the earlier ones"
    )
