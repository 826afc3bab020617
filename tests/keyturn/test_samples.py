"""The samples of Keyturn's reference: each operation's curl, sent to ``keyturn serve``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from keyturn.http.openapi import EXAMPLES, SERVER, WORDS, document
from keyturn.http.samples import examples, operations
from keyturn.http.server import ROUTES
from tests.curling import Recorded, curled, source_of
from tests.keyturn.test_serving import ROOT, serving

KEY: Final = "key_4mV0cPZc3qXh6uJ1tR8yWa"
SESSION: Final = "kps_4mV0cPZc3qXh6uJ1tR8yWa"
SETTINGS: Final = {
    "KEYTURN_ROOT_KEY": ROOT,
    "KEYTURN_SCOPES": "invoices:read",
    "KEYTURN_PUBLIC_URL": "http://127.0.0.1:{port}",
    "KEYTURN_TRUSTED_PROXIES": "127.0.0.1",
}


def test_each_operation_of_keyturn_answers_its_curl(tmp_path: Path) -> None:
    """Each about a key of its own; the project that is suspended is resumed by the next one."""
    told = document(ROUTES)
    wrong = {}
    with (
        serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **SETTINGS) as (where, _),
        httpx.Client(base_url=where, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as http,
    ):

        def sent(path: str, body: Any = None) -> Any:
            return http.post(path, json=body or {}).raise_for_status().json()

        def new_key(action: str = "", **more: Any) -> Any:
            made = sent("/v1/keys", {"name": "shop backend", "scopes": ["invoices:read"], "monthlyQuota": 10_000})
            if action:
                sent(f"/v1/keys/{made['id']}/{action}", more)
            return made

        text: str = new_key()["key"]
        recorded = Recorded(EXAMPLES, WORDS, where)
        before: dict[str, Callable[[], Any]] = {
            "delete_v1_keys_id_rotation": lambda: new_key("rotate"),
            "post_v1_keys_id_rotation_finish": lambda: new_key("rotate", atOnce=True),
            "post_v1_keys_id_enable": lambda: new_key("disable"),
        }
        quota = {"externalId": "cus_1042", "monthlyQuota": 10_000}
        http.put("/v1/quotas", json=quota).raise_for_status()
        for _, _, operation in operations(told):
            named = operation["operationId"]
            source = source_of(operation)
            if KEY in source:
                source = source.replace(KEY, before.get(named, new_key)()["id"])
            if SESSION in source:
                wish = examples(EXAMPLES).body["post_v1_portal_sessions"]
                source = source.replace(SESSION, sent("/v1/portal/sessions", wish)["id"])
            source = source.replace("ck_test_…", text).replace(SERVER, where)
            answered = curled(source, tmp_path, KEYTURN_ROOT_KEY=ROOT, KEY=text)
            if problem := recorded.problem(answered, operation, told, SERVER):
                wrong[named] = f"{problem}\n{source}"
        recorded.write()
    assert wrong == {}


def test_every_example_of_keyturn_is_of_an_operation() -> None:
    """No entry of the file is left over; a body is one that the operation takes."""
    given = examples(EXAMPLES)
    bodies = {}
    for path, method, operation in operations(document(ROUTES)):
        [bodies[operation["operationId"]]] = [one.body for one in ROUTES if (one.path, one.method) == (path, method)]
    for part in (given.body, given.query, given.header, given.output, given.refused, given.answers):
        assert part.keys() <= bodies.keys()
    for name, body in given.body.items():
        msgspec.convert(body, bodies[name])
