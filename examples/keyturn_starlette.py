"""A Starlette application behind API keys. Run it:

pip install tillgate
export KEYTURN_DATABASE_URL=sqlite:///keys.db KEYTURN_SCOPES="invoices:read invoices:write"
keyturn keys create --name test --project shop --mode test --scope invoices:read
uvicorn keyturn_starlette:app
curl -H "Authorization: Bearer ck_test_…" http://127.0.0.1:8000/invoices
"""

from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from keyturn.asgi import KeyturnMiddleware
from keyturn.layer import open_key_layer
from keyturn.needs import OPEN, needs
from keyturn.proxies import LOOPBACK

SCOPES = ["invoices:read", "invoices:write"]


@needs("invoices:read")
async def list_invoices(request: Request) -> JSONResponse:
    key = request.state.keyturn
    return JSONResponse({"project": key.project_id, "mode": key.mode, "invoices": []})


@needs("invoices:write")
async def create_invoice(request: Request) -> JSONResponse:
    return JSONResponse({"id": "inv_1"}, 201)


@needs(OPEN)
async def health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def forgotten(request: Request) -> JSONResponse:
    """Says nothing of what it needs, so nobody ever gets here."""
    return JSONResponse({"secret": "of the house"})


app = KeyturnMiddleware(
    Starlette(
        routes=[
            Route("/invoices", list_invoices),
            Route("/invoices", create_invoice, methods=["POST"]),
            Route("/health", health),
            Route("/forgotten", forgotten),
        ]
    ),
    keys=partial(open_key_layer, "sqlite:///keys.db", scopes=SCOPES),
    plain_http_from=LOOPBACK,  # in development; keys belong on TLS
)
