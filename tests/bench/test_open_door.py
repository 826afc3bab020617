"""The open door that the bench puts in the key layer's place."""

import inspect
import re
from typing import Any

import keyturn.http.pipeline
from bench.open_door import OpenDoor
from keyturn.admission.layer import KeyLayer


def _parameters(method: Any) -> list[tuple[Any, ...]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


def test_it_is_asked_as_the_key_layer_is() -> None:
    """A method or a parameter that it lacks ends the bench, and no other test calls it."""
    asked = set(re.findall(r"self\._layer\.(\w+)\(", inspect.getsource(keyturn.http.pipeline)))
    assert "admit_now" in asked
    for name in asked:
        assert _parameters(getattr(OpenDoor, name)) == _parameters(getattr(KeyLayer, name)), name
