"""Stored answers at the level of the table, with a clock that stands still."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.database import Database
from tests.makers import NEW_YEAR, counter_over, execute, one, rows
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import (
    FORGET_BATCH_MAX,
    JSON,
    IdempotentRequest,
    StoredAnswer,
    checked_key,
    checked_visitor,
    fingerprint,
)

T = TypeVar("T")
FIRST, SECOND = StoredAnswer(201, b'{"id":"first"}'), StoredAnswer(200, '{"id":"zweite Größe 🎉"}'.encode())


class Keeper:
    """The operations of one project, each in a transaction of its own."""

    def __init__(self, database: Database, principal: Principal) -> None:
        self._database = database
        self._principal = principal

    def request(
        self, at: int = 0, *, key: str = "key", body: str = "one", owner: str = "", namespace: str = "api", **other: Any
    ) -> IdempotentRequest:
        principal = self._principal._replace(**other)
        made = fingerprint("POST", "/things", body.encode())
        return IdempotentRequest(principal, key, made, NEW_YEAR + at, namespace, owner)

    async def begin(self, request: IdempotentRequest) -> StoredAnswer | None:
        return await self._database.write(lambda tx: idempotency.begin(tx, request))

    async def write(self, operation: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._database.write(operation)

    async def finish(self, request: IdempotentRequest, answer: StoredAnswer = FIRST) -> None:
        await self._database.write(lambda tx: idempotency.finish(tx, request, answer))

    async def release(self, request: IdempotentRequest) -> None:
        await self._database.write(lambda tx: idempotency.release(tx, request))

    async def forget(self, at: int) -> int:
        return await self._database.write(lambda tx: idempotency.forget(tx, NEW_YEAR + at))

    async def refused(self, request: IdempotentRequest) -> str:
        with pytest.raises(Conflict) as caught:
            await self.begin(request)
        return caught.value.code

    async def together(self, request: IdempotentRequest, answer: StoredAnswer = FIRST) -> StoredAnswer | str:
        """Claimed and answered in one transaction: what is replayed, why it is refused, or the fresh answer."""

        async def operation(tx: Transaction) -> StoredAnswer:
            stored = await idempotency.begin_together(tx, request)
            if stored is None:
                await idempotency.finish_together(tx, request, answer)
            return stored or answer

        try:
            return await self._database.write(operation)
        except Conflict as refused:
            return refused.code


@pytest.fixture
async def keeper(database: Database) -> Keeper:
    """Over a database with one project."""
    return Keeper(database, (await counter_over(database)).principal)


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R63")
async def test_an_answer_is_given_again_until_24_hours_after_its_request(keeper: Keeper) -> None:
    """Byte for byte up to the last millisecond; from 24 hours on, the key is anybody's again."""
    assert await keeper.begin(keeper.request()) is None
    await keeper.finish(keeper.request(), SECOND)
    for at in (0, 1, DAY_MS - 1):
        assert await keeper.begin(keeper.request(at)) == SECOND
        assert await keeper.refused(keeper.request(at, body="two")) == "idempotency_key_reused"
    assert await keeper.begin(keeper.request(DAY_MS, body="two")) is None
    assert await keeper.refused(keeper.request(DAY_MS, body="two")) == "idempotency_key_in_use"
    await keeper.finish(keeper.request(DAY_MS, body="two"), FIRST)
    assert await keeper.begin(keeper.request(DAY_MS + 1, body="two")) == FIRST


@pytest.mark.anyio
async def test_what_is_answered_in_one_transaction_is_kept_as_in_two(database: Database, keeper: Keeper) -> None:
    """Replayed within the window, refused for another body, taken over after a minute or a day; rows alike."""
    assert await keeper.together(keeper.request(), SECOND) == SECOND
    assert await keeper.together(keeper.request(DAY_MS - 1)) == SECOND
    assert await keeper.begin(keeper.request(DAY_MS - 1)) == SECOND
    assert await keeper.together(keeper.request(1, body="two")) == "idempotency_key_reused"
    assert await keeper.together(keeper.request(DAY_MS, body="two"), FIRST) == FIRST
    assert await keeper.begin(keeper.request(DAY_MS + 1, body="two")) == FIRST

    await keeper.begin(keeper.request(key="claimed"))
    assert await keeper.together(keeper.request(MINUTE_MS - 1, key="claimed")) == "idempotency_key_in_use"
    assert await keeper.together(keeper.request(MINUTE_MS, key="claimed", body="two")) == "idempotency_key_reused"
    assert await keeper.together(keeper.request(MINUTE_MS, key="claimed"), SECOND) == SECOND
    await keeper.finish(keeper.request(key="claimed"), FIRST)
    assert await keeper.begin(keeper.request(MINUTE_MS, key="claimed")) == SECOND

    await keeper.begin(keeper.request(key="apart"))
    await keeper.finish(keeper.request(key="apart"), FIRST)
    await keeper.together(keeper.request(key="at once"), FIRST)
    apart, at_once = await rows(
        database,
        "SELECT livemode, namespace, owner, fingerprint, status, media_type, body, sealed, created_at, expires_at "
        "FROM idempotency_names WHERE key IN ('apart', 'at once') ORDER BY key",
    )
    assert tuple(apart) == tuple(at_once)


@pytest.mark.anyio
async def test_what_fails_in_one_transaction_leaves_its_name_free(database: Database, keeper: Keeper) -> None:
    """Neither the effect nor the claim is there."""

    async def operation(tx: Transaction) -> None:
        await idempotency.begin_together(tx, keeper.request())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(operation)
    assert await keeper.together(keeper.request(body="two"), SECOND) == SECOND


@pytest.mark.anyio
async def test_a_key_belongs_to_one_project_mode_owner_and_namespace(database: Database, keeper: Keeper) -> None:
    """The same Idempotency-Key elsewhere is another one, whatever its request."""
    other = (await counter_over(database)).project_id
    requests = [
        keeper.request(),
        keeper.request(livemode=True, body="two"),
        keeper.request(project_id=other, body="three"),
        keeper.request(project_id=other, livemode=True),
        keeper.request(key="KEY", body="four"),
        keeper.request(owner="key_a", body="five"),
        keeper.request(owner="key_b", body="six"),
        keeper.request(namespace="forms", body="seven"),
    ]
    for number, request in enumerate(requests):
        assert await keeper.begin(request) is None
        await keeper.finish(request, StoredAnswer(201, str(number).encode()))
    for number, request in enumerate(requests):
        assert await keeper.begin(request) == StoredAnswer(201, str(number).encode())


@pytest.mark.anyio
async def test_an_unanswered_claim_is_taken_over_by_the_same_request_after_a_minute(keeper: Keeper) -> None:
    """Until then it is in use; another request never gets it, so that one key never stands for two things."""
    assert await keeper.begin(keeper.request()) is None
    assert await keeper.refused(keeper.request(MINUTE_MS - 1)) == "idempotency_key_in_use"
    assert await keeper.refused(keeper.request(MINUTE_MS, body="two")) == "idempotency_key_reused"
    assert await keeper.begin(keeper.request(MINUTE_MS)) is None
    assert await keeper.refused(keeper.request(2 * MINUTE_MS - 1)) == "idempotency_key_in_use"


@pytest.mark.anyio
async def test_a_lost_claim_can_be_neither_finished_nor_released(keeper: Keeper) -> None:
    """An answer that comes after its claim was taken over leaves the other's claim and answer alone."""
    lost, taken_over = keeper.request(), keeper.request(MINUTE_MS)
    await keeper.begin(lost)
    await keeper.begin(taken_over)
    await keeper.finish(lost, FIRST)
    await keeper.release(lost)
    assert await keeper.refused(keeper.request(MINUTE_MS + 1)) == "idempotency_key_in_use"
    await keeper.finish(taken_over, SECOND)
    await keeper.finish(lost, FIRST)
    await keeper.release(lost)
    await keeper.release(taken_over)
    assert await keeper.begin(keeper.request(MINUTE_MS + 2)) == SECOND


@pytest.mark.anyio
async def test_a_released_claim_is_free_at_once(keeper: Keeper) -> None:
    """What failed does not keep its key: not for the same request, and not for a corrected one."""
    await keeper.begin(keeper.request())
    await keeper.release(keeper.request())
    assert await keeper.begin(keeper.request(1, body="two")) is None


@pytest.mark.anyio
async def test_old_answers_are_forgotten_in_batches_and_young_ones_stay(database: Database, keeper: Keeper) -> None:
    """Each batch is bounded, oldest first, unanswered ones included; nothing within its 24 hours goes."""
    await keeper.begin(keeper.request(1, key="young"))
    await keeper.finish(keeper.request(1, key="young"))
    await keeper.begin(keeper.request(0, key="never answered"))
    await execute(
        database,
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2) "
        "INSERT INTO idempotency_names "
        "(project_id, livemode, namespace, owner, key, fingerprint, status, body, created_at, expires_at) "
        "SELECT project_id, livemode, namespace, owner, key || n, fingerprint, 201, '{}', created_at - n, "
        "expires_at - n FROM numbers, idempotency_names "
        "WHERE key = $1",
        "never answered",
        FORGET_BATCH_MAX,
    )
    assert await keeper.forget(DAY_MS - FORGET_BATCH_MAX - 1) == 0
    assert await keeper.forget(DAY_MS) == FORGET_BATCH_MAX
    assert await one(database, "SELECT MIN(created_at) FROM idempotency_names") == NEW_YEAR
    assert await keeper.forget(DAY_MS) == 1
    assert await keeper.forget(DAY_MS) == 0
    assert await keeper.begin(keeper.request(DAY_MS, key="young")) == FIRST


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        StoredAnswer(200, b"%PDF-1.7 \xff\xfe\x00", "application/pdf"),
        StoredAnswer(200, b"\x89PNG\r\n", "image/png"),
        StoredAnswer(400, '{"title":"Größe"}'.encode(), "application/problem+json"),
        StoredAnswer(204, b"", ""),
        StoredAnswer(200, b"as it is", ""),
        StoredAnswer(201, b'{"id":"a"}', sealed="sealed text"),
    ],
    ids=["pdf", "png", "problem", "empty", "no type", "sealed"],
)
async def test_an_answer_of_any_kind_is_given_again(database: Database, keeper: Keeper, answer: StoredAnswer) -> None:
    """Status, bytes, media type and what was sealed; JSON is kept as text that an operator can read."""
    await keeper.begin(keeper.request())
    await keeper.finish(keeper.request(), answer)
    assert await keeper.begin(keeper.request(1)) == answer
    assert await keeper.together(keeper.request(key="at once"), answer) == answer
    assert await keeper.together(keeper.request(1, key="at once")) == answer
    kept = await one(database, "SELECT body FROM idempotency_names WHERE key = 'key'")
    assert (kept == answer.body.decode("utf-8", "replace")) is (
        answer.media_type in ("", "application/problem+json", JSON)
    )


@pytest.mark.anyio
async def test_a_conflict_names_the_window_and_what_to_do(keeper: Keeper) -> None:
    """The hours are those of the request that is refused."""
    await keeper.begin(keeper.request())
    with pytest.raises(Conflict) as running:
        await keeper.begin(keeper.request(1))
    assert (running.value.code, running.value.problem) == ("idempotency_key_in_use", Problem.NAME_IN_USE)
    assert running.value.values == {"other": "idempotency_key"}
    for window, hours in ((DAY_MS, 24), (6 * 60 * MINUTE_MS, 6)):
        other = keeper.request(1, body="two")._replace(window_ms=window)
        with pytest.raises(Conflict) as reused:
            await keeper.begin(other)
        assert (reused.value.code, reused.value.problem) == ("idempotency_key_reused", Problem.NAME_REUSED)
        assert reused.value.values == {"other": "idempotency_key", "hours": hours}
        assert str(reused.value.values["hours"]) == str(hours)


@pytest.mark.anyio
async def test_a_request_is_known_by_the_fingerprints_of_earlier_versions(keeper: Keeper) -> None:
    """A retry after an upgrade is answered, if an earlier version would have written the same; another one is not."""
    first = keeper.request()
    await keeper.begin(first)
    await keeper.finish(first)
    upgraded = keeper.request(1, body="two")
    assert await keeper.refused(upgraded) == "idempotency_key_reused"
    assert await keeper.refused(upgraded._replace(earlier=lambda: ["another"])) == "idempotency_key_reused"
    assert await keeper.begin(upgraded._replace(earlier=lambda: ["another", first.fingerprint])) == FIRST


@pytest.mark.parametrize("text", ["a" * 16, "a" * 255, "4b9c7a52-2b1c-4c9e-8f5e-0d1d7e9a2f31"])
def test_a_visitors_value_may_have_16_to_255_characters(text: str) -> None:
    """Shorter ones could be guessed; the error names both bounds."""
    checked_visitor(text)
    for wrong in (text[:15], text + "b" * 240, f"{text[:14]} {text[:1]}"):
        with pytest.raises(InvalidInput) as caught:
            checked_visitor(wrong)
        assert (caught.value.code, caught.value.field) == ("invalid_idempotency_key", ("idempotency_visitor",))
        assert (caught.value.problem, caught.value.values) == (Problem.NOT_A_VISITOR, {"minimum": 16, "maximum": 255})


@pytest.mark.anyio
async def test_the_claim_says_whether_it_was_still_its_own(database: Database, keeper: Keeper) -> None:
    """Whoever finishes learns whether the answer was kept: once, and not after the claim was taken over."""

    async def finish(request: IdempotentRequest) -> bool:
        return await database.write(lambda tx: idempotency.finish(tx, request, FIRST))

    await keeper.begin(keeper.request())
    await keeper.begin(keeper.request(MINUTE_MS))
    assert await finish(keeper.request()) is False
    assert await finish(keeper.request(MINUTE_MS)) is True
    assert await finish(keeper.request(MINUTE_MS)) is False


@pytest.mark.anyio
async def test_an_answer_is_found_without_a_claim(database: Database, keeper: Keeper) -> None:
    """By the very same request, within its window, once it is answered; looking claims nothing."""

    async def answered(request: IdempotentRequest) -> StoredAnswer | None:
        return await database.read(lambda tx: idempotency.answered(tx, request))

    assert await answered(keeper.request()) is None
    await keeper.begin(keeper.request())
    assert await answered(keeper.request(1)) is None
    await keeper.finish(keeper.request(), SECOND)
    assert await answered(keeper.request(DAY_MS - 1)) == SECOND
    assert await answered(keeper.request(DAY_MS)) is None
    assert await answered(keeper.request(1, body="two")) is None
    assert await answered(keeper.request(1, key="another")) is None


@pytest.mark.anyio
async def test_an_answer_is_amended_by_the_claim_that_gave_it_alone(database: Database, keeper: Keeper) -> None:
    """Status, type and text are replaced and what was sealed stays; another instant's claim replaces nothing."""
    sealed = StoredAnswer(201, b'{"id":"a"}', sealed="sealed text")
    await keeper.begin(keeper.request())
    await keeper.finish(keeper.request(), sealed)
    other = StoredAnswer(202, '{"id":"b","größe":1}'.encode(), "application/merge-patch+json")
    for at, kept in ((1, sealed), (0, other._replace(sealed="sealed text"))):
        amending = keeper.request(at)
        await database.write(lambda tx, amending=amending: idempotency.amend(tx, amending, other))  # type: ignore[misc]
        assert await keeper.begin(keeper.request(2)) == kept


class Counting:
    """A transaction that counts what it writes, and is of another dialect if that is wanted."""

    def __init__(self, tx: Transaction, dialect: str) -> None:
        self._tx = tx
        self.dialect = dialect
        self.written = 0

    async def execute(self, statement: Any, *values: Any) -> int:
        self.written += 1
        return await self._tx.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_one_transaction_writes_one_row_once_where_nobody_else_can_write(keeper: Keeper) -> None:
    """SQLite's one writer needs no claim; elsewhere the claim is written first, for others wait at it."""

    async def written(dialect: str) -> list[int]:
        async def operation(tx: Transaction) -> list[int]:
            counting: Any = Counting(tx, dialect)
            request = keeper.request(key=dialect)
            assert await idempotency.begin_together(counting, request) is None
            begun = counting.written
            await idempotency.finish_together(counting, request, SECOND)
            return [begun, counting.written]

        return await keeper.write(operation)

    assert await written("sqlite") == [0, 1]
    assert await written("postgres") == [1, 2]
    for dialect in ("sqlite", "postgres"):
        assert await keeper.begin(keeper.request(1, key=dialect)) == SECOND


def test_a_fingerprint_stays_what_it_was() -> None:
    """It is kept for a day: a version that made another one would refuse retries that began before it."""
    made = fingerprint("POST", "/checkout_sessions", b'{"amount":"10.00"}')
    assert made == "cfdbf2735c934eb71fb84abba49fe4478dc7a396aec6e952fe450baf408f1812"


TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=" "), max_size=5)
REQUESTS = st.tuples(st.sampled_from(["POST", "PATCH", "DELETE"]), TEXTS, st.binary(max_size=5))


@given(REQUESTS, REQUESTS)
def test_two_requests_have_one_fingerprint_only_if_they_are_the_same(
    one: tuple[str, str, bytes], other: tuple[str, str, bytes]
) -> None:
    """Method, path and body cannot run into each other."""
    assert (fingerprint(*one) == fingerprint(*other)) is (one == other)


@given(st.text(max_size=300))
def test_a_key_is_visible_ascii_of_at_most_255_characters(text: str) -> None:
    """Whatever is let through is what was given, and has the form; everything else is refused by name."""
    well_formed = 1 <= len(text) <= 255 and all("!" <= char <= "~" for char in text)
    try:
        assert (checked_key(text) == text) is well_formed
    except InvalidInput as error:
        assert not well_formed
        assert (error.code, error.field) == ("invalid_idempotency_key", ("idempotency_key",))
        assert (error.problem, error.values) == (Problem.NOT_A_NAME_OF_A_REQUEST, {"maximum": 255})
