import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "src/tillgate/static/vendor"


def test_vendored_files_are_exactly_those_listed() -> None:
    """What others wrote is served byte for byte as they published it, and nothing lies there unlisted."""
    listed = {}
    for line in (VENDOR / "VENDORED.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            name, _package, version, _source, licence, digest = cells
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name}: version {version!r}"
            assert licence, f"{name}: no licence"
            listed[name] = digest

    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDORED.md"
    }

    assert listed, "VENDORED.md lists nothing"
    assert present == listed


def test_a_vendored_file_is_named_with_its_version() -> None:
    """Whatever a browser keeps for a year is another file once it is another version: what styles and templates name
    is there, in a directory that says its version."""
    source = VENDOR.parents[1]
    texts = [*source.rglob("static/*.css"), *source.rglob("*.html")]
    named = {name for path in texts for name in re.findall(r"""vendor/([^"')]+)""", path.read_text("utf-8"))}
    fonts = {name for name in named if name.endswith(".woff2")}

    assert fonts
    assert {name for name in named if not (VENDOR / name).is_file()} == set()
    assert {name for name in fonts if not re.search(r"-\d+\.\d+\.\d+/", name)} == set()
