"""keyshield as its documentation shows it: FastAPI, SQLAlchemy, Argon2, and its cache.

python app.py PORT DIRECTORY

Far kinder than its README, whose app answers about five requests a second here: it verifies by Argon2 each time, and
then waits 0.1 to 0.3 s while it holds the database's lock; a third of 32 clients' requests fail. Here its cache is on
and its delay off, the table is made once and not on each request, the database is in WAL mode, and all requests share
one connection.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiocache
import uvicorn
from fastapi import Depends, FastAPI
from keyshield import ApiKey, ApiKeyService
from keyshield.api import create_depends_api_key
from keyshield.hasher.argon2 import Argon2ApiKeyHasher
from keyshield.repositories.sql import SqlAlchemyApiKeyRepository
from keyshield.services.cached import CachedApiKeyService
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

KEYS = 16
port, directory = int(sys.argv[1]), Path(sys.argv[2])
sqlite3.connect(directory / "keys.db").execute("PRAGMA journal_mode = WAL")
engine = create_async_engine(
    f"sqlite+aiosqlite:///{directory / 'keys.db'}", pool_size=1, max_overflow=0, pool_timeout=120
)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
hasher = Argon2ApiKeyHasher(pepper="a pepper for the bench")

cache = aiocache.SimpleMemoryCache()


def service(session: AsyncSession) -> ApiKeyService:
    repository = SqlAlchemyApiKeyRepository(session)
    return CachedApiKeyService(repository, hasher, cache, min_delay=0.0, max_delay=0.0)


async def injected() -> AsyncIterator[ApiKeyService]:
    async with sessions() as session, session.begin():
        yield service(session)


app = FastAPI()
security = create_depends_api_key(injected, required_scopes=["sessions:read"])


@app.get("/")
async def ready() -> str:
    return "ready"


@app.get("/verify")
async def verify(key: ApiKey = Depends(security)) -> dict[str, object]:  # noqa: B008
    return {"valid": True, "id": key.id_, "scopes": key.scopes}


async def prepare() -> None:
    made = []
    async with sessions() as session, session.begin():
        await SqlAlchemyApiKeyRepository(session).ensure_table(async_engine=engine)
    async with sessions() as session, session.begin():
        for number in range(KEYS):
            _, text = await service(session).create(name=f"bench {number}", scopes=["sessions:read"])
            made.append(text)
    (directory / "keys").write_text("\n".join(made))
    await engine.dispose()


asyncio.run(prepare())
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
