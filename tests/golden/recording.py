"""Golden answers: what a fixed story over HTTP was answered once, beside what it is answered now.

``TILLGATE_GOLDEN=write pytest tests/golden`` records them again; the difference is then read in version control.
What is fresh in each run (ids, secrets, hashes, cursors, what is left of a rate limit) is replaced by a name and the
order in which it appeared; everything else is compared to the byte, pages as their text, links and fields.
"""

import difflib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx

WRITES: Final = os.environ.get("TILLGATE_GOLDEN") == "write"
ANSWERS: Final = Path(__file__).parent / "answers"
# Of the way here, of when a file was written, or the length of something that is compared itself.
_PASSED_OVER: Final = frozenset({"content-length", "date", "etag", "last-modified", "server"})
# Of one answer, where all others are shared by many.
_OWN: Final = ("location", "set-cookie", "hx-redirect")
# Fresh in each run: what it is called, and how it looks. The first that fits names it.
_FRESH: Final = re.compile(
    r"(?P<key>\bkey_[0-9A-Za-z]{22}\b)"
    r"|(?P<portal>\bkps_[0-9A-Za-z]{22}\b|(?<=/portal/open/)[0-9A-Za-z]{32}\b)"
    r"|(?P<secret>\b(?:ck|pk|sk|whsec)_(?:(?:live|test)_)?[0-9A-Za-z+/=]{22,})"
    r"|(?P<request>\breq_[0-7][0-9a-hjkmnp-tv-z]{25})"
    r"|(?P<prefix>\bwhsec_[0-9A-Za-z+/]{6})"
    r"|(?P<slug>(?<=pro-plan-)[a-z0-9]{12}\b)"
    r"|(?P<masked>\b(?:ck|pk|sk)_(?:test|live)_[0-9A-Za-z]{2,8}…[0-9A-Za-z]{4})"
    r"|(?P<expires>(?<=expires=)[^;]+)"
    r"|(?P<cookie>(?:(?<=_session=)|(?<=_device=)|(?<=_halfway=))[\w-]{43})"
    r"|(?P<invitation>(?<=/invitations/)[\w-]{43}|(?<=token=)[\w-]{43}|(?<=\")[\w-]{43}(?=\"))"
    r"|(?P<totp>\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b)"
    r"|(?P<recovery>\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b)"
    r"|(?P<form>\b[0-7][0-9a-hjkmnp-tv-z]{25}\b)"
    r"|(?P<id>[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25})"
    r"|(?P<hex>\b(?:0x)?[0-9a-f]{32,64}\b|(?<=seen=)[0-9a-f]{16}\b)"
    r"|(?P<picture>data:image/[^\"']{200,})"
    r"|(?P<version>(?<=\?v=)[0-9a-f]{12}\b)"
    r"|(?P<prefix_only>\b(?:ck|pk|sk)_(?:test|live)_[0-9A-Za-z]{6}(?=\"))"
    r"|(?P<letter>\b(?:[A-HJKMNP-Z2-9]{3}-){2}[A-HJKMNP-Z2-9]{4}\b)"
    r'|(?P<last_four>(?<="lastFour":")[0-9A-Za-z]{4})'
    r'|(?P<elapsed>(?<="durationMs":)\d+|(?<="waitedMs":)[\d.]+|(?<="resetSeconds":)[\d.]+'
    r"|\b\d+(?:\.\d+)?(?=(?: |&nbsp;|\u00a0|\u202f)ms\b))"
)
# What nothing else refers to is no different for being another one.
_NUMBERLESS: Final = {
    "request": "<req>",
    "version": "…",
    "picture": "data:image/…",
    "elapsed": "0",
    "expires": "…",
    "cookie": "<cookie>",
    "form": "<form>",
    "letter": "<reference code>",
}
_COUNTED_DOWN: Final = re.compile(r"(?<=[rt]=)\d+|\d+(?=;w=)")
_UNSEEN: Final = frozenset({"script", "style", "svg", "template"})
_TITLE: Final = re.compile(r"<title>([^<]*)</title>")
# What of an element is compared, beside its text.
_ATTRIBUTES: Final = frozenset(
    {"action", "alt", "checked", "content", "disabled", "href", "http-equiv", "hx-get", "hx-trigger", "method", "name"}
    | {"required", "selected", "src", "type", "value"}
)
_TOLD: Final = frozenset({"a", "form", "input", "button", "select", "option", "textarea", "img"})


class Golden:
    """The answers of one room: recorded in a file, and those of this run."""

    def __init__(self, room: str) -> None:
        self._file = ANSWERS / f"{room}.json"
        self._names: dict[tuple[str, str], str] = {}
        self._headers: dict[str, Any] = {}
        self._layouts: dict[str, list[str]] = {}
        self._answers: dict[str, Any] = {}
        self._refusals: dict[str, list[str]] = {}
        self._answered: set[str] = set()

    def note(self, name: str, answer: httpx.Response, *, route: str | None = None) -> httpx.Response:
        """Keep one answer under a name that no other has.

        Args:
            route: which declared route this is a proper answer of, such as ``GET /orders/{id}``.
        """
        assert answer.status_code < 500, f"{name}: {answer.text}"
        if route is not None:
            assert answer.status_code < 400, f"{name}: {answer.status_code} {answer.text}"
            self._answered.add(route)
        number = sum(1 for known in self._answers if known == name or known.startswith(f"{name} #"))
        kept = self._kept(answer)
        if answer.status_code == 422 and "[form" in "".join(kept["body"]):
            # The form comes again as it was filled in; what is wrong with it stands above.
            kept["body"] = kept["body"][: next(at for at, line in enumerate(kept["body"]) if line.startswith("[form"))]
        self._answers[f"{name} #{number + 1}" if number else name] = kept
        return answer

    def note_refusal(self, name: str, answer: httpx.Response) -> None:
        """Keep a refusal, together with every other one that is the same."""
        self._refusals.setdefault(_json(self._kept(answer)), []).append(name)

    def _kept(self, answer: httpx.Response) -> dict[str, Any]:
        kept: dict[str, Any] = {"status": answer.status_code, "headers": self._headers_of(answer)}
        kept |= {name: self.named(answer.headers[name]) for name in _OWN if name in answer.headers}
        body = self._body_of(answer)
        return kept | ({"body": body} if body else {})

    def hold(self, routes: Iterable[str]) -> None:
        """Compare with what is recorded, or record it; each of these routes must have answered properly."""
        missing = sorted(set(routes) - self._answered)
        assert not missing, f"no golden answer yet; add a step to the story for: {', '.join(missing)}"
        text = self._text()
        if WRITES:
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text(text)
            return
        recorded = self._file.read_text() if self._file.exists() else ""
        if text != recorded:
            lines = difflib.unified_diff(
                recorded.splitlines(), text.splitlines(), "recorded", "answered now", n=1, lineterm=""
            )
            told = "\n".join(line[:2_000] for line in list(lines)[:120])
            raise AssertionError(
                f"{self._file.name} differs. If that is meant: TILLGATE_GOLDEN=write pytest tests/golden\n{told}"
            )

    def _text(self) -> str:
        """Headers and layouts first, for many answers share them; then each answer in a line, or a page in lines."""
        shared = [
            f"  {json.dumps(name)}: {_json(value)}" for name, value in sorted((self._headers | self._layouts).items())
        ]
        parts = [
            f"  {json.dumps(name)}: {_lined(answer) if isinstance(answer.get('body'), list) else _json(answer)}"
            for name, answer in self._answers.items()
        ]
        refusals = [f'  {{"to": {_json(names)},\n   "answer": {answer}}}' for answer, names in self._refusals.items()]
        return (
            '{"shared": {\n' + ",\n".join(shared) + '\n},\n"answers": {\n' + ",\n".join(parts) + "\n},\n"
            '"refusals": [\n' + ",\n".join(refusals) + "\n]}\n"
        )

    def _headers_of(self, answer: httpx.Response) -> str:
        told = {
            name: _COUNTED_DOWN.sub("N", self.named(value)) if name.startswith("ratelimit") else self.named(value)
            for name, value in sorted(answer.headers.multi_items())
            if name not in _PASSED_OVER and name not in _OWN
        }
        # Which of them it was is in the body, or told by the next answer.
        told |= {"x-request-id": "req"} if "x-request-id" in told else {}
        name = hashlib.sha256(_json(told).encode()).hexdigest()[:6]
        self._headers[name] = told
        return name

    def _body_of(self, answer: httpx.Response) -> Any:
        kind = answer.headers.get("content-type", "")
        if not answer.content:
            return None
        if "json" in kind:
            told = json.loads(self.named(answer.text))
            return outlined(told) if isinstance(told, dict) and "openapi" in told else told
        if kind.startswith("text/html"):
            around, within = page_lines(self.named(answer.text))
            name = hashlib.sha256(_json(around).encode()).hexdigest()[:6]
            self._layouts[name] = around
            return [f"layout {name}", *within]
        if "# TYPE" in answer.text:
            return sorted(line for line in answer.text.splitlines() if line.startswith("# TYPE"))
        return self.named(answer.text) if kind.startswith("text/plain") else None

    def named(self, text: str) -> str:
        """The text with a name for everything that is fresh in each run."""
        return _FRESH.sub(self._name, text)

    def _name(self, found: re.Match[str]) -> str:
        kind, value = found.lastgroup or "", found[0]
        if kind in _NUMBERLESS:
            return _NUMBERLESS[kind]
        if kind in ("id", "secret"):
            kind = value.partition("_")[0]
        if (kind, value) not in self._names:
            self._names[kind, value] = f"<{kind} {sum(1 for known, _ in self._names if known == kind) + 1}>"
        return self._names[kind, value]


def outlined(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document as a digest for each operation and schema, without what is said in words."""
    operations = {
        f"{method.upper()} {path}": _digest(operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    parts = {
        f"{kind}/{name}": _digest(part)
        for kind, group in document.get("components", {}).items()
        for name, part in group.items()
    }
    return {"openapi": document["openapi"], "paths": operations, "components": parts}


def _digest(part: Any) -> str:
    return hashlib.sha256(_json(_wordless(part)).encode()).hexdigest()[:8]


def _wordless(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _wordless(value)
            for name, value in sorted(part.items())
            if not (name in ("description", "summary") and isinstance(value, str))
        }
    return [_wordless(one) for one in part] if isinstance(part, list) else part


def _lined(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=0)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Reader(HTMLParser):
    """Reads a page's text, links, forms and fields, a line each."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag not in _TOLD and not any(name in ("hx-get", "http-equiv") for name, _ in attributes):
            return
        if ("name", "csrf") in attributes:
            return  # Every form has it, and tests of its own.
        if ("name", "back") in attributes:
            attributes = [(name, value) for name, value in attributes if name != "value"]  # This page's own address.
        told = [f"{name}={value}" if value else name for name, value in attributes if name in _ATTRIBUTES]
        self.lines.append(f"[{' '.join([tag, *told])}]")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        if tag == "form":
            self.lines.append("[/form]")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._unseen:
            self.lines.append(text)


def page_lines(page: str) -> tuple[list[str], list[str]]:
    """A page's text, links, forms and fields: what is around its main part, and its title with that part."""
    title = _TITLE.search(page)
    head, main, rest = _TITLE.sub("", page).partition("<main")
    within, _, foot = (main + rest).partition("</main>")
    if not main:
        head, within = "", head
    return _lines(head + foot), [*([f"title: {title[1].strip()}"] if title else []), *_lines(within)]


def _lines(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.lines
