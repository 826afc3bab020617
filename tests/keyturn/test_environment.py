"""A setting that cannot be meant is refused at the start, with what was meant as far as can be told."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import keyturn.settings
import tillgate.settings
from keyturn.admission.layer import KeyLayer
from keyturn.admission.needs import InvalidNeed, Rules
from keyturn.environment import cannot_be_meant, unknown
from keyturn.http.server import KeyturnServer
from keyturn.stores.memory import MemoryKeyStore
from tests.house.source import ROOT
from tests.keyturn.test_server import ENVIRONMENT
from tillgate.cli.commands import app

SLIPS = [
    ("KEYTURN_SCOPE", "KEYTURN_SCOPES"),
    ("KEYTURN_ROOT_KEYS", "KEYTURN_ROOT_KEY"),
    ("KEYTURN_RULE", "KEYTURN_RULES"),
    ("KEYTURN_TRUSTED_PROXY", "KEYTURN_TRUSTED_PROXIES"),
    ("KEYTURN_DATABSE_URL", "KEYTURN_DATABASE_URL"),
    ("KEYTRUN_DATABASE_URL", "KEYTURN_DATABASE_URL"),
]
TILLGATES = [
    ("TILLGATE_WEBHOOK_SECRT", "CHECKOUT_WEBHOOK_SECRET"),
    ("TILLGATE_WEBHOOK_SECRET", "CHECKOUT_WEBHOOK_SECRET"),
    ("TILLGATE_SECRETKEY", "TILLGATE_SECRET_KEY"),
    ("TILLGATE_PUBLIC_ULR", "TILLGATE_PUBLIC_URL"),
    ("TILLGATE_WORKER", "TILLGATE_WORKERS"),
    ("TILLGATE_TRUSTED_PROXYS", "TILLGATE_TRUSTED_PROXIES"),
    ("TILGATE_PUBLIC_URL", "TILLGATE_PUBLIC_URL"),
    ("tillgate_valkey_url", "TILLGATE_VALKEY_URL"),
]
# Set by others: by Kubernetes for a service that is called tillgate, by the tests, by anybody.
LET_BE = {
    "TILLGATE_PORT": "tcp://10.0.0.1:8080",
    "TILLGATE_SERVICE_HOST": "10.0.0.1",
    "TILLGATE_PORT_8080_TCP_ADDR": "10.0.0.1",
    "TILLGATE_WALKS": "5",
    "TILLGATE_HOMEPAGE": "x",
    "TILGATE_HOMEPAGE": "x",
    "NAVIGATE_PUBLIC_URL": "https://other.example",
    "DATABASE_URL": "postgresql://other.example/other",
    "PATH": "/bin",
}


@pytest.mark.parametrize(("name", "meant"), SLIPS)
def test_keyturn_refuses_a_misspelt_setting(name: str, meant: str) -> None:
    """It would be taken for one that is not set."""
    with pytest.raises(keyturn.settings.SettingsError, match=f"{name} is no setting; did you mean {meant}\\?"):
        keyturn.settings.load(ENVIRONMENT | {name: "x"})


@pytest.mark.parametrize(("name", "meant"), TILLGATES)
def test_tillgate_refuses_a_misspelt_setting(name: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server and ``doctor`` alike, and the value, which may be a secret, is not shown."""
    monkeypatch.setenv(name, "a-value-that-is-secret")
    with pytest.raises(tillgate.settings.SettingsError, match=f"{name} is no setting; did you mean {meant}\\?"):
        tillgate.settings.load()
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 1 and meant in said.output and "a-value-that-is-secret" not in said.output


def test_doctor_names_every_misspelt_setting_beside_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All of them at once, and what else there is to say of the installation."""
    for name, _ in TILLGATES:
        monkeypatch.setenv(name, "a-value-that-is-secret")
    said = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path)])
    problems = [line for line in said.stdout.splitlines() if line.startswith("  PROBLEM")]
    assert said.exit_code == 1 and len(problems) == len(TILLGATES)
    assert all(f"{name} is no setting; did you mean {meant}?" in said.stdout for name, meant in TILLGATES)
    assert "TILLGATE_PUBLIC_URL" in said.stdout and "[default]" in said.stdout
    assert "a-value-that-is-secret" not in said.output


def test_a_variable_that_is_like_no_setting_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It keeps nothing from starting, for something else may read it; ``doctor`` and the start say that it is passed
    over, and never its value."""
    monkeypatch.setenv("TILLGATE_PORTT", "a-value-that-is-secret")
    tillgate.settings.load()
    assert tillgate.settings.unknown_variables()["TILLGATE_PORTT"] == "TILLGATE_PORTT is no setting, and is passed over"
    said = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path)])
    assert "note     TILLGATE_PORTT is no setting" in said.output and "a-value-that-is-secret" not in said.output
    given = LET_BE | {"TILLGATE_PORTT": "1"}
    assert set(unknown(given, "TILLGATE_", tillgate.settings.VARIABLES)) == {
        "TILLGATE_PORTT", "TILLGATE_WALKS", "TILLGATE_HOMEPAGE",
    }  # fmt: skip


def test_what_others_have_set_is_let_be() -> None:
    """A service link of Kubernetes starts with the name of the service, too."""
    assert cannot_be_meant(LET_BE, "TILLGATE_", tillgate.settings.VARIABLES) is None


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_that_an_env_file_kept_are_refused(quote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root credential with its quotes would be another one, and longer than the shortest that is taken."""
    root = f"{quote}{ENVIRONMENT['KEYTURN_ROOT_KEY']}{quote}"
    with pytest.raises(keyturn.settings.SettingsError, match="KEYTURN_ROOT_KEY: the value is in quotes") as refused:
        keyturn.settings.load(ENVIRONMENT | {"KEYTURN_ROOT_KEY": root})
    assert ENVIRONMENT["KEYTURN_ROOT_KEY"] not in str(refused.value)
    for name in tillgate.settings.VARIABLES:
        monkeypatch.setenv(name, f"{quote}https://shop.example{quote}")
        with pytest.raises(tillgate.settings.SettingsError, match=f"{name}: the value is in quotes"):
            tillgate.settings.load()
        monkeypatch.delenv(name)


@pytest.mark.parametrize("house", [keyturn.settings, tillgate.settings], ids=["keyturn", "tillgate"])
def test_every_secret_can_be_kept_in_a_file(house: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Docker, Kubernetes and systemd hand them over: a line break at the end is no part of it, the setting itself
    stays unset, and what cannot be meant is refused without a word of what the file holds."""
    held = [one.name.removesuffix("_FILE") for one in house.TABLE if one.name.endswith("_FILE")]
    assert {one.name for one in house.TABLE if one.secret or one.name.endswith("_URL")} - {
        f"{house.PREFIX}PUBLIC_URL"
    } == (set(held))
    file = tmp_path / "database"
    url, name = "postgresql://shop:hush@db/shop", f"{house.PREFIX}DATABASE_URL"
    monkeypatch.setenv(f"{name}_FILE", str(file))
    for content, problem in (
        (f"'{url}'".encode(), "in quotes"),
        (b"\n", "is empty"),
        (b"hush\xff", "not UTF-8"),
        (b"hush" * 5000, "longer than 16,384 bytes"),
    ):
        file.write_bytes(content)
        with pytest.raises(house.SettingsError, match=rf"^{name}_FILE: .*{problem}") as refused:
            house.load()
        assert "hush" not in str(refused.value)
    file.write_text(f"{url}\n")
    settings = house.load()
    assert settings.database_url == url
    if house is tillgate.settings:
        assert "hush" not in repr(settings)
    monkeypatch.setenv(name, url)
    with pytest.raises(house.SettingsError, match="both set; keep one"):
        house.load()


def test_doctor_reports_a_malformed_secret_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the server does when it starts."""
    monkeypatch.setenv("TILLGATE_SECRET_KEY", "changeme")
    said = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path)])
    assert said.exit_code == 1 and "TILLGATE_SECRET_KEY" in said.stdout and "--new-secret-key" in said.stdout


def test_every_setting_is_known_as_one() -> None:
    """What is read without standing in the list would be taken for a slip of another."""
    for house, prefix in ((keyturn.settings, "KEYTURN_"), (tillgate.settings, "TILLGATE_")):
        source = Path(house.__file__).read_text("utf-8")
        read = set(re.findall(r'found\["([A-Z_]+)"\]|_limit\(found, "([A-Z_]+)", "([A-Z_]+)"', source))
        # What a file holds is read as if it were set.
        listed = {one.name for one in house.TABLE}
        held = {name for name in listed if name.endswith("_FILE")}
        assert listed - held == {f"{prefix}{name}" for names in read for name in names if name}
        assert {name.removesuffix("_FILE") for name in held} < listed - held
    assert [one.name for one in tillgate.settings.load().listed] == [one.name for one in tillgate.settings.TABLE]


@pytest.mark.parametrize("house", [keyturn.settings, tillgate.settings], ids=["keyturn", "tillgate"])
def test_the_guide_has_the_table_of_settings(house: Any) -> None:
    """Name, option, default and what it says are those that are loaded, in the same order."""
    page = "docs/keyturn.md" if house is keyturn.settings else "docs/operating.md"
    rows = re.findall(rf"^\| `{house.PREFIX}.*$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    wanted = []
    for one in house.TABLE:
        option = f"`{one.option}`" if one.option else ""
        cells = (one.help, one.default_text) if house is keyturn.settings else (option, one.default_text, one.help)
        wanted.append(" | ".join([f"| `{one.name}`", *cells]).replace("|  |", "| |").replace("|  |", "| |") + " |")
    assert rows == [line.replace("|  |", "| |") for line in wanted]


@pytest.mark.parametrize("house", [keyturn.settings, tillgate.settings], ids=["keyturn", "tillgate"])
def test_every_default_is_one_that_is_taken(house: Any) -> None:
    """What stands where nothing is set passes its own parser, but for an address that is put together."""
    for one in house.TABLE:
        if one.name != "TILLGATE_PUBLIC_URL":
            one.value(one.default, house.SettingsError)


def test_a_rule_with_an_unknown_scope_starts_no_server(tmp_path: Path) -> None:
    """Its path would be reached by keys with all scopes and by nobody else."""
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\npath = "/invoices"\nscope = "invoice:read"\n', "utf-8")
    settings = keyturn.settings.load(ENVIRONMENT | {"KEYTURN_RULES": str(file)})
    layer = KeyLayer(MemoryKeyStore(), scopes=settings.scopes, publishable=settings.publishable)
    with pytest.raises(InvalidNeed, match=r"/invoices names 'invoice:read', .* did you mean invoices:read\?"):
        KeyturnServer(layer, settings)
    with pytest.raises(InvalidNeed, match=r"choose from: a:read, b:write"):
        Rules({"/x": "entirely:else"}).check_scopes(["b:write", "a:read"])
    Rules({"/x": "a:read"}).check_scopes(["a:read"])


def test_a_publishable_scope_that_is_misspelt_says_which_was_meant() -> None:
    """Among those that the installation offers."""
    with pytest.raises(keyturn.settings.SettingsError, match=r"did you mean invoices:write\?"):
        keyturn.settings.load(ENVIRONMENT | {"KEYTURN_PUBLISHABLE_SCOPES": "invoices:wrte"})
