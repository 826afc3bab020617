"""apikeys-platform as its README shows it: its own FastAPI dependency, usage tracking on.

python app.py PORT DIRECTORY

Kinder than the README in one thing: the database is in WAL mode.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

import uvicorn
from apikeys import APIKey, APIKeyClient, APIKeyDepends, KeyMetadata, RateLimit, RateLimitWindow, create_tables
from fastapi import Depends, FastAPI, Request, Response

KEYS = 16
port, directory = int(sys.argv[1]), Path(sys.argv[2])
url = f"sqlite:///{directory / 'keys.db'}"
sqlite3.connect(directory / "keys.db").execute("PRAGMA journal_mode = WAL")


async def prepare() -> None:
    await create_tables(url)
    client = APIKeyClient(url, signing_secret="a signing secret for the bench")
    organization, _ = await client.get_or_create_organization("Bench")
    made = []
    for number in range(KEYS):
        # Counted as its users would have it, against a limit that nobody reaches.
        limit = RateLimit(requests=1_000_000_000, window=RateLimitWindow.minute)
        metadata = KeyMetadata(name=f"bench {number}", scopes=["sessions:read"], rate_limit=limit)
        made.append((await client.create_key(str(organization.id), metadata=metadata)).plaintext)
    (directory / "keys").write_text("\n".join(made))


asyncio.run(prepare())
app = FastAPI()
client = APIKeyClient(url, signing_secret="a signing secret for the bench")


@app.middleware("http")
async def attach_client(request: Request, call_next) -> Response:
    request.state.apikeys_client = client
    return await call_next(request)


require_read = APIKeyDepends(required_scopes=["sessions:read"])


@app.get("/")
async def ready() -> str:
    return "ready"


@app.get("/verify")
async def verify(key: APIKey = Depends(require_read)) -> dict[str, object]:  # noqa: B008
    return {"valid": True, "id": str(key.id), "scopes": key.metadata.scopes}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
