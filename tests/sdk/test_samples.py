"""The samples of the reference: each operation's curl, Python and TypeScript, sent to a real server in test mode."""

import contextlib
import io
import itertools
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.client.quickstart import run
from tests.curling import curled
from tests.receiver import Receiver
from tests.running import RunningServer
from tests.sdk.packing import SDK, compile_strictly, unpacked
from tillgate.api import samples as written
from tillgate.api.application import ROUTES
from tillgate.api.samples import SERVER, TYPESCRIPT_PACKAGE, samples
from tillgate_client import ApiError

ULID = "01j9zk5v8e4w7m2q6r3t5y8x0a"
PRICE = {"value": "49.00", "currency": "USD"}
# What is on networks alone, which test mode has none of: the operation is reached, and says so in its own words.
REFUSED = {
    "checkout_sessions_choose_option": "session_not_payable",
    "refunds_cancel": "refund_not_pending",
    "refunds_create_destination_link": "refund_not_pending",
    "refunds_settle": "refund_not_pending",
    "unassigned_transfers_retrieve": "not_found",
    "unassigned_transfers_assign": "not_found",
    "unassigned_transfers_mark_returned": "not_found",
}


class Made:
    """Objects for one sample after another, each its own: what one has changed, another does not meet."""

    def __init__(self, url: str, key: str, receiver: str, project: str) -> None:
        self.http = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        self.key, self.receiver, self.project = key, receiver, project
        self.numbers = itertools.count()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.http.post(path, json=body) if body is not None else self.http.post(path)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def session(self, *outcomes: str, **more: Any) -> dict[str, str]:
        """A session that went through these outcomes, with all that belongs to it."""
        body = more if "lineItems" in more else {"amount": PRICE, **more}
        made = self.post("/checkout_sessions", body)
        for outcome in outcomes:
            self.post(f"/checkout_sessions/{made['id']}/simulate", {"outcome": outcome})
        order = self.get(f"/orders/{made['orderId']}")
        lines = [one["id"] for one in order["lineItems"] or ()]
        return {"cs": made["id"], "ord": made["orderId"], "pay": made["paymentId"], "li": "".join(lines[:1])}

    def transaction(self) -> dict[str, str]:
        found = self.session("paid")
        return {"txn": self.get(f"/transactions?paymentId={found['pay']}")["data"][0]["id"]}

    def refund(self) -> dict[str, str]:
        found = self.session("paid")
        body = {"paymentId": found["pay"], "reason": "requested_by_customer", "amount": "10.00"}
        return found | {"re": self.post("/refunds", body)["id"]}

    def endpoint(self) -> dict[str, str]:
        body = {"url": self.receiver, "events": ["customer.created"]}
        return {"we": self.post("/webhook_endpoints", body)["id"]}

    def delivery(self) -> dict[str, str]:
        found = self.endpoint()
        self.customer()
        [one] = self.get(f"/webhook_endpoints/{found['we']}/deliveries")["data"]
        return found | {"dlv": one["id"], "evt": one["eventId"]}

    def customer(self) -> dict[str, str]:
        body = {"email": f"buyer-{next(self.numbers)}@example.com", "name": "Ada"}
        return {"cus": self.post("/customers", body)["id"]}

    def coupon(self) -> dict[str, str]:
        body = {"name": "Tenth", "discountType": "percentage", "discountPercentage": "10"}
        return {"cou": self.post("/coupons", body)["id"]}

    def code(self) -> dict[str, str]:
        found = self.coupon()
        body = {"code": f"CODE{next(self.numbers)}", "couponId": found["cou"]}
        return found | {"promo": self.post("/promotion_codes", body)["id"]}

    def redemption(self) -> dict[str, str]:
        self.session("paid", couponId=self.coupon()["cou"])
        return {"rdm": self.get("/redemptions?limit=1")["data"][0]["id"]}

    def by_mail(self) -> dict[str, str]:
        """A session that waits for money by mail."""
        product = self.post("/products", {"name": "Tea", "price": "49.00", "currency": "USD"})["id"]
        where = f"{self.http.base_url.copy_with(path='/')}coin-moebius/api/checkout/manual/{self.project}"
        assert httpx.post(where, json={"productId": product, "confirm": True}, trust_env=False).is_success
        [newest] = self.get("/checkout_sessions?limit=1")["data"]
        return {"cs": newest["id"]}


MAKES: dict[str, Callable[[Made], dict[str, str]]] = {
    "checkout_sessions_accept": lambda made: made.session("underpaid"),
    "checkout_sessions_receive": Made.by_mail,
    "checkout_sessions_undo_received": lambda made: received(made),
    "orders_accept": lambda made: made.session("underpaid"),
    "orders_credit_note": lambda made: made.refund(),
    "orders_deliver": lambda made: made.session("paid", **ITEMS),
    "orders_fail_delivery": lambda made: made.session("paid", **ITEMS),
    "orders_invoice": lambda made: made.session(),
    "orders_receipt": lambda made: made.session("paid"),
    "orders_refund": lambda made: made.session("overpaid"),
    "orders_wait": lambda made: made.session("underpaid"),
    "payments_capture": lambda made: made.session("authorized", captureMethod="manual"),
    "payments_cancel": lambda made: made.session("authorized", captureMethod="manual"),
    "refunds_create": lambda made: made.session("paid"),
    "transactions_retrieve_transaction": lambda made: made.transaction(),
    "webhook_endpoints_replay_range": Made.delivery,
}
ITEMS = {"lineItems": [{"name": "Tea", "unitAmount": "49.00", "quantity": 1}], "currency": "USD"}
BY_NOUN: dict[str, Callable[[Made], dict[str, str]]] = {
    "payment_links": lambda made: {"pl": made.post("/payment_links", {"title": "Tea", "fiatAmount": "4.00"})["id"]},
    "checkout_sessions": lambda made: made.session(),
    "orders": lambda made: made.session("paid"),
    "payments": lambda made: made.session("paid"),
    "refunds": lambda made: made.refund(),
    "webhook_endpoints": Made.endpoint,
    "webhook_deliveries": Made.delivery,
    "events": Made.delivery,
    "customers": Made.customer,
    "products": lambda made: {"prod": made.post("/products", {"name": "Tea", "price": "4", "currency": "USD"})["id"]},
    "coupons": Made.coupon,
    "promotion_codes": Made.code,
    "redemptions": Made.redemption,
    "test_clocks": lambda made: {"clk": made.post("/test_clocks", {})["id"]},
}


def received(made: Made) -> dict[str, str]:
    found = made.by_mail()
    made.post(f"/checkout_sessions/{found['cs']}/receive", {})
    return found


def filled(made: Made, operation: str, source: str) -> str:
    """A sample with this server's address, the ids of objects of its own, and values that are free."""
    nothing = dict[str, str]
    makes = MAKES.get(operation) or BY_NOUN.get(next((noun for noun in BY_NOUN if operation.startswith(noun)), ""))
    found = makes(made) if makes is not None and ULID in source else nothing()
    for prefix, id in found.items():
        source = re.sub(rf"(?<![a-z]){prefix}_{ULID}", id, source)
    if operation == "promotion_codes_create":
        source = source.replace(f"cou_{ULID}", made.coupon()["cou"])
    number = next(made.numbers)
    source = source.replace("SPRING26", f"SPRING{number}").replace("https://shop.example/webhooks", made.receiver)
    if operation == "customers_create":
        source = source.replace("ada@", f"ada-{number}@")
    return source.replace(SERVER, str(made.http.base_url.copy_with(path="")).rstrip("/"))


@pytest.fixture(scope="module")
def made(running: RunningServer) -> Iterator[Made]:
    receiver = Receiver()
    project = running.project("Samples")
    running.cli("projects", "set", project, "--post-address", "Main Street 1")
    one = Made(running.url, running.key(project=project), f"{receiver.url}/in", project)
    yield one
    one.http.close()
    receiver.close()


def source_of(route: Any, lang: str) -> str:
    return next(one.source for one in samples(route) if one.lang == lang)


def test_each_operation_answers_its_curl(made: Made, tmp_path: Path) -> None:
    """As it is in the reference, run by a shell with the key in its environment."""
    wrong = {}
    for route in ROUTES:
        command = filled(made, route.operation_id, source_of(route, "Shell"))
        answered = curled(command, tmp_path, CHECKOUT_API_KEY=made.key)
        refused = answered.told["error"]["code"] if answered.body and answered.status >= 400 else None
        if refused != REFUSED.get(route.operation_id) or (refused is None and answered.status != route.status):
            wrong[route.operation_id] = answered
    assert wrong == {}


def test_each_operation_answers_its_python(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in this process, each a program of its own."""
    monkeypatch.setenv("CHECKOUT_API_KEY", made.key)
    monkeypatch.chdir(tmp_path)
    wrong = {}
    for route in ROUTES:
        program = filled(made, route.operation_id, source_of(route, "Python"))
        code = None
        names: dict[str, Any] = {}
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(program, route.operation_id, "exec"), names)  # noqa: S102 — our own sample
        except ApiError as error:
            code = error.code
        finally:
            if "client" in names:
                names["client"].close()
        if code != REFUSED.get(route.operation_id):
            wrong[route.operation_id] = (code, program)
    assert wrong == {}
    files = [path.read_bytes() for path in tmp_path.glob("*.pdf")]
    assert len(files) == 3 and all(file.startswith(b"%PDF") for file in files)


def test_each_operation_answers_its_typescript(made: Made, tarball: Path, tmp_path: Path) -> None:
    """All through the strict compiler, and in one process; under the name that the package has."""
    assert json.loads((SDK / "package.json").read_text())["name"] == TYPESCRIPT_PACKAGE
    unpacked(tarball, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    heads, tried = set(), []
    for route in ROUTES:
        head, _, rest = filled(made, route.operation_id, source_of(route, "TypeScript")).partition("\n\n")
        heads |= set(head.split("\n"))
        tried.append(f"await tried({json.dumps(route.operation_id)}, async () => {{\n{rest}\n}});\n")
    program = "\n".join(sorted(heads)) + TRIED + "".join(tried) + "process.stdout.write(JSON.stringify(told));\n"
    (tmp_path / "samples.ts").write_text(program, "utf-8")
    compile_strictly(tmp_path, "--module", "nodenext", files=["samples.ts"])
    told = json.loads(run(["node", "samples.js"], {"CHECKOUT_API_KEY": made.key}, tmp_path))
    assert told == {route.operation_id: REFUSED.get(route.operation_id, "answered") for route in ROUTES}


def test_every_example_is_of_an_operation() -> None:
    """No entry of the file is left over, and each body that has a required field has an entry."""
    known = {route.operation_id: route for route in ROUTES}
    examples = tomllib.loads(Path(written.__file__).with_name("examples.toml").read_text("utf-8"))
    for kind, entries in examples.items():
        wrong = [name for name in entries if name not in known or getattr(known[name], kind) is None]
        assert wrong == [], kind
    for name, body in examples["body"].items():
        msgspec.convert(body, known[name].body)


TRIED = """
const told: Record<string, string> = {};
console.log = () => undefined;
async function tried(name: string, sample: () => Promise<void>): Promise<void> {
  try {
    await sample();
    told[name] = "answered";
  } catch (error) {
    told[name] = (error as { code?: string }).code ?? String(error);
  }
}
"""
