"""The open door that the bench puts in the key layer's place."""

import inspect

from bench.open_door import OpenDoor
from keyturn.admission.layer import KeyLayer


def test_it_is_asked_as_the_key_layer_is() -> None:
    """A parameter that it lacks ends the bench, and no other test calls it."""
    own, layer = (inspect.signature(one.admit).parameters.values() for one in (OpenDoor, KeyLayer))
    assert [(one.name, one.kind, one.default) for one in own] == [(one.name, one.kind, one.default) for one in layer]
