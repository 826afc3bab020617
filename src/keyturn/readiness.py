"""What ``GET /readyz`` answers: whether requests can be served, or which check failed and what to do."""

from http import HTTPStatus

from keyturn.database import Trouble


def readiness(trouble: Trouble | None) -> tuple[int, dict[str, str]]:
    """Status and body. Anybody may ask, so that what the log has in detail is not in it."""
    if trouble is None:
        return HTTPStatus.OK, {"status": "ok"}
    return HTTPStatus.SERVICE_UNAVAILABLE, {
        "status": "unavailable",
        "check": trouble.check,
        "problem": trouble.problem,
        "remedy": trouble.remedy,
    }
