"""Where mail to buyers may name a person. What waits to be sent to them is not sent any more."""

from typing import Final

from tillgate.mail.model import Purpose
from tillgate.store.erasing import Place

_TO_BUYERS: Final = ", ".join(f"'{one.value}'" for one in (Purpose.PAYMENT_SEEN, Purpose.PAID, Purpose.REFUNDED))

PLACES: Final = (
    Place(
        "mails",
        ("id",),
        f"project_id = $1 AND CAST($2 AS BOOLEAN) IS NOT NULL AND purpose IN ({_TO_BUYERS})",
        texts=("subject",),
        unique=("recipient",),
        cleared=("problem",),
        also="content_sealed = NULL, state = CASE WHEN state IN ('waiting', 'failed') THEN 'unsent' ELSE state END",
    ),
)
