"""No statement hands over all rows of a tenant."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import SRC, tree_of

# Tables of which there are few, whatever a tenant does.
FEW = {"schema_migrations", "key_gates", "key_head", "key_forms", "key_places"}
# Statements that hand over rows without a LIMIT of their own, and what bounds each of them. A new one belongs here only
# with a bound: a page, ids that were given, a small number by a rule that is checked where rows are made.
BOUNDED = {
    "keyturn/stores/sql.py:_BY_IDS": "the ids that were given",
    "keyturn/stores/sql.py:listing.page": "_listing gives each of its statements a LIMIT",
    "keyturn/stores/sql.py:_ANCESTORS": "as many as there are generations",
    "keyturn/stores/sql.py:_DESCENDANTS": "DESCENDANTS_MAX; those that are revoked are not read",
    "keyturn/stores/sql.py:_FAMILY": "DESCENDANTS_MAX; those that are revoked are not read",
    "keyturn/stores/sql.py:_SECRETS": "SECRETS_MAX of a key",
    "keyturn/stores/requests.py:listing.plain": "_Listing gives each of its statements a LIMIT",
    "keyturn/stores/requests.py:listing.filtered": "_Listing gives each of its statements a LIMIT",
    "keyturn/stores/requests.py:_DROPPED": "a row a day, for as long as requests are kept",
    "keyturn/stores/usage.py:_OF_KEY": "one key's days, outcomes and scopes",
    "keyturn/stores/restoring.py:_REVOKED": "read by a command, before a restore",
    "keyturn/stores/restoring.py:_DISABLED": "read by a command, before a restore",
    "keyturn/stores/restoring.py:_ENDED": "read by a command, before a restore",
    "keyturn/stores/restoring.py:_SUSPENDED": "read by a command, before a restore",
    "tillgate/checkout/coupons/records.py:sql": "newest_within",
    "tillgate/checkout/customers/records.py:f'{sql} OFFSET ${len(params) + 1}'": "newest_within",
    "tillgate/checkout/clocks/records.py:sql": "newest_within",
    "tillgate/checkout/links/records.py:sql": "newest_within",
    "tillgate/events/deliveries/records.py:sql": "newest_within",
    "tillgate/events/endpoints/records.py:sql": "newest_within",
    "tillgate/checkout/orders/records.py:sql": "newest_first",
    "tillgate/checkout/payments/records.py:sql": "newest_first",
    "tillgate/checkout/products/records.py:sql": "newest_within",
    "tillgate/checkout/promotions/records.py:sql": "newest_within",
    "tillgate/checkout/redemptions/records.py:_HELD": "the sessions that were given",
    "tillgate/checkout/redemptions/records.py:sql": "newest_first",
    "tillgate/checkout/refunds/records.py:sql": "newest_first",
    "tillgate/checkout/unassigned/records.py:sql": "newest_first",
    "tillgate/checkout/sessions/records.py:sql": "newest_first",
    "tillgate/checkout/sessions/records.py:_TO_EXPIRE": "_EXPIRABLE has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_RELEASE": "_RELEASABLE has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_LAPSE": "_LAPSED has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_LAPSE_OF_CLOCK": "_LAPSED_OF_CLOCK has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_EXPIRE_OF_CLOCK": "_OF_CLOCK has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_FREE_OF_CLOCK": "_HELD_OF_CLOCK has a LIMIT",
    "tillgate/rails/evm/alarms/records.py:_PROJECTS_ON": "_ON has a LIMIT",
    "tillgate/events/deliveries/records.py:_SUBSCRIBERS_HELD": "ENDPOINTS_MAX of a project",
    "tillgate/events/deliveries/records.py:_RANGE_HELD": "_RANGE has a LIMIT",
    "tillgate/events/records.py:sql": "newest_first",
    "tillgate/events/records.py:_DIALECTS": "one form for each dialect of this server",
    "tillgate/store/claiming.py:statements.take": "claim gives each of its statements a LIMIT",
    "tillgate/store/erasure_records.py:statement": "each ends in a LIMIT",
    "tillgate/store/jobs/records.py:sql": "ends in a LIMIT",
    "tillgate/store/jobs/sources.py:self._statement": "projects_with has a LIMIT",
    "tillgate/checkout/customers/records.py:_LOCKED_TO_INDEX": "_TO_INDEX has a LIMIT",
    "tillgate/checkout/metadata_records.py:FIND": "has a LIMIT",
    "tillgate/checkout/metadata_records.py:page": "has a LIMIT",
    "tillgate/checkout/metadata_records.py:statement": "the rows of a page that has a LIMIT",
    "tillgate/checkout/payments/records.py:statement": "each of two finds one row, by an address",
    "tillgate/checkout/books/records.py:SUMS": "has a LIMIT",
    "tillgate/checkout/payments/records.py:sessions": "both statements have a LIMIT",
    "tillgate/checkout/payments/records.py:of_sessions": "the sessions that were given",
    "tillgate/checkout/payments/records.py:_LOCK_SESSIONS": "_SESSIONS_TO_COUNT has a LIMIT",
    "tillgate/checkout/sessions/records.py:_TO_FREE": "_IDS_HELD_LONG has a LIMIT",
    "tillgate/checkout/sessions/records.py:_ONE_TO_FREE": "one session",
    "tillgate/store/renormalising.py:texts.page": "has a LIMIT",
    "tillgate/store/sealing.py:page": "pages of sealed values, each with a LIMIT",
}


def constants(tree: ast.Module) -> dict[str, str]:
    """What a module's names of statements stand for, as far as it is written there."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            [name] = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(name, ast.Name):
                found[name.id] = ast.unparse(node.value)
    return found


def unbounded() -> Iterator[str]:
    """Each `fetch_all` whose statement shows neither a LIMIT nor ids that were given."""
    for path in sorted(SRC.rglob("*.py")):
        tree = tree_of(path)
        written = constants(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr != "fetch_all":
                continue
            text = shown = ast.unparse(node.args[0])
            for name in re.findall(r"\b_[A-Z_]+\b", shown):
                text += written.get(name, "")
            tables = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", text))
            if not re.search(r"LIMIT|with_list", text) and not (tables and tables <= FEW):
                yield f"{path.relative_to(SRC)}:{shown[:60]}"


def test_every_statement_that_hands_over_rows_is_bounded() -> None:
    """`GET /v1/keys?limit=1` once read all of a project's keys and then cut the list: with 20,000 keys every other
    client waited for a third of a second. What grows with a tenant is read in pages, in SQL; whatever is not says here
    what bounds it, and what needs no excuse any more has none."""
    found = set(unbounded())
    assert sorted(found - set(BOUNDED)) == []
    assert sorted(set(BOUNDED) - found) == []
