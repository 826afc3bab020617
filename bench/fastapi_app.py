"""The realistic alternative in Python: FastAPI and SQLAlchemy's asynchronous ORM, with its own hashed look-up of API
keys.

python -m bench.fastapi_app PORT SETTINGS DIRECTORY [DATABASE_URL]   SETTINGS is JSON for uvicorn.Config

With a fourth argument it looks no key up itself: ``KeyturnMiddleware`` does with the keys of that database, and nobody
where it is empty.

What a careful team would write first: a dependency looks the key's SHA-256 up for each request and checks its status
and scope, the session comes by its id out of the ORM, and a response model forms the answer. No limit, no log, no last
use. The same uvicorn, httptools and uvloop serve it.
"""

import asyncio
import hashlib
import json
import secrets
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
import uvloop
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import behind
from keyturn.needs import OPEN, needs

SESSIONS, SCOPE = 64, "sessions:read"
AT = datetime(2026, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class ApiKey(Base):
    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    status: Mapped[str]
    scopes: Mapped[str]
    project_id: Mapped[str]


class CheckoutSession(Base):
    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    details: Mapped[str]
    success_url: Mapped[str | None]
    cancel_url: Mapped[str | None]
    address: Mapped[str]
    amount_atomic: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Amount(BaseModel):
    value: str
    currency: str


class SessionAnswer(BaseModel):
    id: str
    object: str = "checkout_session"
    status: str
    amount: Amount
    metadata: dict[str, Any]
    successUrl: str | None
    cancelUrl: str | None
    address: str
    amountAtomic: str
    expiresAt: datetime
    createdAt: datetime
    updatedAt: datetime


def answer_of(found: CheckoutSession) -> SessionAnswer:
    return SessionAnswer(
        id=found.id,
        status=found.status,
        amount=Amount(value=f"{found.amount_minor / 100:.2f}", currency=found.currency),
        metadata=json.loads(found.details),
        successUrl=found.success_url,
        cancelUrl=found.cancel_url,
        address=found.address,
        amountAtomic=found.amount_atomic,
        expiresAt=found.expires_at,
        createdAt=found.created_at,
        updatedAt=found.updated_at,
    )


def application(directory: Path) -> FastAPI:
    engine = create_async_engine(f"sqlite+aiosqlite:///{directory / 'shop.db'}")

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")

    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def opened() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    async def caller(
        session: Annotated[AsyncSession, Depends(opened)], authorization: Annotated[str, Header()] = ""
    ) -> ApiKey:
        digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
        key = await session.scalar(select(ApiKey).where(ApiKey.digest == digest))
        if key is None or key.status != "active":
            raise HTTPException(401)
        if SCOPE not in key.scopes.split():
            raise HTTPException(403)
        return key

    app = FastAPI()

    @app.get("/")
    @needs(OPEN)
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.get("/read/{number}")
    @needs(behind.SCOPE)
    async def read(number: str, session: Annotated[AsyncSession, Depends(opened)]) -> SessionAnswer:
        found = await session.scalar(select(CheckoutSession).where(CheckoutSession.id == f"cs_{number}"))
        if found is None:
            raise HTTPException(404)
        return answer_of(found)

    @app.get("/api/v1/checkout_sessions/{session_id}")
    async def retrieve(
        session_id: str, key: Annotated[ApiKey, Depends(caller)], session: Annotated[AsyncSession, Depends(opened)]
    ) -> SessionAnswer:
        wanted = select(CheckoutSession).where(
            CheckoutSession.id == session_id, CheckoutSession.project_id == key.project_id
        )
        found = await session.scalar(wanted)
        if found is None:
            raise HTTPException(404)
        return answer_of(found)

    return app


async def stock(directory: Path) -> None:
    """A key and some sessions; the key, then the ids, go to a file beside the database."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{directory / 'shop.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    key = f"sk_test_{secrets.token_urlsafe(24)}"
    ids = [f"cs_{number:026d}" for number in range(SESSIONS)]
    async with async_sessionmaker(engine)() as session, session.begin():
        digest = hashlib.sha256(key.encode()).digest()
        session.add(ApiKey(id="key_1", digest=digest, status="active", scopes=SCOPE, project_id="prj_1"))
        session.add_all(
            CheckoutSession(
                id=one,
                project_id="prj_1",
                status="pending",
                amount_minor=4_900,
                currency="USD",
                details='{"orderId":"1001"}',
                success_url="https://shop.example/thanks",
                cancel_url=None,
                address=f"0x{'ab' * 20}",
                amount_atomic="19600000000000000",
                expires_at=AT,
                created_at=AT,
                updated_at=AT,
            )
            for one in ids
        )
    await engine.dispose()
    (directory / "keys").write_text("\n".join([key, *ids]))


def main() -> None:
    port, settings, directory = int(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not (directory / "keys").exists():
            runner.run(stock(directory))
        app: Any = application(directory)
        if len(sys.argv) > 4:
            app = behind.behind(app, sys.argv[4])
        config = uvicorn.Config(app, host="127.0.0.1", port=port, **settings)
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
