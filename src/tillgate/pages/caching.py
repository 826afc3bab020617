"""Pages that a browser may keep, and asks about: ``ETag`` and ``If-None-Match`` (RFC 9110, 8.8.3 and 13.1.2)."""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response


def revalidated(request: Request, made: Response) -> Response:
    """The page with its tag, or 304 where the reader has it already. It is the same for everybody."""
    if made.status_code != 200:
        return made
    tag = f'"{sha256(made.body).hexdigest()[:32]}"'
    made.headers["ETag"] = tag
    made.headers["Cache-Control"] = "no-cache"  # kept, and asked about each time
    held = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if held.isdisjoint((tag, "*")):
        return made
    headers = {name: value for name, value in made.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=headers)
