"""``tillgate wallets`` from a shell: what is typed in the wrong place is never repeated."""

import json
from pathlib import Path

import pytest

from tests.rails.evm.test_extended_keys import PHRASE, SEED_1, VECTORS, XPRV
from tests.running import run_cli

pytestmark = pytest.mark.slow

XPUB = VECTORS[SEED_1, "m/0'/1/2'"]


def test_no_secret_is_repeated_however_it_is_given(tmp_path: Path) -> None:
    """As an option, as several words without quotes, without the option's name, or piped in."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    for arguments, stdin in (
        (("--xpub", XPRV), None),
        ((XPRV,), None),
        (("--xpub", *PHRASE.split()), None),
        (tuple(PHRASE.split()), None),
        (("--xpub", "-"), PHRASE),
        (("--xpub", "0x" + "4c" * 32), None),
    ):
        told = run_cli("wallets", "set", *arguments, *data, stdin=stdin, status=1)
        assert "Nothing was kept of it" in told
        assert XPRV[8:20] not in told and "sausage" not in told and "4c4c" not in told
    assert "--help" in run_cli("wallets", "set", "--xpub", XPUB, "--jsno", *data, status=1)
    assert json.loads(run_cli("wallets", "list", "--json", *data)) == []
    assert all(XPRV.encode() not in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_a_wallet_is_set_confirmed_and_skipped_as_json(tmp_path: Path) -> None:
    """Each command says what it did; the key itself is in no output, and sealed in the database."""
    data = ("--data", str(tmp_path), "--json")
    run_cli("projects", "create", "--name", "Shop", *data)
    set_first = json.loads(run_cli("wallets", "set", "--xpub", "-", *data, stdin=f"{XPUB}\n"))
    assert (set_first["current"], set_first["nextIndex"], len(set_first["addresses"])) == (False, 0, 3)
    confirmed = json.loads(run_cli("wallets", "set", "--xpub", XPUB, "--yes", *data))
    assert confirmed["current"] and confirmed["confirmedAt"]
    assert json.loads(run_cli("wallets", "skip", "--by", "20", *data))["nextIndex"] == 20
    shown = run_cli("wallets", "show", *data) + run_cli("wallets", "list", *data) + run_cli("audit", "list", *data)
    assert XPUB not in shown
    assert all(XPUB.encode() not in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
