"""``tillgate wallets`` from a shell: what is typed in the wrong place is never repeated."""

import asyncio
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.chain import StandIn, served
from tests.rails.evm.test_extended_keys import PHRASE, SEED_1, VECTORS, XPRV, signed_by
from tests.running import run_cli
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.treasury import looking
from tillgate.rails.evm.treasury.model import TreasuryError, parse_recovery_code, parse_treasury
from tillgate.rails.evm.wallets.model import message_of

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
    """Each command says what it did; the key itself is in no output, and sealed in the database and its backups."""
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
    kept = tmp_path / "backup"
    run_cli("backup", str(kept), *data)
    with zipfile.ZipFile(kept) as backup:
        parts = [backup.read(name) for name in backup.namelist()]
    assert any(confirmed["fingerprint"].encode() in part for part in parts)
    assert all(XPUB.encode() not in part for part in parts)


def test_a_signature_confirms_a_wallet(tmp_path: Path) -> None:
    """Of the message that the wallet is shown with, by its second address; anything else is refused, and not
    repeated."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    wallet = json.loads(run_cli("wallets", "set", "--xpub", XPUB, "--json", *data))
    message = message_of(wallet["fingerprint"])
    assert message in run_cli("wallets", "show", *data)
    confirm = ("wallets", "confirm", "--fingerprint", wallet["fingerprint"], *data)
    signature, others = signed_by(1, message), signed_by(0, message)
    for wrong, told in (
        ((), "either --ends-with or --signature"),
        (("--ends-with", "000000", "--signature", signature), "either --ends-with or --signature"),
        (("--signature", signature[:-2]), "0x and 130 hexadecimal digits"),
        (("--signature", others), message),
    ):
        refused = run_cli(*confirm, *wrong, status=1)
        assert told in " ".join(refused.split())
        assert others not in refused and signature[:-2] not in refused
    assert not json.loads(run_cli("wallets", "show", "--json", *data))["current"]
    assert json.loads(run_cli(*confirm, "--signature", signature, "--json"))["current"]


def test_a_treasury_is_set_with_a_code_that_is_shown_once(tmp_path: Path) -> None:
    """The last group of the code confirms it; the code is in no later output, nor in clear in the database or a backup;
    with it the same wallet is set again elsewhere."""
    data, treasury = ("--data", str(tmp_path)), "0x" + "7e" * 20
    run_cli("projects", "create", "--name", "Shop", *data)
    made = json.loads(run_cli("wallets", "set", "--treasury", treasury, "--json", *data))
    code, name = made["recoveryCode"], made["fingerprint"]
    assert (made["current"], made["treasury"].lower(), len(made["addresses"])) == (False, treasury, 3)
    confirm = ("wallets", "confirm", "--fingerprint", name, *data)
    assert "recovery code" in run_cli(*confirm, "--ends-with", "ZZZZZ", status=1)
    run_cli(*confirm, "--ends-with", code[-5:].lower())
    assert "recoveryCode" not in run_cli("wallets", "set", "--treasury", treasury, "--json", *data)
    shown = "".join(run_cli("wallets", one, *data) for one in ("show", "list")) + run_cli("audit", "list", *data)
    assert treasury in shown.lower() and code not in shown and code.replace("-", "") not in shown
    raw = parse_recovery_code(code)
    kept = tmp_path / "backup"
    run_cli("backup", str(kept), *data)
    with zipfile.ZipFile(kept) as backup:
        parts = [backup.read(one) for one in backup.namelist()]
    parts += [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
    assert not any(form in part for part in parts for form in (raw, raw.hex().encode(), code.encode()))
    other = ("--data", str(tmp_path / "elsewhere"))
    run_cli("projects", "create", "--name", "Shop", *other)
    again = ("wallets", "set", "--treasury", treasury, "--recovery-code", "-", "--json", *other)
    assert json.loads(run_cli(*again, stdin=f"{code}\n"))["addresses"] == made["addresses"]
    wrong = code.replace(code[0], "Z" if code[0] != "Z" else "Y", 1)
    told = run_cli(*again, stdin=wrong, status=1)
    assert "recovery code" in told and wrong not in told
    assert "standard input" in run_cli(*again[:5], code, *other, status=1)


def test_a_lost_code_is_replaced_by_another_one_of_the_same_treasury(tmp_path: Path) -> None:
    """New sessions use the addresses of the new code once its end was typed; those of the earlier one are swept by
    name, and either code sets its own wallet again. The same treasury without a word goes on with the newest code."""
    data, treasury = ("--data", str(tmp_path)), "0x" + "7e" * 20
    run_cli("projects", "create", "--name", "Shop", *data)
    setting = ("wallets", "set", "--treasury", treasury, "--json", *data)
    lost = json.loads(run_cli(*setting, "--yes"))
    made = json.loads(run_cli(*setting, "--new-code"))
    assert (made["current"], made["treasury"], made["nextIndex"]) == (False, lost["treasury"], 0)
    assert not {lost["recoveryCode"], *lost["addresses"]} & {made["recoveryCode"], *made["addresses"]}
    assert json.loads(run_cli("wallets", "show", "--json", *data))["fingerprint"] == lost["fingerprint"]
    confirm = ("wallets", "confirm", "--fingerprint", made["fingerprint"], "--ends-with")
    assert "recovery code" in run_cli(*confirm, lost["recoveryCode"][-5:], *data, status=1)
    run_cli(*confirm, made["recoveryCode"][-5:], *data)
    listed = json.loads(run_cli("wallets", "list", "--json", *data))
    assert [(one["fingerprint"], one["current"]) for one in listed] == [
        (lost["fingerprint"], False),
        (made["fingerprint"], True),
    ]
    again = json.loads(run_cli(*setting))
    assert (again["fingerprint"], "recoveryCode" in again) == (made["fingerprint"], False)
    found = json.loads(run_cli(*setting, "--recovery-code", "-", stdin=lost["recoveryCode"]))
    assert (found["fingerprint"], found["addresses"]) == (lost["fingerprint"], lost["addresses"])
    told = run_cli("wallets", "set", "--treasury", treasury, "--new-code", "--yes", *data)
    assert re.search(r"Its recovery code, shown this once: (\S+)", told)
    assert f"--fingerprint {made['fingerprint']}" in " ".join(told.split())
    for wrong in (("--xpub", "xpub"), (), ("--treasury", treasury, "--recovery-code", "-")):
        assert "--new-code makes" in run_cli("wallets", "set", "--new-code", *wrong, *data, stdin="", status=1)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0x12", "40 hexadecimal digits"),
        ("0x" + "00" * 20, "nobody has the key"),
        ("0x4e59b44847b379578588920cA78FbF26c0B4956C", "no treasury"),
        ("0x4e59b44847b379578588920cA78FbF26c0B4956c", "EIP-55"),
    ],
)
def test_what_is_no_treasury_is_refused(address: str, reason: str) -> None:
    """A mistyped address, nobody's, and the contracts of others."""
    with pytest.raises(TreasuryError, match=reason):
        parse_treasury(address)


def test_the_contract_is_looked_for_on_all_networks_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network is asked before any has answered, and one that hangs delays the others by no more than the limit of
    all; what is unknown is told as that, with the reason and by the status."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    with served(StandIn(777)) as one, served(StandIn(778)) as two, served(StandIn(779)) as three:
        for number, node in enumerate((one, two, three)):
            chain = str(node.chain_id)
            run_cli("networks", "add", f"net-{number}", "--chain-id", chain, "--rpc", node.url, *data)
        told = run_cli("wallets", "factory", *data)
        assert told.count("missing") == 3 and "To put it onto a network" in told
        has_factory, asked = looking.has_factory, asyncio.Barrier(3)

        async def hangs(nodes: Nodes) -> bool:
            await asked.wait()
            if str(urlsplit(two.url).port) in nodes.all[0].label:
                await asyncio.Event().wait()
            return await has_factory(nodes)

        monkeypatch.setattr(looking, "has_factory", hangs)
        monkeypatch.setattr(looking, "LOOK_SECONDS_MAX", 1.5)
        told = run_cli("wallets", "factory", *data, status=1)
        assert told == "Whether it is on net-1 is unknown: no answer within 1.5 seconds\n"
        three.down = True
        monkeypatch.setattr(looking, "has_factory", has_factory)
        told = run_cli("wallets", "factory", "--network", "net-2", *data, status=1)
        assert "net-2 is unknown" in told and "s3cr3t" not in told
