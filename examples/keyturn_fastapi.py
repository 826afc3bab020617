"""A FastAPI application behind API keys. Run it:

pip install tillgate fastapi
export KEYTURN_DATABASE_URL=sqlite:///keys.db KEYTURN_SCOPES="invoices:read invoices:write"
keyturn keys create --name test --project shop --mode test --scope invoices:read
uvicorn keyturn_fastapi:app
curl -H "Authorization: Bearer ck_test_…" http://127.0.0.1:8000/invoices
"""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request

from keyturn import KnownKey
from keyturn.asgi import KeyturnMiddleware
from keyturn.layer import open_key_layer
from keyturn.needs import OPEN, needs
from keyturn.proxies import LOOPBACK

SCOPES = ["invoices:read", "invoices:write"]

app = FastAPI()
router = APIRouter(prefix="/invoices")


def current_key(request: Request) -> KnownKey:
    return request.state.keyturn


CurrentKey = Annotated[KnownKey, Depends(current_key)]


@router.get("")
@needs("invoices:read")
async def list_invoices(key: CurrentKey) -> dict[str, object]:
    return {"project": key.project_id, "mode": key.mode, "invoices": []}


@router.post("", status_code=201)
@needs("invoices:write")
async def create_invoice() -> dict[str, str]:
    return {"id": "inv_1"}


@app.get("/health")
@needs(OPEN)
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/forgotten")
async def forgotten() -> dict[str, str]:
    """Says nothing of what it needs, so nobody ever gets here."""
    return {"secret": "of the house"}


app.include_router(router)
app.add_middleware(
    KeyturnMiddleware,
    keys=partial(open_key_layer, "sqlite:///keys.db", scopes=SCOPES),
    needs={"/docs": OPEN, "/openapi.json": OPEN},  # FastAPI's own pages
    plain_http_from=LOOPBACK,  # in development; keys belong on TLS
)
