#!/usr/bin/env python3
"""Write what a release is made of into dist/: tillgate-VERSION.cdx.json (CycloneDX 1.6), and all licences as one text.

usage: scripts/sbom.py [--check] [FOLDER]

What requirements/base.txt locks, each with the hashes of its files, and what lies in src/tillgate/static/vendor, by
VENDORED.md. The licence is what the installed distribution says of itself; where it says nothing that SPDX knows, it is
looked up in LICENCES. One that is not in ALLOWED is an error. --check writes nothing.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, NamedTuple

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.markers import Marker

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements/base.txt"
VENDOR: Final = ROOT / "src/tillgate/static/vendor"

# May be shipped beside Apache-2.0, unchanged and with their texts. MPL-2.0 is of two packages that nobody changes.
ALLOWED: Final = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0",
    "Unlicense",
})  # fmt: skip
# What those say that name no SPDX expression, as their texts were read; "Licence" fields and classifiers are too vague.
LICENCES: Final = {
    "aiosmtplib": "MIT",
    "async-timeout": "Apache-2.0",
    "certifi": "MPL-2.0",
    "h11": "MIT",
    "httpx": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "pyasn1": "BSD-2-Clause",
    "pyasn1-modules": "BSD-2-Clause",
    "pyopenssl": "Apache-2.0",
    "rich": "MIT",
    "segno": "BSD-3-Clause",
    "shellingham": "ISC",
    "uvloop": "MIT OR Apache-2.0",
    "zxcvbn": "MIT",
}
# For other platforms or older versions of Python; not installed here, so looked up there.
ELSEWHERE: Final = {"async-timeout": "Apache-2.0", "colorama": "BSD-3-Clause"}
# Distributions without the text of their licence in the wheel; it is where the address leads.
TEXTS: Final = {
    "fontpkg": "https://pypi.org/project/fontpkg/",
    "httpx": "https://github.com/encode/httpx/blob/master/LICENSE.md",
    "mdurl": "https://github.com/executablebooks/mdurl/blob/master/LICENSE",
}
_LOCKED: Final = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; (.+?))?((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", re.M
)


class Part(NamedTuple):
    """One thing that is shipped: an SPDX expression, the digests of its files, and the texts of its licence."""

    name: str
    version: str
    licence: str
    digests: tuple[str, ...]
    purl: PackageURL
    texts: tuple[str, ...]
    path: str = ""


def locked() -> Iterator[Part]:
    """What the lock names. An entry that cannot be read is an error, for it would be missing."""
    text = LOCK.read_text("utf-8")
    found = list(_LOCKED.finditer(text))
    if len(found) != len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)):
        raise SystemExit(f"error: {LOCK.name} has entries that are not understood")
    for one in found:
        name, version, marker = one[1], one[2], one[3]
        digests = tuple(re.findall(r"sha256:([0-9a-f]{64})", one[4]))
        try:
            there = distribution(name)
        except PackageNotFoundError:
            if marker is None or Marker(marker).evaluate():
                raise SystemExit(f"error: {name} is locked and not installed: run make up") from None
            yield Part(name, version, ELSEWHERE.get(name, ""), digests, PackageURL("pypi", None, name, version), ())
            continue
        if there.version != version:
            raise SystemExit(f"error: {name} {there.version} is installed, {version} is locked: run make up")
        expression = there.metadata.get("License-Expression") or LICENCES.get(name, "")
        yield Part(name, version, expression, digests, PackageURL("pypi", None, name, version), texts_of(there))


def texts_of(there: Distribution) -> tuple[str, ...]:
    """The licences, notices and authors that the wheel holds."""
    named = [
        path
        for path in there.files or ()
        if ".dist-info" in path.parts[0]
        and (
            path.parts[1:2] == ("licenses",)
            or re.match(r"(LICEN[CS]E|NOTICE|COPYING|AUTHORS)", path.name, re.IGNORECASE)
        )
    ]
    return tuple(Path(str(path.locate())).read_text("utf-8", "replace").strip() for path in sorted(named, key=str))


def vendored() -> Iterator[Part]:
    """Files of others that lie in this repository, compared with what VENDORED.md says of them."""
    for line in (VENDOR / "VENDORED.md").read_text("utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        file, package, version, _, licence, digest = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        content = (VENDOR / file).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise SystemExit(f"error: {file} is not what VENDORED.md says")
        namespace, _, name = package.rpartition("/")
        text = (content.decode("utf-8").strip(),) if Path(file).name in ("LICENSE", "OFL.txt") else ()
        purl = PackageURL("npm", namespace or None, name, version)
        yield Part(package, version, licence, (digest,), purl, text, f"tillgate/static/vendor/{file}")


def words(expression: str) -> set[str]:
    """The licences of an SPDX expression."""
    return set(re.split(r"[\s()]+|\bAND\b|\bOR\b", expression)) - {""}


def problems(parts: list[Part]) -> list[str]:
    """What may not be shipped, or is not known well enough; and what stands in the lists above for nothing."""
    wrong = []
    for one in parts:
        if not one.licence:
            wrong.append(f"{one.name} {one.version} names no licence as SPDX does: read it, and add it to LICENCES")
        elif not words(one.licence) <= ALLOWED:
            wrong.append(f"{one.name} {one.version} is under {one.licence}, which is not in ALLOWED")
        if not one.texts and not one.path and one.name not in TEXTS and one.name not in ELSEWHERE:
            wrong.append(f"{one.name} {one.version} has no licence text: find it, and add it to TEXTS")
    names = {one.name for one in parts}
    told = {one.name for one in parts if one.texts} | {one.name for one in parts if one.licence == "0BSD"}
    wrong += [f"{name}: its licence has to lie beside its files" for name in sorted(
        {one.name for one in parts if one.path} - told)]  # fmt: skip
    wrong += [f"{name} is in a list of this script, and not shipped" for name in sorted(
        (LICENCES.keys() | ELSEWHERE.keys() | TEXTS.keys()) - names)]  # fmt: skip
    return wrong


def bill(parts: list[Part], version: str) -> str:
    """The bill of materials as JSON, the same for the same parts: no time and no random number."""
    bom = Bom()
    bom.metadata.timestamp = None  # type: ignore[assignment]
    licences = LicenseFactory()
    bom.metadata.component = Component(
        name="tillgate", version=version, type=ComponentType.APPLICATION, bom_ref=f"tillgate@{version}",
        licenses=[licences.make_with_id("Apache-2.0")], purl=PackageURL("pypi", None, "tillgate", version),
    )  # fmt: skip
    for one in parts:
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one.digests[0])] if one.path else []
        # Of a lock, each hash is of one of several files: a component's own hashes would all be of the same.
        files = [] if one.path else [Property(name="tillgate:locked:sha256", value=digest) for digest in one.digests]
        bom.components.add(Component(
            name=one.path or one.name,
            version=one.version,
            type=ComponentType.FILE if one.path else ComponentType.LIBRARY,
            bom_ref=f"{one.purl}#{one.path}" if one.path else str(one.purl),
            licenses=[licences.make_from_string(one.licence)],
            purl=one.purl,
            hashes=hashes,
            properties=files,
        ))  # fmt: skip
    bom.register_dependency(bom.metadata.component, bom.components)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    text = re.sub(r'\n  "serialNumber": "[^"]+",', "", text)
    if (error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        raise SystemExit(f"error: the bill is not CycloneDX: {error}")
    return text + "\n"


def notices(parts: list[Part]) -> str:
    """The licences of all parts, each text once below the parts that it is of."""
    lines, seen = ["Tillgate contains, or is installed with, the following works of others.\n"], {}
    for one in parts:
        lines.append(
            f"{one.path or one.name} {one.version}: {one.licence}{f' ({TEXTS[one.name]})' if one.name in TEXTS else ''}"
        )
        for text in one.texts:
            seen.setdefault(text, []).append(f"{one.name} {one.version}")
    for text, names in seen.items():
        lines.append(f"\n{'=' * 80}\n{', '.join(dict.fromkeys(names))}\n{'=' * 80}\n\n{text}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Check, and write unless told not to."""
    parts = [*locked(), *vendored()]
    wrong = problems(parts)
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    if wrong:
        return 1
    found = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    text, texts = bill(parts, found[1]), notices(parts)
    if "--check" not in arguments:
        folder = Path(next(iter(arguments), "dist"))
        folder.mkdir(exist_ok=True)
        (folder / f"tillgate-{found[1]}.cdx.json").write_text(text, "utf-8")
        (folder / f"tillgate-{found[1]}-licences.txt").write_text(texts, "utf-8")
    licences = sorted({word for one in parts for word in words(one.licence)})
    print(f"  {len(parts)} parts under {', '.join(licences)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
