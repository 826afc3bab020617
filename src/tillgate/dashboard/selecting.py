"""What is done to several rows of a list at once: the rows that were ticked, and the outcome of each."""

from typing import Final

from tillgate.base.pages import LIMIT_DEFAULT
from tillgate.dashboard.calls import Call, Unusable

# As many as a page of a list shows.
SELECTED_MAX: Final = LIMIT_DEFAULT


def selected(call: Call, name: str) -> list[str]:
    """The ids that a list's check boxes of this name say, each once, in their order.

    Raises:
        Unusable: there are more than a page has, or one is longer than an id.
    """
    told = call.form.many(name) if call.request.method == "POST" else call.request.query_params.getlist(name)
    found = list(dict.fromkeys(told))
    if len(found) > SELECTED_MAX:
        raise Unusable(f"At most {SELECTED_MAX} rows are changed at once, which is a page of the list. Select fewer.")
    if any(len(one) > _ID_MAX or "\0" in one for one in found):
        raise Unusable("Select the rows in the list.")
    return found


_ID_MAX: Final = 64
