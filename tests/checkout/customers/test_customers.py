"""Customers without HTTP: what the operations promise on both databases."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.database import Database
from tests.makers import Counter, counter_over, settle
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.checkout.customers import operations
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import CustomerChanges, NumberedPage
from tillgate.checkout.metadata import KEY_LENGTH_MAX, KEYS_MAX, VALUE_LENGTH_MAX, checked_metadata, metadata_to_api


@pytest.fixture
async def counter(database: Database) -> Counter:
    """The checkout over a database with one project."""
    return await counter_over(database)


async def create(counter: Counter, **new: Any) -> Customer:
    changes = CustomerChanges(**new)
    return await counter.database.write(
        lambda tx: operations.create_customer(counter.context, tx, counter.principal, changes)
    )


async def update(counter: Counter, customer_id: str, **changed: Any) -> Customer:
    changes = CustomerChanges(**changed)
    return await counter.database.write(
        lambda tx: operations.update_customer(counter.context, tx, counter.principal, customer_id, changes)
    )


async def read(counter: Counter, customer_id: str) -> Customer:
    return await counter.database.read(lambda tx: operations.get_customer(tx, counter.principal, customer_id))


async def listed(counter: Counter, page: int = 1, limit: int = 25) -> NumberedPage:
    return await counter.database.read(
        lambda tx: operations.list_customers(tx, counter.principal, page=page, limit=limit)
    )


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R34")
async def test_parallel_changes_of_one_customer_lose_nothing(counter: Counter) -> None:
    """Each names another field; afterwards all of them are there."""
    customers = [await create(counter) for _ in range(20)]
    await asyncio.gather(
        *(
            update(counter, customer.id, **change)
            for number, customer in enumerate(customers)
            for change in (
                {"email": f"ada{number}@example.com"},
                {"name": "Ada"},
                {"reference": f"crm-{number}"},
                {"metadata": {"plan": "pro"}},
            )
        )
    )
    for number, customer in enumerate(customers):
        changed = await read(counter, customer.id)
        assert (changed.email, changed.name) == (f"ada{number}@example.com", "Ada")
        assert (changed.reference, changed.metadata) == (f"crm-{number}", '{"plan":"pro"}')


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R34")
async def test_of_many_who_claim_one_address_one_has_it_afterwards(counter: Counter) -> None:
    """However creations and changes race, the loser hears `customer_exists`, and nothing of it is kept."""
    strangers = [await create(counter) for _ in range(10)]
    settled = await settle(
        *(update(counter, one.id, email="ada@example.com", name="Ada") for one in strangers),
        *(create(counter, email="ADA@example.com", name="Ada") for _ in range(10)),
    )
    assert len(settled.answers) == 1
    assert all(isinstance(error, Conflict) and error.code == "customer_exists" for error in settled.errors)
    everybody = (await listed(counter)).data
    assert [one.id for one in everybody if one.email or one.name] == [settled.answers[0].id]


@pytest.mark.anyio
async def test_a_refused_change_changes_nothing(counter: Counter) -> None:
    """Neither a wrong field nor a taken address leaves half of a change behind, nor a new `updatedAt`."""
    await create(counter, email="taken@example.com")
    customer = await create(counter, email="ada@example.com", name="Ada")
    counter.clock.forward(1_000)
    with pytest.raises(Conflict):
        await update(counter, customer.id, name="Eve", email="taken@example.com")
    with pytest.raises(InvalidInput):
        await update(counter, customer.id, name="Eve", reference="")
    assert await read(counter, customer.id) == customer


@pytest.mark.anyio
async def test_another_projects_customer_is_not_found(database: Database, counter: Counter) -> None:
    """Reading and changing across projects or modes finds nothing."""
    customer = await create(counter, email="ada@example.com")
    stranger = await counter_over(database)
    live = await counter_over(database)
    live.principal = counter.principal._replace(livemode=True)
    for other in (stranger, live):
        with pytest.raises(NotFound):
            await read(other, customer.id)
        with pytest.raises(NotFound):
            await update(other, customer.id, name="Eve")
        assert (await listed(other)).total == 0
    assert await read(counter, customer.id) == customer


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R33")
async def test_customers_of_one_millisecond_are_listed_once_each(counter: Counter) -> None:
    """The order is total: pages neither repeat nor miss a customer, even if the clock stands still."""
    made = [(await create(counter)).id for _ in range(12)]
    pages = [await listed(counter, page, 5) for page in (1, 2, 3, 4)]
    assert [len(page.data) for page in pages] == [5, 5, 2, 0]
    assert [one.id for page in pages for one in page.data] == made[::-1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1, max_size=KEY_LENGTH_MAX), JSON, max_size=8))
def test_metadata_comes_back_as_it_was_given(metadata: dict[str, Any]) -> None:
    """Any JSON within the limits is kept and shown unchanged."""
    text = checked_metadata(metadata)
    assert text is not None
    assert msgspec.json.decode(metadata_to_api(text)) == metadata
    assert "\0" not in text


@given(st.integers(KEYS_MAX - 1, KEYS_MAX + 1), st.integers(0, KEY_LENGTH_MAX + 1), st.integers(495, 505))
def test_metadata_ends_at_its_limits(keys: int, key_length: int, value_length: int) -> None:
    """50 keys of 1 to 40 characters with values of 500, and not one more of any; characters, not bytes."""
    metadata = {"é" * max(key_length - 2, 0) + f"{number:0>2}"[: min(key_length, 2)]: "é" for number in range(keys)}
    shapes: list[tuple[Any, int]] = [("é" * value_length, value_length), (["é" * value_length], value_length + 4)]
    for value, length in shapes:
        last = {**metadata, list(metadata)[-1]: value}
        allowed = len(last) <= KEYS_MAX and 1 <= key_length <= KEY_LENGTH_MAX and length <= VALUE_LENGTH_MAX
        try:
            checked_metadata(last)
        except InvalidInput as error:
            assert not allowed
            assert error.field[0] == "metadata"
        else:
            assert allowed
