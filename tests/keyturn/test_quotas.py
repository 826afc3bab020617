"""Monthly quotas: exact for every process together, counted in few statements, and told everywhere alike."""

import asyncio

import pytest

from keyturn.database import Database
from keyturn.errors import InvalidQuota
from keyturn.limiting.quotas import QUOTA_MAX, MemoryQuotas, Quota, Quotas, block, checked_quota, month_of
from keyturn.stores.quotas import SqlQuotas
from tests.keyturn.test_server import CommandContext, context, light_harness

pytestmark = pytest.mark.anyio

__all__ = ["context", "light_harness"]

NOVEMBER = 1_795_996_800_000  # 2026-11-30T00:00:00Z
DAY_MS = 86_400_000


class CountedQuotas(MemoryQuotas):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def take(self, quota: Quota, month: int, least: int) -> tuple[int, int]:
        self.asked += 1
        await asyncio.sleep(0)
        return await super().take(quota, month, least)


def test_a_month_is_a_calendar_month_in_utc() -> None:
    """Also over the end of a year, and to the millisecond."""
    november = month_of(NOVEMBER)
    assert november.ends_at == NOVEMBER + DAY_MS and november.ends_at - november.begins_at == 30 * DAY_MS
    december = month_of(november.ends_at)
    assert (december.number, december.begins_at) == (november.number + 1, november.ends_at)
    assert month_of(november.ends_at - 1) == november
    assert month_of(december.ends_at).number == december.number + 1 == 2027 * 12


def test_what_is_no_quota_is_refused() -> None:
    """None is none."""
    assert (checked_quota(None), checked_quota(1), checked_quota(QUOTA_MAX)) == (None, 1, QUOTA_MAX)
    for wrong in (0, -1, QUOTA_MAX + 1):
        with pytest.raises(InvalidQuota, match="a monthly quota is 1 to"):
            checked_quota(wrong)
    assert [block(left, 1) for left in (0, 1, 99, 1_000, 10**9)] == [0, 1, 1, 10, 1_000]


async def test_several_processes_together_let_exactly_the_quota_pass(database: Database) -> None:
    """Requests at once in four of them; not one more passes and, once idle blocks went back, not one fewer."""
    quota, store = Quota("key_a", 150), SqlQuotas(database)
    gates = [Quotas(store, lambda: 0.0) for _ in range(3)]

    async def passes(gate: Quotas) -> bool:
        return not (await gate.take([quota], NOVEMBER)).exceeded

    assert sum(await asyncio.gather(*(passes(gates[one % 3]) for one in range(147)))) == 147
    for gate in gates:
        await gate.flush(closing=True)
    assert await store.used("key_a", month_of(NOVEMBER).number) == 147
    last = Quotas(store, lambda: 0.0)
    assert sum([await passes(last) for _ in range(5)]) == 3
    left = await last.take([quota], NOVEMBER)
    assert (left.exceeded, left.remaining, left.reset_seconds, left.window_seconds) == (True, 0, 86_400, 30 * 86_400)
    # The next month begins again, and the one before is forgotten in time.
    assert (await last.take([quota], NOVEMBER + DAY_MS)).remaining == 149
    assert await store.forget_quotas(month_of(NOVEMBER).number + 1, 10) == 1
    assert await store.used("key_a", month_of(NOVEMBER).number) == 0


async def test_of_many_requests_few_ask_the_store() -> None:
    """A hundredth of what is left is taken at once; what is used up is asked for once a second, however many come."""
    now = 0.0
    store = CountedQuotas()
    quotas, quota = Quotas(store, lambda: now), Quota("key_a", 100_000)
    for _ in range(10_000):
        if quotas.take_now([quota], NOVEMBER) is None:
            await quotas.take([quota], NOVEMBER)
    assert store.asked == 11
    small = Quota("key_b", 1)
    assert not (await quotas.take([small], NOVEMBER)).exceeded
    asked = store.asked
    for _ in range(1_000):
        assert (await quotas.take([small], NOVEMBER)).exceeded
    assert store.asked == asked + 1
    now = 1.5
    assert (await quotas.take([small], NOVEMBER)).exceeded and store.asked == asked + 2


async def test_of_two_quotas_both_count_or_neither() -> None:
    """What one refuses costs the other nothing; a changed quota holds from the next request on."""
    store = MemoryQuotas()
    quotas = Quotas(store, lambda: 0.0)
    wide, narrow = Quota("key_a", 10), Quota("default/live/cus_1", 2)
    lefts = [await quotas.take([wide, narrow], NOVEMBER) for _ in range(4)]
    assert [(one.remaining, one.exceeded, one.limit) for one in lefts] == [
        (1, False, 2), (0, False, 2), (0, True, 2), (0, True, 2),
    ]  # fmt: skip
    assert (await quotas.used(wide, NOVEMBER)).remaining == 8
    wider = narrow._replace(requests=3)
    assert [(await quotas.take([wide, wider], NOVEMBER)).exceeded for _ in range(2)] == [False, True]
    assert (await quotas.take([wide._replace(requests=3), wider], NOVEMBER)).exceeded
    # What is not used any more goes back at the second look.
    await quotas.flush()
    await quotas.flush()
    month = month_of(NOVEMBER).number
    assert (await store.used("key_a", month), await store.used("default/live/cus_1", month)) == (3, 3)


async def test_a_used_up_quota_is_told_alike_everywhere(context: CommandContext) -> None:
    """In the verdict with what is left and when it begins again, by a 429 of its own code with the headers of the
    RateLimit draft, and by the key's own page; raised, it lets requests pass at once."""
    made = await context.key("keys:read", "invoices:read", monthlyQuota=2)
    assert made["monthlyQuota"] == 2
    ends = month_of(context.layer.clock.now()).ends_at
    first = await context.verify(made["key"])
    assert (first["valid"], first["quota"]["limit"], first["quota"]["remaining"]) == (True, 2, 1)
    assert first["quota"]["resetsAt"].startswith(first["quota"]["resetsAt"][:8] + "01T00:00:00")
    status, who = await context.call("GET", "/v1/whoami", by=made["key"])
    assert (status, who["quota"]["remaining"]) == (200, 0)
    refused = await context.verify(made["key"])
    assert (refused["valid"], refused["status"], refused["reason"], refused["code"]) == (
        False, 429, "quota_exceeded", "quota_exceeded",
    )  # fmt: skip
    assert "The monthly quota of 2 requests is used up. It begins again at " in refused["message"]
    status, told = await context.call("GET", "/v1/whoami", by=made["key"])
    assert (status, told["code"], told["type"]) == (429, "quota_exceeded", "/docs/errors/quota_exceeded")
    status, quota = await context.call("GET", f"/v1/keys/{made['id']}/quota")
    assert (status, quota["monthlyQuota"], quota["used"], quota["remaining"]) == (200, 2, 2, 0)
    assert quota["resetsAt"] == refused["quota"]["resetsAt"] and ends > context.layer.clock.now()
    status, _ = await context.call("PATCH", f"/v1/keys/{made['id']}", {"monthlyQuota": 3})
    assert status == 200 and (await context.verify(made["key"]))["valid"]
    assert not (await context.verify(made["key"]))["valid"]
    status, _ = await context.call("PATCH", f"/v1/keys/{made['id']}", {"monthlyQuota": None})
    assert status == 200 and "quota" not in await context.verify(made["key"])
    for wrong in (0, QUOTA_MAX + 1, "7"):
        status, told = await context.call("POST", "/v1/keys", {"name": "x", "monthlyQuota": wrong})
        assert (status, told["code"], told["param"]) == (400, "invalid_body", "monthlyQuota")


async def test_a_customers_quota_counts_all_of_its_keys(context: CommandContext) -> None:
    """However many keys it has and makes; only the root credential sets it, and it holds from the next request on."""
    one = await context.key("keys:write", "keys:read", "invoices:read", externalId="cus_1")
    two = await context.key("invoices:read", externalId="cus_1")
    other = await context.key("invoices:read", externalId="cus_2")
    assert (await context.verify(two["key"]))["valid"]
    whose = {"externalId": "cus_1", "monthlyQuota": 3}
    status, told = await context.call("PUT", "/v1/quotas", whose, one["key"])
    assert (status, told["code"]) == (403, "root_required")
    status, quota = await context.call("PUT", "/v1/quotas", whose)
    assert (status, quota["used"], quota["monthlyQuota"], quota["externalId"]) == (200, 0, 3, "cus_1")
    made = await context.key("invoices:read", by=one["key"])
    assert [(await context.verify(key["key"]))["valid"] for key in (two, made, two)] == [True, True, False]
    assert (await context.verify(other["key"]))["valid"]
    status, told = await context.call("GET", "/v1/whoami", by=one["key"])
    assert (status, told["code"]) == (429, "quota_exceeded")
    status, quota = await context.call("GET", "/v1/quotas?externalId=cus_1")
    assert (status, quota["used"], quota["remaining"]) == (200, 3, 0)
    status, quota = await context.call("PUT", "/v1/quotas", {"externalId": "cus_1", "monthlyQuota": None})
    assert (status, quota["monthlyQuota"]) == (200, None) and (await context.verify(two["key"]))["valid"]


async def test_a_key_gains_no_requests_by_the_keys_it_makes(light_harness: CommandContext) -> None:
    """What its keys do counts against its own quota, too."""
    maker = await light_harness.key("keys:write", "invoices:read", monthlyQuota=3)
    made = await light_harness.key("invoices:read", by=maker["key"])
    assert [(await light_harness.verify(made["key"]))["valid"] for _ in range(3)] == [True, True, False]
