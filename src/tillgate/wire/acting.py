"""Doing what a route declares: one read, one transaction, or a send between two; exactly once where a key is named."""

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from keyturn import Reach
from keyturn.admission.carriers import Carried
from keyturn.database import StoreError
from keyturn.http.pipeline import Answer, Exchange
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.secret import digest_of
from keyturn.stores.sql import keep_client_secret
from tillgate.base.errors import InvalidInput
from tillgate.base.invariants import present
from tillgate.base.pages import Page
from tillgate.base.problems import NO_FIELD, Problem
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import IdempotentRequest, StoredAnswer
from tillgate.store.replays import Holder
from tillgate.wire.canonical import as_before, canonical
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import Dialect
from tillgate.wire.expanding import PARAM, expanded
from tillgate.wire.paging import Listing, Paging
from tillgate.wire.routing import Asks, Call, Reads, Route, Sends, Writes
from tillgate.wire.tags import ETAG, HEADER, Condition, check, not_taken, read_condition, tag_of


class _Named(NamedTuple):
    """A request that named itself, and who can be given a one-time secret again."""

    request: IdempotentRequest
    find_holder: Callable[[], Holder | None]
    what: str

    def seal(self, body: bytes) -> str | None:
        """The whole body for the same caller alone; None where nobody could prove to be that."""
        holder = self.find_holder()
        return holder.seal(body, key=self.request.key, what=self.what) if holder is not None else None

    def replay(self, stored: StoredAnswer) -> Answer:
        """What was answered first, as far as this caller may see it again."""
        body = stored.body
        holder = self.find_holder() if stored.sealed is not None else None
        if stored.sealed is not None and holder is not None:
            whole = holder.open(stored.sealed, key=self.request.key, what=self.what)
            body = whole if whole is not None else body
        return Answer(stored.status, body, stored.media_type.encode())


async def act(context: ApiContext, dialect: Dialect, route: Route, call: Call, exchange: Exchange) -> Answer:
    """Run the route's action: once, where the dialect's policy honours the name that the request may have."""
    action = route.action
    condition = _condition(dialect, route, exchange) if HEADER in exchange.headers else None
    if isinstance(action, Reads):
        if call.expansion is None and condition is None:
            given = await context.database.read(lambda tx: action.run(context, tx, call))
            answer = _answer(dialect, route, _paged(dialect, call, given))
            return _tagged(answer) if route.tagged is not None else answer

        async def read(tx: Transaction) -> Any:
            await _check(context, dialect, tx, route, call, condition)
            return await _to_api(context, dialect, tx, call, await action.run(context, tx, call))

        answer = _answer(dialect, route, await context.database.read(read))
        return _tagged(answer) if _is_tagged(route, call) else answer
    if isinstance(action, Asks):
        return _answer(dialect, route, await action.run(context, call))
    named = _named(context, dialect, route, call, exchange, condition)
    if isinstance(action, Writes):
        answer = await context.database.write(
            lambda tx: _write(context, dialect, tx, route, action, call, named, condition)
        )
        return _tagged(answer) if _is_tagged(route, call) else answer
    return await _send(context, dialect, route, action, call, named)


def _answer(dialect: Dialect, route: Route, answer: Any) -> Answer:
    """What an action gave, as it is sent; what is an answer already stays as it is."""
    if isinstance(answer, Answer):
        return answer
    if answer is None:
        return Answer(route.status, media_type=b"")
    return Answer(int(route.status), dialect.encode(answer), dialect.media_type)


def _condition(dialect: Dialect, route: Route, exchange: Exchange) -> Condition | None:
    """
    Raises:
        TillgateError: it cannot be kept.
    """
    text = exchange.header(HEADER) if dialect.conditional else None
    if text is None:
        return None
    if route.tagged is None:
        raise not_taken()
    return read_condition(text)


async def _check(
    context: ApiContext, dialect: Dialect, tx: Transaction, route: Route, call: Call, condition: Condition | None
) -> None:
    if condition is not None:
        tagged = present(route.tagged, "the object of a route that takes a condition")
        await check(tagged, condition, dialect.encode, context, tx, call, changes=route.changes)


def _is_tagged(route: Route, call: Call) -> bool:
    """Whether the answer is the object alone, as its own address shows it."""
    return route.tagged is not None and call.expansion is None and route.answers is route.tagged.answers


def _tagged(answer: Answer) -> Answer:
    return Answer(
        answer.status, answer.body, answer.media_type, (*answer.headers, (ETAG, tag_of(answer.body).encode()))
    )


async def _write(
    context: ApiContext,
    dialect: Dialect,
    tx: Transaction,
    route: Route,
    action: Writes,
    call: Call,
    named: _Named | None,
    condition: Condition | None,
) -> Answer:
    """The effect and its stored answer, in one transaction."""
    if named is None:
        await _check(context, dialect, tx, route, call, condition)
        given = await _to_api(context, dialect, tx, call, await action.run(context, tx, call))
        return _answer(dialect, route, await _with_client_secret(context, tx, route, call, given))
    stored = await idempotency.begin_together(tx, named.request)
    if stored is not None:
        return dialect.idempotency.replayed(named.replay(stored))
    # A replay is the answer of what was done: that it is not what it was then is its own doing.
    await _check(context, dialect, tx, route, call, condition)
    given = await _to_api(context, dialect, tx, call, await action.run(context, tx, call))
    kept = action.kept(given)
    whole = await _with_client_secret(context, tx, route, call, given)
    answer = _answer(dialect, route, whole)
    if kept is whole:
        await idempotency.finish_together(tx, named.request, _stored(answer))
    else:
        public = _answer(dialect, route, kept)
        sealed = named.seal(answer.body) if action.replays_secret else None
        await idempotency.finish_together(tx, named.request, _stored(public)._replace(sealed=sealed))
    return answer


def _stored(answer: Answer) -> StoredAnswer:
    return StoredAnswer(int(answer.status), answer.body, answer.media_type.decode())


async def _to_api(context: ApiContext, dialect: Dialect, tx: Transaction, call: Call, answer: Any) -> Any:
    """The answer in its envelope, with what was asked for beside it as it is in the same transaction."""
    if call.expansion is None:
        return _paged(dialect, call, answer)
    paging_envelope = _paging(dialect).envelope
    if isinstance(answer, Page):
        data = await expanded(context, tx, call.principal, answer.data, call.expansion, paging_envelope)
        return _paged(dialect, call, answer, data)
    [whole] = await expanded(context, tx, call.principal, [answer], call.expansion, paging_envelope)
    return whole


def _paged(dialect: Dialect, call: Call, answer: Any, data: list[Any] | None = None) -> Any:
    """A page in the dialect's envelope, with ``data`` for what it holds; anything else as it is."""
    if not isinstance(answer, Page):
        return answer
    last = answer.last
    if last is None and answer.data:
        last = answer.data[-1]
    shown = answer.data if data is None else data
    return _paging(dialect).envelope(Listing(shown, answer.has_more, call.page, last))


def _paging(dialect: Dialect) -> Paging:
    return present(dialect.paging, "the paging of a dialect that has lists")


async def _with_client_secret(context: ApiContext, tx: Transaction, route: Route, call: Call, answer: Any) -> Any:
    """What a publishable key has made, with the one-time secret that opens it; and what a secret key has, where the
    route says so."""
    principal = call.principal
    if not (principal.publishable or route.client_secret) or not _creates(route):
        return answer
    key_id = present(principal.key_id, "the key of a caller that makes something")
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


def _creates(route: Route) -> bool:
    return any(need.publishable is Reach.CREATES for need in route.needs)


async def _send(
    context: ApiContext, dialect: Dialect, route: Route, action: Sends, call: Call, named: _Named | None
) -> Answer:
    """Prepared in one transaction, sent outside of any, the answer stored in another."""

    async def prepare(tx: Transaction) -> StoredAnswer | Any:
        stored = await idempotency.begin(tx, named.request) if named is not None else None
        return stored or await action.prepare(context, tx, call)

    prepared = await context.database.write(prepare)
    if named is not None and isinstance(prepared, StoredAnswer):
        return dialect.idempotency.replayed(named.replay(prepared))
    try:
        answer = _answer(dialect, route, await action.send(context, call, prepared))
    except Exception:
        if named is not None:
            with contextlib.suppress(StoreError):
                await context.database.write(lambda tx: idempotency.release(tx, named.request))
        raise
    if named is not None:
        await context.database.write(lambda tx: idempotency.finish(tx, named.request, _stored(answer)))
    return answer


def _named(
    context: ApiContext,
    dialect: Dialect,
    route: Route,
    call: Call,
    exchange: Exchange,
    condition: Condition | None,
) -> _Named | None:
    """The request by the name that it was given; None where it has none, or the policy honours none.

    Raises:
        InvalidInput: the name is none, or the visitor's value.
    """
    policy = dialect.idempotency
    name = exchange.header(policy.header)
    keyless = exchange.key is None and dialect.visitors is not None
    known = exchange.key is not None or keyless or route.signed_in
    if name is None or route.method not in policy.methods or not known:
        return None
    path = "/".join(
        call.params[segment[1:-1]] if segment.startswith("{") else segment for segment in route.path.split("/")
    )
    if call.expansion is not None:
        # What is stored is what was asked for: to ask for something else is another request.
        path += f"?{PARAM}={','.join(call.expansion.paths)}"
    if condition is not None:
        path += f" {','.join(condition.tags)}"
    try:
        body = canonical(call.body) if route.body is not None else b""
    except RecursionError as error:
        raise InvalidInput(NO_FIELD, Problem.TOO_DEEP) from error
    key, owner = idempotency.checked_key(name), ""
    visitor: str | None = ""
    if route.signed_in:
        owner, visitor = call.principal.actor, None
    elif exchange.key is None:
        # Nobody is known here: whoever knows the visitor's value, or else a name that nobody guesses, is the same one.
        held = exchange.header(policy.visitor_header) or name
        idempotency.checked_visitor(held)
        owner, visitor = f"visitor.{hashlib.sha256(held.encode()).hexdigest()[:32]}", None
    elif call.principal.publishable:
        # Anybody may hold that key, and must not come upon what others have named.
        owner = exchange.key.id
        visitor = exchange.header(policy.visitor_header)
        if visitor is not None:
            idempotency.checked_visitor(visitor)
            owner += f".{hashlib.sha256(visitor.encode()).hexdigest()[:32]}"

    def earlier() -> list[str]:
        written = as_before(call.body) if route.body is not None else ()
        return [idempotency.fingerprint(route.method, path, one) for one in written]

    request = IdempotentRequest(
        call.principal,
        key,
        idempotency.fingerprint(route.method, path, body),
        context.clock.now(),
        policy.namespace,
        owner,
        policy.window_ms,
        earlier,
    )
    return _Named(request, lambda: _holder(context, exchange, visitor), f"{route.method} {path}")


def _holder(context: ApiContext, exchange: Exchange, visitor: str | None) -> Holder | None:
    """The caller by the text of its key, for as long as the request lasts; None where nobody could prove to be that.

    Args:
        visitor: the visitor's value, None where one who holds a publishable key sent none; empty for other keys.
    """
    if visitor is None:
        return None
    presented = present(exchange.presented, "what an admitted caller has presented")
    carried = context.keys.carriers.find(presented.authorization, presented.api_key)
    return Holder(carried.secret.reveal(), visitor) if isinstance(carried, Carried) else None
