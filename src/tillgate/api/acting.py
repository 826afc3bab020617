"""Doing what a route declares: one read, one transaction, or a send between two; exactly once where a key is named."""

import contextlib
from typing import Any, Final, NamedTuple, assert_never

import msgspec

from keyturn import Reach
from keyturn.database import StoreError
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.secret import digest_of
from keyturn.stores.sql import keep_client_secret
from tillgate.api.canonical import as_before, canonical
from tillgate.api.context import ApiContext
from tillgate.api.expanding import PARAM, expanded
from tillgate.api.routing import Call, Reads, Route, Sends, Writes
from tillgate.base.errors import InvalidInput
from tillgate.base.invariants import present
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import IdempotentRequest, StoredAnswer

_encoder: Final = msgspec.json.Encoder()


class Done(NamedTuple):
    """What was answered, and whether it is the answer of an earlier request with the same key."""

    status: int
    body: bytes
    replayed: bool = False


async def act(context: ApiContext, route: Route, call: Call, idempotency_key: str | None) -> Done:
    """Run the route's action.

    Args:
        idempotency_key: the header's value; without meaning for reads.
    """
    action = route.action
    match action:
        case Reads(run):

            async def read(tx: Transaction) -> Any:
                return await _to_api(context, tx, call, await run(context, tx, call))

            return Done(route.status.value, _encoder.encode(await context.database.read(read)))
        case Writes():
            request = _request(context, route, call, idempotency_key)
            return await context.database.write(lambda tx: _write(context, tx, route, action, call, request))
        case Sends():
            return await _send(context, route, action, call, _request(context, route, call, idempotency_key))
        case _:
            assert_never(action)


async def _write(
    context: ApiContext, tx: Transaction, route: Route, action: Writes, call: Call, request: IdempotentRequest | None
) -> Done:
    """The effect and its stored answer, in one transaction."""
    if request is None:
        answer = await _to_api(context, tx, call, await action.run(context, tx, call))
        return Done(route.status.value, _encoder.encode(await _with_client_secret(context, tx, route, call, answer)))
    stored = await idempotency.begin(tx, request)
    if stored is not None:
        return Done(*stored, replayed=True)
    answer = await _to_api(context, tx, call, await action.run(context, tx, call))
    kept = action.kept(answer)
    answer = await _with_client_secret(context, tx, route, call, answer)
    body = _encoder.encode(answer)
    await idempotency.finish(
        tx, request, StoredAnswer(route.status.value, body if kept is answer else _encoder.encode(kept))
    )
    return Done(route.status.value, body)


async def _to_api(context: ApiContext, tx: Transaction, call: Call, answer: Any) -> Any:
    """The answer with what was asked for beside it, as it is in the same transaction."""
    if call.expansion is None:
        return answer
    return await expanded(context, tx, call.principal, answer, call.expansion)


async def _with_client_secret(context: ApiContext, tx: Transaction, route: Route, call: Call, answer: Any) -> Any:
    """What a publishable key has made, with the one-time secret that opens it."""
    principal = call.principal
    if not principal.publishable or route.need.publishable is not Reach.CREATES:
        return answer
    key_id = present(principal.key_id, "the key of a caller that holds a publishable one")
    secret = new_client_secret(answer.id)
    await keep_client_secret(
        tx,
        digest_of(secret),
        project_id=principal.project_id,
        mode=principal.mode,
        key_id=key_id,
        object_id=answer.id,
        at=context.clock.now(),
    )
    return msgspec.structs.replace(answer, client_secret=secret)


async def _send(
    context: ApiContext, route: Route, action: Sends, call: Call, request: IdempotentRequest | None
) -> Done:
    """Prepared in one transaction, sent outside of any, the answer stored in another."""

    async def prepare(tx: Transaction) -> StoredAnswer | Any:
        stored = await idempotency.begin(tx, request) if request is not None else None
        return stored or await action.prepare(context, tx, call)

    prepared = await context.database.write(prepare)
    if isinstance(prepared, StoredAnswer):
        return Done(*prepared, replayed=True)
    try:
        body = _encoder.encode(await action.send(context, call, prepared))
    except Exception:
        if request is not None:
            with contextlib.suppress(StoreError):
                await context.database.write(lambda tx: idempotency.release(tx, request))
        raise
    if request is not None:
        answer = StoredAnswer(route.status.value, body)
        await context.database.write(lambda tx: idempotency.finish(tx, request, answer))
    return Done(route.status.value, body)


def _request(context: ApiContext, route: Route, call: Call, idempotency_key: str | None) -> IdempotentRequest | None:
    if idempotency_key is None:
        return None
    path = route.path.replace("{id}", call.id)
    if call.expansion is not None:
        # What is stored is what was asked for: to ask for something else is another request.
        path += f"?{PARAM}={','.join(call.expansion.paths)}"
    try:
        body = canonical(call.body) if route.body is not None else b""
    except RecursionError as error:
        raise InvalidInput("The body is nested too deeply.") from error
    key = idempotency.checked_key(idempotency_key)
    if call.principal.publishable:
        # Anybody may hold that key, and must not come upon what others have named.
        key = f"{call.principal.key_id}/{key}"

    def earlier() -> list[str]:
        written = as_before(call.body) if route.body is not None else ()
        return [idempotency.fingerprint(route.method, path, one) for one in written]

    return IdempotentRequest(
        call.principal,
        key,
        idempotency.fingerprint(route.method, path, body),
        context.clock.now(),
        earlier,
    )
