"""Whatever a buyer sends: what they read is a buyer's sentence, never one of an API."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import httpx
import pytest

from tests.house.test_errors import CAMEL, fields_of_the_api
from tests.pages.conftest import Till
from tests.pages.test_buyers_prices import donation
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.pages import words
from tillgate.wire.words import SENTENCES

pytestmark = pytest.mark.anyio

BAD: Final = (
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "1,50",
    "4.99",
    "100.01",
    "5.001",
    "9" * 13,
    "9" * 300,
    "many",
    "TWO WORDS",
    "<b>",
    "%00",
    "\ud800",
    "li_none",
    "paid",
    "x" * 81,
)
FORM: Final = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
FIELD: Final = re.compile(r'<(?:input|button|select)[^>]*name="([^"]+)"(?:[^>]*?value="([^"]*)")?')


class Sent(NamedTuple):
    """A form of a page with one of its fields wrong."""

    action: str
    fields: dict[str, str]


def forms_of(page: str) -> Iterator[Sent]:
    """Each form of a page as it may be sent wrong: each field with each bad value, and without it."""
    for action, inside in FORM.findall(page):
        fields = dict(FIELD.findall(inside))
        for name in fields:
            yield Sent(action, {one: value for one, value in fields.items() if one != name})
            for bad in BAD:
                yield Sent(action, fields | {name: bad})


# The longest part of each sentence for programmers that has no hole in it, unless a buyer reads the same.
THEIRS: Final = frozenset(
    part
    for sentence in SENTENCES.values()
    if isinstance(sentence, str)
    for part in [max(re.split(r"\{[^}]*\}", sentence), key=len).strip()]
    if len(part) > 15
)


def text_of(answer: httpx.Response) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(head|script)\b.*?</\1>", "", answer.text, flags=re.DOTALL))


def check(answer: httpx.Response, sent: Sent) -> None:
    assert answer.status_code < 500, sent
    shown = text_of(answer)
    assert not [part for part in THEIRS if part in shown], (sent, shown)
    assert not fields_of_the_api() & set(CAMEL.findall(shown)), sent
    assert not re.search(r"\b\w+: expected|Required\b|\b[a-z]+_[a-z_]+\b", shown), (sent, shown)


async def sessions(till: Till) -> list[CheckoutSession]:
    """A price that the buyer sets, a promotion code, and both; while pending, once seen, and when it is over."""
    coded = NewSession(amount=NewAmount("49.00", "USD"), allow_promotion_codes=True)
    made = [await donation(till, allow_promotion_codes=True), await till.write(open_session, till.test, coded)]
    for outcome in (Outcome.DETECTED, Outcome.PAID, Outcome.FAILED):
        made.append(await donation(till, allow_promotion_codes=True))
        await till.simulate(made[-1], outcome)
    return made


async def test_every_form_of_a_buyers_page_answers_in_a_buyers_words(sqlite_till: Till) -> None:
    """The forms as they are on the page, each field wrong in each way; also sent to sessions that have moved on, whose
    page has them no more."""
    till = sqlite_till
    made = await sessions(till)
    first = (await till.browser.get(f"/checkout/{made[0].id}")).text
    actions = {action.rpartition("/")[2] for action, _ in FORM.findall(first)}
    assert {"amount", "promotion-code", "simulate"} <= actions
    for session in made:
        for sent in forms_of(first):
            action = sent.action.replace(made[0].id, session.id)
            fields = {name: value.encode("utf-8", "replace") for name, value in sent.fields.items()}
            # Outcomes that would be done are no bad input, and would end the session.
            if sent.fields.get("outcome") in tuple(Outcome):
                continue
            till.clock.at += 60_000 if action.endswith("promotion-code") else 0
            check(await till.browser.post(action, data=fields), sent)
        till.clock.at = min(till.clock.at, session.expires_at - 1)


async def test_a_link_that_is_wrong_is_told_in_a_buyers_words(sqlite_till: Till) -> None:
    """None of that name, closed, archived, or visited too often."""
    till = sqlite_till
    closed, archived = await till.link(), await till.link()
    await till.close(closed)
    await till.archive(archived)
    for slug in ("nonsense", "x" * 300, closed.slug, archived.slug, *[(await till.link()).slug] * 9):
        check(await till.browser.post(f"/l/{slug}"), Sent(slug, {}))


def test_a_buyers_words_are_whole_sentences() -> None:
    """They stand alone, as people write: a capital, a full stop, no colon of a field."""
    for sentence in [*words._SENTENCES.values(), *words._BY_CODE.values(), words.OTHERWISE]:
        if isinstance(sentence, str):
            assert sentence[0].isupper() and sentence.endswith(".") and "API" not in sentence, sentence
