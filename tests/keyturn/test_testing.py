"""What Keyturn offers for the tests of those who use it."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from keyturn.admission.needs import needs
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.testing import Keys

pytestmark = pytest.mark.anyio


@needs("invoices:read")
async def invoices(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.keyturn.project_id)


async def test_a_users_test_needs_no_database_and_no_server(anyio_backend: object) -> None:
    """Keys for the asking, revoked at once, and a clock that makes them expire."""
    keys = Keys(["invoices:read"])
    app = KeyturnMiddleware(Starlette(routes=[Route("/", invoices)]), keys=keys.layer)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api.test") as client:

        async def reason(headers: dict[str, str]) -> str:
            answer = await client.get("/", headers=headers)
            return answer.text if answer.status_code == 200 else answer.json().get("reason", answer.json()["code"])

        assert await reason(await keys.headers("invoices:read", project_id="shop")) == "shop"
        assert await reason(await keys.headers()) == "missing_scope"
        short = await keys.headers("invoices:read", expires_at=keys.clock.now() + 60_000)
        assert await reason(short) == "test"
        keys.clock.forward(60_000)
        assert await reason(short) == "expired"
        issued = await keys.issued("invoices:read")
        await keys.revoke(issued.key)
        assert await reason({"x-api-key": issued.secret.reveal()}) == "revoked"
