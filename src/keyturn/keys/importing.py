"""Keys that were made elsewhere go on here: out of an export of their SHA-256 digests, or of their texts, which are
hashed as they are read and kept nowhere.

A text is looked up only if it matches the form of some key here. Imported texts carry no checksum of ours, so
whoever imports them says how they are written (``acme_live_{40}``: a prefix and how many characters follow); from then
on junk of that form costs a look-up each, and other junk still none.
"""

import asyncio
import base64
import binascii
import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from keyturn.errors import InvalidKey, KeyExists, KeyturnError
from keyturn.instants import checked_instant, from_datetime
from keyturn.invariants import present
from keyturn.keys.issuing import Issuer, KeyWish
from keyturn.keys.model import EVERY_SCOPE, Key, Kind, Mode, Status, is_scope_name
from keyturn.keys.secret import (
    DIGEST_ALGORITHM,
    FORMATS,
    PREFIX_VISIBLE,
    ForeignForm,
    ForeignSecret,
    KeyDigest,
    KeyParser,
    KeySecret,
)
from keyturn.leaks.spotting import Spotter
from keyturn.stores.ports import Act, Clock, KeyStore

LINES_MAX: Final = 10_000
# Keys that one transaction keeps: on SQLite nobody else writes meanwhile.
TOGETHER_MAX: Final = 100
BYTES_MAX: Final = 16 * 1024 * 1024
REST_LENGTH_MIN: Final = 16
REST_LENGTH_MAX: Final = 256
FORMS_MAX: Final = 20
FORMAT: Final = "imported"
LEARN_SECONDS: Final = 5.0

_FORM: Final = re.compile(r"([0-9A-Za-z._-]{0,32})\{(\d{1,3})(?:,(\d{1,3}))?\}", re.ASCII)
_DIGEST_NAMES: Final = ("digest", "sha256", "hash")
_TEXT_NAMES: Final = ("key", "token", "secret")
_OTHER_NAMES: Final = ("name", "mode", "scopes", "created_at", "expires_at", "prefix")
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_COLUMN: Final = re.compile(r"[a-z][a-z_ ]{0,23}", re.ASCII)
# Before this many seconds have passed since 1970 it is the year 5138; a larger number counts milliseconds.
_SECONDS_MAX: Final = 100_000_000_000


class InvalidImport(KeyturnError):
    """What is to be imported cannot be read at all, or not all of it could be kept; the message says how far it got."""

    code = "invalid_import"


class Problem(NamedTuple):
    """What is wrong with a line of the file. Never what stands in it."""

    line: int
    what: str


class ImportRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all lines.

    Attributes:
        mode: of keys whose line does not say.
        scopes: of keys whose line has none.
        plaintext: the file holds texts, not digests.
        forms: how the keys are written, where it is none of the formats.
        format: which of the formats they are written in.
        ignored: columns that are to be passed over.
    """

    project_id: str
    mode: Mode | None = None
    scopes: tuple[str, ...] = ()
    plaintext: bool = False
    forms: tuple[ForeignForm, ...] = ()
    format: str | None = None
    ignored: frozenset[str] = frozenset()


class Imported(NamedTuple):
    """The outcome of an import: nothing was done if there is a problem with any line.

    Attributes:
        keys: those that it made.
        already: how many lines it passed over, because an earlier import had made just that key.
    """

    keys: tuple[Key, ...]
    problems: tuple[Problem, ...]
    already: int = 0


def parse_form(text: str) -> ForeignForm:
    """A form out of ``acme_live_{40}`` or ``acme_{32,64}``.

    Raises:
        InvalidImport: it is written otherwise, or so short that it could be guessed.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise InvalidImport(f"{text[:60]!r} is no form: expected a prefix and a length, such as acme_live_{{40}}")
    least, most = int(match[2]), int(match[3] or match[2])
    if not REST_LENGTH_MIN <= least <= most <= REST_LENGTH_MAX:
        raise InvalidImport(
            f"{text[:60]!r}: {REST_LENGTH_MIN} to {REST_LENGTH_MAX} characters follow a prefix; fewer could be guessed"
        )
    return ForeignForm(match[1], least, most)


async def import_keys(
    store: KeyStore, issuer: Issuer, clock: Clock, content: str, rules: ImportRules, *, by: str, dry_run: bool = False
) -> Imported:
    """Import a file's keys, a batch at a time, if nothing is wrong with any line. Others write in between. Done again,
    it passes over what is here as the file says, so that an import that was interrupted is finished by repeating it.

    Args:
        content: CSV with a head line, or one JSON object a line.

    Raises:
        InvalidImport: the rules do not say enough, or the file is none of that; or one of its keys came by another way
            meanwhile, and what had been imported until then stays.
    """
    _check(rules)
    reader = _Reader(issuer, rules, by, clock.now())
    entries: list[tuple[Key, KeyDigest]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    first_line: dict[KeyDigest, int] = {}
    for line, fields in _lines(content):
        if len(entries) + len(problems) >= LINES_MAX:
            raise InvalidImport(f"at most {LINES_MAX} keys at once; split the file")
        try:
            key, digest = reader.read(fields)
        except (InvalidKey, InvalidImport) as error:
            problems.append(Problem(line, str(error)))
            continue
        if digest in first_line:
            problems.append(Problem(line, f"the same key stands in line {first_line[digest]}"))
            continue
        first_line[digest] = line
        entries.append((key, digest))
        lines.append(line)
    if not entries and not problems:
        raise InvalidImport("there is no key in it")
    there: dict[KeyDigest, Key] = {}
    for batch in _batches(entries):
        there |= await store.by_digests([digest for _, digest in batch])
    missing = [(key, digest) for key, digest in entries if digest not in there]
    problems += [
        Problem(first_line[digest], "this key is here already, and not as this line has it")
        for key, digest in entries
        if digest in there and not _is_same(there[digest], key)
    ]
    if problems:
        return Imported((), tuple(sorted(problems)))
    if not dry_run:
        await _keep(store, missing, rules.forms, Act(clock.now(), by))
    return Imported(tuple(key for key, _ in missing), (), len(there))


async def _keep(
    store: KeyStore, entries: Sequence[tuple[Key, KeyDigest]], forms: Sequence[ForeignForm], act: Act
) -> None:
    kept = 0
    for batch in _batches(entries):
        begun = time.monotonic()
        try:
            await store.import_keys(batch, forms, act)
        except KeyExists:
            raise InvalidImport(
                f"one of these keys came by another way meanwhile; {kept} of {len(entries)} were imported. Import the "
                "file again: it says which line that is, or imports the rest"
            ) from None
        kept += len(batch)
        # As much time as this took belongs to whoever else writes.
        await asyncio.sleep(time.monotonic() - begun)


def _batches(entries: Sequence[tuple[Key, KeyDigest]]) -> Iterator[Sequence[tuple[Key, KeyDigest]]]:
    return (entries[start : start + TOGETHER_MAX] for start in range(0, len(entries), TOGETHER_MAX))


def _is_same(there: Key, wanted: Key) -> bool:
    """Whether an earlier import of the same line made this key, and it can be used still."""
    of_both = [
        (one.project_id, one.mode, one.name, one.scopes, one.expires_at, one.imported) for one in (there, wanted)
    ]
    return of_both[0] == of_both[1] and there.status is not Status.REVOKED


def _check(rules: ImportRules) -> None:
    if rules.format is not None and rules.format not in FORMATS:
        raise InvalidImport(f"unknown format {rules.format[:40]!r}; choose from: {', '.join(sorted(FORMATS))}")
    if len(rules.forms) > FORMS_MAX:
        raise InvalidImport(f"at most {FORMS_MAX} forms at once")
    if not rules.plaintext and (rules.format is None) == (not rules.forms):
        raise InvalidImport(
            "digests do not say how their keys are written, and admission must know: name either a form, such as "
            "acme_live_{40}, or one of the formats that ship"
        )
    if rules.plaintext and rules.format is not None:
        raise InvalidImport("texts say themselves in which of the formats they are; leave it out")


def _lines(content: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each line's number and its fields, under names in lower case."""
    content = content.removeprefix("\ufeff")
    if content.lstrip().startswith("{"):
        decoder = msgspec.json.Decoder(dict[str, Any])
        for number, line in enumerate(content.splitlines(), 1):
            if not line.strip():
                continue
            try:
                yield number, {name.strip().lower(): value for name, value in decoder.decode(line).items()}
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                raise InvalidImport(f"line {number} is no JSON object") from None
        return
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if len(set(names)) < len(names):
            raise InvalidImport("a column stands twice in the head line")
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                raise InvalidImport(f"line {reader.line_num} has {len(row)} fields, and the head line {len(names)}")
            yield reader.line_num, dict(zip(names, row, strict=True))
    except csv.Error:
        raise InvalidImport(f"line {reader.line_num} is no CSV") from None


class _Reader:
    """Makes keys of lines."""

    def __init__(self, issuer: Issuer, rules: ImportRules, by: str, now: int) -> None:
        self._issuer = issuer
        self._rules = rules
        self._by = by
        self._now = now
        self._parser = KeyParser(FORMATS.values())
        self._parser.learn(rules.forms)
        self._spotter = Spotter()
        self._wanted = _TEXT_NAMES if rules.plaintext else _DIGEST_NAMES

    def read(self, fields: Mapping[str, Any]) -> tuple[Key, KeyDigest]:
        """One key and its digest.

        Raises:
            InvalidKey, InvalidImport: there is something wrong with it.
        """
        self._check_names(fields)
        given = {name: value for name, value in fields.items() if name not in self._rules.ignored}
        identity = _text(next((given[name] for name in self._wanted if name in given), None))
        if not identity:
            raise InvalidImport(f"there is no {self._wanted[0]}")
        secret = self._secret(identity) if self._rules.plaintext else None
        digest = secret.digest() if secret is not None else _digest(identity)
        wish = KeyWish(
            project_id=self._rules.project_id,
            mode=self._mode(given, secret),
            name=self._name(given.get("name")),
            scopes=_scopes(given.get("scopes")) or self._rules.scopes,
            expires_at=_instant(given.get("expires_at"), "expires_at"),
        )
        key = self._issuer.checked(wish, by=self._by, format=self._format(secret))
        made_at = _instant(given.get("created_at"), "created_at")
        if made_at is not None and made_at > self._now:
            raise InvalidImport("created_at lies in the future")
        prefix, last_four = self._visible(_text(given.get("prefix")), secret, wish.mode)
        return msgspec.structs.replace(
            key,
            imported=True,
            created_at=made_at if made_at is not None else self._now,
            prefix=prefix,
            last_four=last_four,
        ), digest

    def _check_names(self, fields: Mapping[str, Any]) -> None:
        """A column that nobody understands may say that the key was revoked long ago."""
        unwanted = _DIGEST_NAMES if self._rules.plaintext else _TEXT_NAMES
        for number, name in enumerate(fields, 1):
            if name in self._rules.ignored or name in self._wanted or name in _OTHER_NAMES:
                continue
            if name in unwanted:
                kind = "digests" if self._rules.plaintext else "texts"
                raise InvalidImport(
                    f"the column {name} holds {kind}, and "
                    + ("texts were announced" if self._rules.plaintext else "those are read only where announced")
                )
            # Where a file has no head line, this is a key.
            called = f" ({name})" if _COLUMN.fullmatch(name) else ""
            raise InvalidImport(
                f"column {number}{called} is unknown; take out what is not to be imported, or have it ignored"
            )

    def _name(self, value: Any) -> str:
        name = _text(value) or "imported"
        if self._parser.parse(name) is not None or any(self._spotter.find(name.encode("utf-8", "replace"))):
            raise InvalidImport("the name is a key, or holds one; are the columns in their places?")
        return name

    def _secret(self, text: str) -> KeySecret:
        secret = self._parser.parse(text)
        if secret is None:
            raise InvalidImport(
                "the key is written in none of the formats, with its checksum, and in none of the forms"
            )
        if secret.kind is not Kind.SECRET:
            raise InvalidImport(
                "a publishable key is not imported; create a new one, with the origins or apps it is for"
            )
        return secret

    def _mode(self, given: Mapping[str, Any], secret: KeySecret | None) -> Mode:
        word = _text(given.get("mode"))
        try:
            of_line = Mode(word.lower()) if word else self._rules.mode
        except ValueError:
            raise InvalidImport("mode: expected live or test") from None
        of_text = secret.mode if secret is not None and not isinstance(secret, ForeignSecret) else None
        if of_line is None and of_text is None:
            raise InvalidImport("there is no mode; name one for all lines that have none")
        if of_line is not None and of_text is not None and word and of_line is not of_text:
            raise InvalidImport(f"the line says {of_line.value}, and the key itself {of_text.value}")
        return present(of_text or of_line, "a mode, of the text or of the line")

    def _format(self, secret: KeySecret | None) -> str:
        if self._rules.format is not None:
            return self._rules.format
        if secret is None or isinstance(secret, ForeignSecret):
            return FORMAT
        return next(self._spotter.find(secret.reveal().encode())).formats[0]

    def _visible(self, given: str | None, secret: KeySecret | None, mode: Mode) -> tuple[str, str]:
        """What is shown of the key: nothing more of its text than of any other key's."""
        if secret is not None and not isinstance(secret, ForeignSecret):
            return secret.prefix, secret.last_four
        heads = [form.prefix for form in self._rules.forms]
        if self._rules.format is not None:
            form = FORMATS[self._rules.format]
            heads = [form.head(kind, mode) for kind in form.kinds]
        if given:
            head = next((head for head in sorted(heads, key=len, reverse=True) if given.startswith(head)), None)
            if (
                head is None
                or len(given) > len(head) + PREFIX_VISIBLE
                or not given.isascii()
                or not given.isprintable()
            ):
                raise InvalidImport(
                    f"prefix: expected what such keys begin with and {PREFIX_VISIBLE} more characters at most"
                )
            return given, ""
        return (secret.prefix if secret is not None else heads[0]), ""


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidImport("a field is no text")
    return value.strip()


def _digest(text: str) -> KeyDigest:
    """SHA-256 in hex or base 64, of whichever alphabet, with or without its padding."""
    text = text.removeprefix("sha256:").removeprefix("sha256$")
    try:
        if len(text) == 64:
            return KeyDigest(DIGEST_ALGORITHM, bytes.fromhex(text))
        if len(text) in (43, 44):
            padded = text.rstrip("=").replace("-", "+").replace("_", "/") + "="
            return KeyDigest(DIGEST_ALGORITHM, base64.b64decode(padded, validate=True))
    except (ValueError, binascii.Error):
        pass
    raise InvalidImport("the digest is no SHA-256 in hex or base 64; salted or slow hashes cannot be looked up")


def _scopes(value: Any) -> tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not all(isinstance(scope, str) for scope in value):
            raise InvalidImport("scopes: expected texts")
        scopes = tuple(value)
    else:
        scopes = tuple(scope for scope in _SEPARATORS.split(_text(value) or "") if scope)
    if not all(scope == EVERY_SCOPE or is_scope_name(scope) for scope in scopes):
        raise InvalidImport("scopes: expected resource:action, several of them separated by spaces")
    return scopes


def _instant(value: Any, name: str) -> int | None:
    """Unix milliseconds out of RFC 3339, or of seconds or milliseconds since 1970; without a zone it is UTC."""
    if value is None or value == "":
        return None
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if len(text) <= 64 and re.fullmatch(r"\d{1,16}(?:\.\d{1,9})?", text, re.ASCII):
        number = float(text)
        read = round(number * 1_000 if number < _SECONDS_MAX else number)
    else:
        try:
            given = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidImport(f"{name}: expected an instant such as 2026-01-31T12:00:00Z") from None
        read = from_datetime(given if given.tzinfo is not None else given.replace(tzinfo=UTC))
    try:
        return checked_instant(read)
    except ValueError as error:
        raise InvalidImport(f"{name}: {error}") from None


class Learning(Protocol):
    """Whatever lets imported keys by: :class:`keyturn.admission.carriers.Carriers`."""

    def learn(self, forms: Sequence[ForeignForm]) -> None:
        """Let these forms by, and no others but those of the formats."""
        ...


async def keep_learning(
    store: KeyStore,
    carriers: Learning,
    *,
    failed: Callable[[Exception], None],
    look_seconds: float = LEARN_SECONDS,
) -> None:
    """Look every few seconds, until cancelled, for the forms of keys that were imported: so long does it take until a
    running server lets them in.

    Args:
        failed: told when the store did not answer; what was known goes on.
    """
    known: list[ForeignForm] = []
    while True:
        try:
            forms = await store.foreign_forms()
            if forms != known:
                carriers.learn(forms)
                known = forms
        except Exception as error:
            failed(error)
        await asyncio.sleep(look_seconds)
