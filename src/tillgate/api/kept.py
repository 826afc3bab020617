"""Answers out of the forms that are kept beside the rows."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.kept import KeptForm, KeptNoun, kept_form
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call


class ByIds(Protocol):
    """Several objects of the caller's project and mode in the API's form, formed out of their rows."""

    async def __call__(
        self, context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str], /
    ) -> Mapping[str, Any]: ...


async def kept_answer(context: ApiContext, tx: Transaction, call: Call, noun: KeptNoun) -> msgspec.Raw | None:
    """The object that a call names; None where it has to be formed: no true form of it is kept, or more is to be put
    into it.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    if call.expansion is not None:
        return None
    form = await kept_form(tx, call.principal, noun, call.id, context.public_url)
    return msgspec.Raw(form) if form is not None else None


async def kept_page(context: ApiContext, tx: Transaction, call: Call, page: Page[KeptForm], by_ids: ByIds) -> Page[Any]:
    """A page of kept forms as a list's answer; those that are missing are formed."""
    missing = [one.id for one in page.data if one.form is None]
    formed = await by_ids(context, tx, call.principal, missing) if missing else {}
    data = [msgspec.Raw(form) if form is not None else formed[id] for id, form in page.data if form or id in formed]
    return Page(data, page.has_more, page.data[-1] if page.data else None)
