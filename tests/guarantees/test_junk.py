"""Junk costs no query: whoever sprays made-up keys meets arithmetic, and no database."""

import asyncio
import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import FORMATS, KeyParser, Presented, RefusalReason, Refused, generate
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.secret import BASE62
from keyturn.stores.memory import MemoryKeyStore
from tests.key_harness import READ, KeyHarness


class Untouchable(MemoryKeyStore):
    """A store that nobody may ask."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__" or name.startswith("_"):
            return super().__getattribute__(name)
        raise AssertionError(f"the store was asked: {name}")


PARSER = KeyParser(FORMATS.values())
KINDS = [(format, kind, mode) for format in FORMATS.values() for kind in format.kinds for mode, _ in format.mode_words]


def broken(shape: Any, body: str, cut: int) -> str:
    """What looks like a key of some format and is none."""
    format, kind, mode = shape
    made = generate(format, kind, mode).reveal()
    at = made.rindex("_") + 1
    return made[:at] + (body + made[at:])[: len(made) - at + cut]


junk_keys = st.builds(
    broken, st.sampled_from(KINDS), st.text(BASE62, min_size=1, max_size=32), st.sampled_from([0, 0, 0, -1, 1])
).filter(lambda text: PARSER.parse(text) is None)
junk = st.one_of(junk_keys, st.text(max_size=60).filter(lambda text: text.strip() != ""), st.just("x" * 5_000))
carriers = st.sampled_from(
    [
        lambda junk: Presented(authorization=f"Bearer {junk}"),
        lambda junk: Presented(authorization=f"Basic {junk}"),
        lambda junk: Presented(authorization="Basic " + base64.b64encode(f"{junk}:".encode(errors="replace")).decode()),
        lambda junk: Presented(authorization=junk),
        lambda junk: Presented(api_key=junk),
        lambda junk: Presented(api_key=junk, authorization=new_client_secret("cs_1"), object_id="cs_1"),
        lambda junk: Presented(api_key=junk, authorization=f"Bearer {junk}"),
        lambda junk: Presented(authorization=f"Bearer {junk}", query_string=f"key={junk}"),
        lambda junk: Presented(authorization=f"Bearer {junk}", secure=False),
    ]
)


@given(junk, carriers)
def test_what_is_no_key_costs_no_query_by_whatever_carrier_it_comes(junk: str, carrier: Any) -> None:
    """Malformed, of an unknown form, or with a checksum that does not fit: refused by its text alone."""
    verifier = KeyHarness(Untouchable()).verifier
    decision = asyncio.run(verifier.verify(carrier(junk), READ))
    assert isinstance(decision, Refused)
    assert decision.key is None
    assert decision.reason in (
        RefusalReason.MALFORMED,
        RefusalReason.AMBIGUOUS,
        RefusalReason.MISSING,
        RefusalReason.KEY_IN_URL,
    )


@pytest.mark.parametrize("shape", KINDS, ids=lambda shape: f"{shape[0].name}-{shape[1]}-{shape[2]}")
def test_a_key_with_a_fitting_checksum_is_looked_for(shape: Any) -> None:
    """So that the property above would fail if the store were asked."""
    verifier = KeyHarness(Untouchable()).verifier
    for presented in (
        Presented(authorization=f"Bearer {generate(*shape).reveal()}"),
        Presented(api_key=generate(*shape).reveal()),
        Presented(query_string=f"key={generate(*shape).reveal()}"),
        Presented(authorization=f"Bearer {generate(*shape).reveal()}", secure=False),
    ):
        with pytest.raises(AssertionError, match="by_digest"):
            asyncio.run(verifier.verify(presented, READ))
