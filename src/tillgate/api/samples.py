"""Each operation with curl, Python and TypeScript, out of its declaration and of ``examples.toml``."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from keyturn.http.samples import Examples
from keyturn.http.samples import curl as written_curl
from keyturn.http.vocabulary import vocabulary
from tillgate.api.mount import ROOT
from tillgate.base import ids
from tillgate.wire.routing import Route

SERVER: Final = "https://your-domain.com"
# What the client is called on npm; a test holds it to its package.json.
TYPESCRIPT_PACKAGE: Final = "tillgate-client"
_ULID: Final = "01j9zk5v8e4w7m2q6r3t5y8x0a"
_FILE: Final = Path(__file__).with_name("examples.toml")
_WORDS: Final = Path(__file__).with_name("vocabulary.toml")
# What the id in a path is of, by the path's first part.
_PREFIXES: Final = {
    "payment_links": ids.PAYMENT_LINK,
    "checkout_sessions": ids.CHECKOUT_SESSION,
    "orders": ids.ORDER,
    "payments": ids.PAYMENT,
    "transactions": ids.TRANSACTION,
    "refunds": ids.REFUND,
    "unassigned_transfers": ids.UNASSIGNED_TRANSFER,
    "webhook_endpoints": ids.WEBHOOK_ENDPOINT,
    "webhook_deliveries": ids.DELIVERY,
    "events": ids.EVENT,
    "customers": ids.CUSTOMER,
    "products": ids.PRODUCT,
    "coupons": ids.COUPON,
    "promotion_codes": ids.PROMOTION_CODE,
    "redemptions": ids.REDEMPTION,
    "test_clocks": ids.TEST_CLOCK,
}
# What the clients call a method, where it is not called as the operation is.
_METHODS: Final = {
    "list_all": "list",
    "list_transactions": "list",
    "retrieve_transaction": "retrieve",
    "list_deliveries": "deliveries",
    "retrieve_delivery": "retrieve",
    "replay_range": "replay",
    "replay_event": "replay",
}
# What both clients take by place; all else has a name.
_BY_PLACE: Final = {"search_find": ("q",)}
_PYTHON_BY_PLACE: Final = {"reports_monthly": ("month",)}
_TYPESCRIPT_METHODS: Final = {"payment_links_archive": "del", "webhook_endpoints_delete": "del"}
# A longer one is written over several lines.
_CALL_MAX: Final = 100
_LISTS: Final = frozenset({"list", "deliveries"})
_CAPITAL: Final = re.compile(r"(?<=[a-z])([A-Z])")


class Sample(NamedTuple):
    """One operation in one language, as OpenAPI documents name it in ``x-codeSamples``."""

    lang: str
    label: str
    source: str


def samples(route: Route) -> tuple[Sample, ...]:
    """The operation in each language."""
    return (
        Sample("Shell", "curl", curl(route)),
        Sample("Python", "Python", python(route)),
        Sample("TypeScript", "TypeScript", typescript(route)),
    )


def body_of(route: Route) -> dict[str, Any] | None:
    """What the samples send as its body."""
    if route.body is None:
        return None
    body: dict[str, Any] = _examples()["body"].get(route.operation_id, {})
    return body


def curl(route: Route) -> str:
    """The call with curl, the key in the environment."""
    path = ROOT + route.path
    for name, value in _path_of(route).items():
        path = path.replace(f"{{{name}}}", str(value))
    query = urlencode(_query_of(route))
    address = f"{SERVER}{path}?{query}" if query else f"{SERVER}{path}"
    file = [f"--output {route.name}.pdf"] if route.answers is None else []
    return written_curl(route.method, address, [*file, Examples().credential], body_of(route))


def python(route: Route) -> str:
    """The call with the Python client."""
    method = _METHODS.get(route.name, route.name)
    given = _query_of(route) | (body_of(route) or {})
    placed = (*_BY_PLACE.get(route.operation_id, ()), *_PYTHON_BY_PLACE.get(route.operation_id, ()))
    arguments = [_python_value(value) for value in _path_of(route).values()]
    arguments += [_python_value(given.pop(name)) for name in placed]
    arguments += [f"{_snake(name)}={_python_value(value)}" for name, value in given.items()]
    call = f"client.{_noun(route)}.{method}({', '.join(arguments)})"
    if len(call) > _CALL_MAX:
        call = f"client.{_noun(route)}.{method}(\n" + "".join(f"    {one},\n" for one in arguments) + ")"
    if route.answers is None:
        shown = f'with open("{route.name}.pdf", "wb") as file:\n    file.write({call})'
    elif method in _LISTS:
        shown = f"for one in {call}.data:\n    print(one.id)"
    else:
        shown = f"answer = {call}\nprint(answer)"
    client = f'client = Client(base_url="{SERVER}")  # the key: CHECKOUT_API_KEY'
    return f"from tillgate_client import Client\n\n{client}\n{shown}"


def typescript(route: Route) -> str:
    """The call with the TypeScript client."""
    name = _METHODS.get(route.name, route.name)
    method = _TYPESCRIPT_METHODS.get(route.operation_id, _camel(name))
    given = _query_of(route) | (body_of(route) or {})
    arguments = [json.dumps(value) for value in _path_of(route).values()]
    arguments += [json.dumps(given.pop(one)) for one in _BY_PLACE.get(route.operation_id, ())]
    if given:
        arguments.append(_typescript_value(given))
    call = f"await client.{_camel(_noun(route))}.{method}({', '.join(arguments)})"
    if len(call) > _CALL_MAX:
        lines = "".join(f"  {name}: {_typescript_value(one)},\n" for name, one in given.items())
        broken = ", ".join([*arguments[:-1], "{\n" + lines + "}"])
        call = f"await client.{_camel(_noun(route))}.{method}({broken})"
    if route.answers is None:
        shown = f'await writeFile("{_camel(route.name)}.pdf", {call});'
    elif name in _LISTS:
        shown = f"for (const one of ({call}).data) console.log(one.id);"
    else:
        shown = f"const answer = {call};\nconsole.log(answer);"
    file = 'import { writeFile } from "node:fs/promises";\n' if route.answers is None else ""
    return (
        f'{file}import {{ CheckoutClient }} from "{TYPESCRIPT_PACKAGE}";\n\n'
        f'const client = new CheckoutClient({{ apiKey: process.env.CHECKOUT_API_KEY!, baseUrl: "{SERVER}" }});\n{shown}'
    )


@cache
def _examples() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


def _noun(route: Route) -> str:
    return route.path.strip("/").split("/")[0]


def _query_of(route: Route) -> dict[str, Any]:
    return dict(_examples()["query"].get(route.operation_id, {}))


def _path_of(route: Route) -> dict[str, Any]:
    named = re.findall(r"\{(\w{1,40})\}", route.path)
    known: dict[str, Any] = {"n": 1}
    if "id" in named:
        known["id"] = f"{_PREFIXES.get(_noun(route), 'id')}_{_ULID}"
    if "hash" in named:
        word = vocabulary(_WORDS).word("hash")
        known["hash"] = word.example if word else ""
    return {name: known[name] for name in named}


def _snake(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _python_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_python_value(one)}" for name, one in value.items()) + "}"
    return str(value) if isinstance(value, bool) else json.dumps(value)


def _typescript_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name}: {_typescript_value(one)}" for name, one in value.items()) + " }"
    return json.dumps(value)
