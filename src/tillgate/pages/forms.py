"""The small forms of buyers: bounded before they are read."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

FORM_BYTES_MAX: Final = 1_024
FIELDS_MAX: Final = 20


async def small_form(request: Request, bytes_max: int = FORM_BYTES_MAX) -> dict[str, str]:
    """The first value of each field; nothing where the form is larger than any of ours."""
    parts, length = [], 0
    async for chunk in request.stream():
        parts.append(chunk)
        length += len(chunk)
        if length > bytes_max:
            return {}
    return fields_of(b"".join(parts).decode("utf-8", "replace"))


def fields_of(text: str) -> dict[str, str]:
    """The first value of each field of a form or a query; nothing where there are more than any of ours has."""
    try:
        fields = parse_qs(text, max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
