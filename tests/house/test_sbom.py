"""The bill of materials of a release: everything that is shipped is on it, by its hash, under a licence that may be."""

import hashlib
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.source import ROOT


@pytest.fixture
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "scripts/sbom.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bill_names_all_that_is_shipped(sbom: ModuleType, tmp_path: Path) -> None:
    """Each locked distribution with the hashes of its files, each vendored file with its own, and a licence for each;
    written twice, it is the same. It is validated against the schema as it is made."""
    for folder in ("one", "two"):
        assert sbom.main([str(tmp_path / folder)]) == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()} and len(written) == 2
    [bill] = [json.loads(content) for name, content in written.items() if name.endswith(".cdx.json")]
    parts = {one["name"]: one for one in bill["components"]}
    lock = (ROOT / "requirements/base.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, re.MULTILINE))
    assert {name: parts[name]["version"] for name in locked} == locked
    hashes = [one["value"] for name in locked for one in parts[name]["properties"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", lock))
    files = {name: one for name, one in parts.items() if name not in locked}
    for name, one in files.items():
        assert one["hashes"][0]["content"] == hashlib.sha256((ROOT / "src" / name).read_bytes()).hexdigest(), name
    vendor = ROOT / "src/tillgate/static/vendor"
    there = {path.relative_to(ROOT / "src").as_posix() for path in vendor.rglob("*") if path.is_file()}
    assert set(files) == there - {"tillgate/static/vendor/VENDORED.md"}
    assert all(one["licenses"] for one in parts.values())
    [texts] = [content.decode() for name, content in written.items() if name.endswith("licences.txt")]
    assert all(f"\n{name} {version}: " in texts for name, version in locked.items())
    assert "SIL OPEN FONT LICENSE" in texts.upper() and "Lucide" in texts


def test_what_may_not_be_shipped_is_found(
    sbom: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A licence that nobody allowed, one that is not known, a vendored file that was changed, a lock that cannot be
    read to its end; nothing is written then."""
    folder = tmp_path / "dist"
    monkeypatch.setattr(sbom, "ALLOWED", sbom.ALLOWED - {"MPL-2.0"})
    monkeypatch.setattr(sbom, "LICENCES", {name: one for name, one in sbom.LICENCES.items() if name != "jinja2"})
    assert sbom.main([str(folder)]) == 1 and not folder.exists()
    said = capsys.readouterr().err
    assert "certifi" in said and "is under MPL-2.0" in said
    assert re.search(r"jinja2 \S+ names no licence", said)
    for name in ("htmx.min.js", "VENDORED.md"):
        (tmp_path / name).write_bytes((sbom.VENDOR / name).read_bytes())
    (tmp_path / "htmx.min.js").write_text("alert(1)")
    monkeypatch.setattr(sbom, "VENDOR", tmp_path)
    with pytest.raises(SystemExit, match=r"htmx\.min\.js is not what VENDORED\.md says"):
        list(sbom.vendored())
    lock = tmp_path / "base.txt"
    lock.write_text(sbom.LOCK.read_text("utf-8") + "else @ https://example.com/else.whl\n")
    monkeypatch.setattr(sbom, "LOCK", lock)
    with pytest.raises(SystemExit, match="not understood"):
        list(sbom.locked())


def test_a_release_has_a_bill() -> None:
    """It is made before the files are counted, so that their digests are printed with the others."""
    script = (ROOT / "scripts/release.sh").read_text("utf-8")
    assert 0 < script.index("scripts/sbom.py dist") < script.index("One version in every file")
