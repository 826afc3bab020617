"""A walk through the API along the links of its own document, by schemathesis in stateful mode.

schemathesis chooses the ways (one of an answer's links, or a fresh start) and makes up the requests, a tenth of them
against the document. Left to itself it hardly ever hits upon an amount that has its currency's digits, and most walks
would end at their first 400: so most of what it made up is put right here, and some of that made wrong again.

After each step:

- no 5xx, only declared statuses, and an answer that fits its declared schema and headers;
- nothing accepted that the document forbids;
- a refused request and a read have changed nothing, in no table of the database;
- the same request with the same ``Idempotency-Key`` gets the same bytes again, and changes nothing;
- what a link names is there.
"""

import itertools
from collections import Counter
from random import Random
from typing import Any, Final, cast

import httpx
import requests
import schemathesis
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple
from schemathesis import Case, Response
from schemathesis.core.result import Ok
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput, normalize_name

from keyturn.database import Both
from tests.api.bodies import likely, spoilt
from tests.shop import PUBLIC_URL, ShopBeside
from tests.snapshots import TABLES, Books, Snapshot
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT
from tillgate.api.resources import EXPANSIONS
from tillgate.base.ids import is_typed
from tillgate.checkout.settlement.simulating import PAYERS
from tillgate.rails.simulated import REFUND_FAILS, REFUND_STAYS_PENDING
from tillgate.store import Transaction
from tillgate.wire.expanding import PARAM
from tillgate.wire.routing import Route

CHECKS: Final[list[schemathesis.CheckFunction]] = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.negative_data_rejection,
]
KEY: Final = "Idempotency-Key"
NOBODY_LISTENS: Final = "https://127.0.0.1:9/in"
UNUSUAL: Final = ("payer_pays_less", "payer_pays_more", "payer_pays_late")
# How much of what schemathesis made up stays so, and how much of what was put right is made wrong again.
AS_MADE_UP, SPOILT, OF_ANOTHER_KIND = 0.15, 0.2, 0.04
# How many of the requests that change something carry a key of ours, where schemathesis has made up none.
NAMED: Final = 0.7
# How much is asked for with objects put into the answer.
EXPANDED: Final = 0.2
# How many steps that schemathesis did not choose follow one that it did. They cost a third of one.
OF_OUR_OWN_MAX: Final = 5
TOLD_MAX: Final = 12
# Who uses the shop, not what happens in it.
_KEPT: Final = ("api_keys", "projects", "users", "instance_facts", "schema_migrations", "key_")

_UNREFERRED: Final = Both(
    sqlite="PRAGMA defer_foreign_keys = ON", postgres="SET LOCAL session_replication_role = 'replica'"
)
# A file is made by a job, and a still shop has none: tests/api/test_issued.py.
WALKED: Final = [route for route in ROUTES if route.answers is not None]
_ROUTE_OF: Final = {(route.method.lower(), f"{ROOT}{route.path}"): route for route in ROUTES}


class Walk:
    """What is done before, in and after each step; :func:`walk` puts it over the machine that schemathesis makes."""

    shop: ShopBeside
    books: Books
    answered: Counter[tuple[str, int]]

    # What the machine below has.
    schema: Any
    recorder: Any
    control: Any

    def setup(self) -> None:
        self.shop.run(_clear, self.shop)
        self._now: Snapshot = self.shop.run(self.books.read)
        self._known: dict[str, list[str]] = {}
        self._deleted: set[str] = set()
        self._told: list[str] = []
        self._tried: Counter[str] = Counter()
        self._random = Random(0)
        self._numbers = itertools.count()

    @initialize(target=Bundle("catch_all"), seed=st.integers(0, 2**32 - 1))
    def a_shop_that_has_sold(self, seed: int) -> Any:
        """There are goods, a customer, a discount, a clock and an endpoint, and sessions that were paid somehow."""
        random = self._random = Random(seed)
        made = [
            self._made("/webhook_endpoints", {"url": NOBODY_LISTENS, "events": ["*"]}),
            self._made("/customers", {"email": "alan@example.com"}),
            self._made("/products", {"name": "Mug", "price": "12.00"}),
            self._made("/test_clocks", {"name": "Clock"}),
            self._made("/payment_links", {"title": "Pro plan", "fiatAmount": "99.00"}),
            self._made("/coupons", {"name": "Ten", "discountType": "percentage", "discountPercentage": "10"}),
        ]
        made.append(self._made("/promotion_codes", {"code": "TEN", "couponId": self._known["coupon"][0]}))
        for capture, payers in (
            ("automatic", UNUSUAL),
            ("manual", ("payer_authorizes",)),
            ("automatic", tuple(PAYERS)),
        ):
            body = {
                "amount": {"value": "99.00", "currency": "USD"},
                "captureMethod": capture,
                "testClockId": self._known["test_clock"][0],
            }
            session = self._made("/checkout_sessions", body)
            own = {"id": _read(session)["id"]}
            self._sent("post", "/checkout_sessions/{id}/simulate", own, {"payer": random.choice(payers)})
            [order] = _read(self._sent("get", "/orders", query={"sessionId": own["id"]}))["data"]
            made += [
                session,
                self._sent("get", "/orders/{id}", {"id": order["id"]}),
                self._sent("get", "/payments/{id}", {"id": order["paymentId"]}),
            ]
        where = random.choice((REFUND_STAYS_PENDING, REFUND_FAILS, None))
        refund = {"paymentId": order["paymentId"], "reason": "other", "amount": "1.00", "destination": where}
        made.append(self._sent("post", "/refunds", body=refund))
        return multiple(*made, self._sent("get", "/events"))

    def step(self, input: StepInput) -> StepOutput:
        case = input.case
        route = _ROUTE_OF[(case.operation.method.lower(), case.operation.path)]
        if case.meta is not None:
            self._arrange(case, route)
        answer = self._ask(case)
        self.answered[route.operation_id, answer.status_code] += 1
        self._tried[route.operation_id] += 1
        response = Response.from_any(answer)
        self.recorder.record_response(case_id=case.id, response=response)
        case.validate_response(response, checks=CHECKS)
        self._look(route, answer)
        if route.changes and KEY in case.headers:
            self._repeat(case, answer)
        self._check_link(input, route, answer)
        if answer.is_success:
            self._learn(answer.json())
        if case.meta is not None:
            for _ in range(self._random.randint(0, OF_OUR_OWN_MAX)):
                self._go_on()
        return StepOutput(response, case)

    def _go_on(self) -> None:
        """What was tried least in this walk, on something that there is: so that it comes to the ends of lives."""
        random = self._random
        possible = [route for route in WALKED if "{id}" not in route.path or self._known.get(_noun_of(route))]
        random.shuffle(possible)
        route = min(possible, key=lambda one: self._tried[one.operation_id])
        own = {"id": random.choice(self._known[_noun_of(route)])} if "{id}" in route.path else None
        if "{hash}" in route.path:
            own = {"hash": f"0x{random.randbytes(32).hex()}"}
        body = None
        if route.body is not None:
            body = likely(route.body, random, self._known)
            body = spoilt(route.body, body, random) if random.random() < SPOILT else body
        query = self._expanded(route)
        self._sent(route.method.lower(), route.path, own, body, query, named=random.random() < NAMED)

    def _made(self, path: str, body: Any) -> StepOutput:
        output = self._sent("post", path, body=body)
        assert output.response.status_code == 201, output.response.text
        return output

    def _sent(
        self, method: str, path: str, own: Any = None, body: Any = None, query: Any = None, *, named: bool = False
    ) -> StepOutput:
        """One request, exactly as it is said here."""
        more = {"body": body, "media_type": "application/json"} if body is not None else {}
        case = self.schema[f"{ROOT}{path}"][method].Case(path_parameters=own, query=query, **more)
        self.recorder.record_case(case=case)
        if named and method != "get":
            case.headers[KEY] = f"walk-{next(self._numbers)}"
        step = StepInput.initial(case)
        self.control.record_step(step, self.recorder)
        return self.step(step)

    def _arrange(self, case: Case, route: Route) -> None:
        """Put right what was made up, mostly; keep the ids that a link has put in."""
        random = self._random
        if route.changes and KEY not in case.headers and random.random() < NAMED:
            case.headers[KEY] = f"walk-{next(self._numbers)}"
        if case.meta is None or case.meta.generation.mode.is_negative:
            return
        if random.random() > AS_MADE_UP:
            # What a link or a list of words has put in stays; any other text would be no cursor, instant or id.
            case.query = {
                name: value
                for name, value in case.query.items()
                if name not in ("starting_after", "createdAfter", "createdBefore", "currency", "amount", "expand")
                and (not name.endswith("Id") or is_typed(str(value)))
            } | self._expanded(route)
        if "id" in case.path_parameters and random.random() < OF_ANOTHER_KIND:
            case.path_parameters["id"] = random.choice([one for ids in self._known.values() for one in ids])
        if route.body is None:
            return
        if random.random() < AS_MADE_UP:
            if isinstance(case.body, dict) and str(case.body.get("url")).startswith("https:"):
                # Test sends go out at once: no name may be asked for outside of this machine.
                case.body["url"] = NOBODY_LISTENS
            return
        made = likely(route.body, random, self._known)
        if isinstance(case.body, dict):
            linked = {name: value for name, value in case.body.items() if isinstance(value, str) and is_typed(value)}
            made |= linked
        case.body = spoilt(route.body, made, random) if random.random() < SPOILT else made

    def _expanded(self, route: Route) -> dict[str, str]:
        """A query that asks for more than the answer alone, now and then."""
        resource = EXPANSIONS.of_answer(route.answers)
        if resource is None or not resource.choices or self._random.random() > EXPANDED:
            return {}
        return {PARAM: ",".join(self._random.sample(resource.choices, min(2, len(resource.choices))))}

    def _ask(self, case: Case) -> httpx.Response:
        asked = requests.Request(**case.as_transport_kwargs(base_url=PUBLIC_URL)).prepare()
        headers = dict(asked.headers) | {"Authorization": f"Bearer {self.shop.key}"}
        method, url = cast(str, asked.method), cast(str, asked.url)
        answer = self.shop.request(method, url, content=asked.body, headers=headers)
        shown = f" {asked.body!r:.300}" if asked.body else ""
        key = f" [{headers[KEY]}]" if KEY in headers else ""  # type: ignore[str-bytes-safe]
        said = answer.json()["error"]["message"] if answer.is_error else ""
        self._told.append(f"{method} {url.removeprefix(PUBLIC_URL)}{key}{shown} -> {answer.status_code} {said:.120}")
        return answer

    def _look(self, route: Route, answer: httpx.Response, *, repeated: bool = False) -> None:
        """A refusal, a read and a repetition leave everything as it was."""
        before, self._now = self._now, self.shop.run(self.books.read)
        if answer.is_success and route.changes and not repeated:
            return
        changed = self.books.difference(before, self._now)
        what = "A repetition" if repeated else "A read" if answer.is_success else "A refused request"
        assert not changed, self._story(f"{what} changed what is kept:", *changed)

    def _repeat(self, case: Case, answer: httpx.Response) -> None:
        """The same again: a success is told again to the byte, a refusal is refused again."""
        route = _ROUTE_OF[(case.operation.method.lower(), case.operation.path)]
        again = self._ask(case)
        self._look(route, again, repeated=True)
        if not answer.is_success:
            first, second = answer.json()["error"], again.json()["error"]
            same = (answer.status_code, first["code"]) == (again.status_code, second["code"])
            assert same, self._story("What was refused once is not refused so again:", again.text)
            return
        assert again.headers.get("Idempotency-Replayed") == "true", self._story("This was no replay:", again.text)
        same = (again.status_code, again.content) == (answer.status_code, answer.content)
        assert same, self._story("The replay differs:", answer.text, again.text)

    def _check_link(self, input: StepInput, route: Route, answer: httpx.Response) -> None:
        """What a link names can be read, unless it was deleted meanwhile."""
        if input.transition is None or answer.status_code != 404 or route.method != "GET":
            return
        named = input.transition.parameters.get("path_parameters", {}).get("id")
        if named is None or not isinstance(named.value, Ok):
            return
        asked = input.case.path_parameters["id"]
        # What belonged to a deleted endpoint went with it.
        gone = asked in self._deleted or (self._deleted and asked.startswith("dlv_"))
        assert asked != named.value.ok() or gone, self._story(f"{input.transition.id} leads nowhere:", answer.text)

    def _learn(self, shown: Any) -> None:
        if shown.get("deleted"):
            self._deleted.add(shown["id"])
        for one in shown["data"] if isinstance(shown.get("data"), list) else [shown]:
            if "id" in one and one["id"] not in self._known.setdefault(one["object"], []):
                self._known[one["object"]].append(one["id"])
            if one.get("object") == "promotion_code":
                self._known.setdefault("promotionCode", []).append(one["code"])

    def _story(self, *lines: str) -> str:
        return "\n".join([*lines, "after:", *self._told[-TOLD_MAX:]])


def walk(shop: ShopBeside) -> Any:
    """The state machine that walks through a shop; its ``answered`` counts operations by what they answered."""
    told = shop.request("GET", f"{PUBLIC_URL}/openapi.json").json()
    # Every request here carries a key; what happens without one is shown elsewhere.
    del told["security"]
    for route in ROUTES:
        if route not in WALKED:
            del told["paths"][f"{ROOT}{route.path}"]
    # Along the document's own links, not along such as are guessed from names.
    config = schemathesis.Config.from_dict({"phases": {"stateful": {"inference": {"algorithms": []}}}})
    schema = schemathesis.openapi.from_dict(told, config=config)
    machine: Any = schema.as_state_machine()
    # A made-up id is a 404, and a walk has better things to begin with; what links lead to is made up often enough.
    lost = {label: f"RANDOM -> {label}" for label in machine._root_labels if "{id}" in label}
    own: dict[str, Any] = {normalize_name(name): None for name in lost.values()}
    own |= {
        "shop": shop,
        "books": Books(shop.shop.database),
        "answered": Counter(),
        "root_rules": machine.root_rules - own.keys(),
        "_root_labels": machine._root_labels - lost.keys(),
    }
    return type("ShopWalk", (Walk, machine), own)


async def _clear(shop: ShopBeside) -> None:
    """Remove all that earlier walks have left."""

    async def operation(tx: Transaction) -> None:
        tables = [name for name in await _tables(tx) if not name.startswith(_KEPT)]
        # In whatever order: rows that others refer to go as well.
        await tx.execute(_UNREFERRED)
        for table in tables:
            await tx.execute(f"DELETE FROM {table}")  # noqa: S608

    await shop.shop.database.write(operation)


async def _tables(tx: Transaction) -> list[str]:

    return [row[0] for row in await tx.fetch_all(TABLES)]


def _noun_of(route: Route) -> str:
    """What the route's objects say in ``object``."""
    words = route.path.split("/")[1]
    return f"{words[:-3]}y" if words.endswith("ies") else words.removesuffix("s")


def _read(output: StepOutput) -> Any:
    return output.response.json()
