"""Both Python clients against a real server: every operation, and every kind of refusal."""

import inspect
import re
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import msgspec
import pytest

import tillgate_client
from tests.receiver import Receiver
from tests.running import RunningServer
from tillgate.events.types import EVENT_TYPES
from tillgate_client import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    SequenceAheadError,
    UnexpectedAnswerError,
    etag_of,
    objects,
    verify_webhook,
)

HOME = Path(__file__).parents[2]
PRICE: tillgate_client.Amount = {"value": "50.00", "currency": "USD"}


@pytest.fixture(scope="module")
def project(running: RunningServer) -> str:
    return running.project("Clients")


@pytest.fixture(scope="module")
def key(running: RunningServer, project: str) -> str:
    return running.key(project=project)


@pytest.fixture(scope="module")
def client(running: RunningServer, key: str) -> Iterator[Client]:
    with Client(api_key=key, base_url=running.url) as opened:
        yield opened


@pytest.fixture
async def async_client(running: RunningServer, key: str, anyio_backend: object) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key=key, base_url=running.url) as opened:
        yield opened


def traceback_of(held: object) -> str:
    """What a report with local variables shows of an error."""
    try:
        raise ValueError(len(repr(held)))
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def test_a_payment_link_lives_from_creation_to_the_archive(client: Client) -> None:
    """create, retrieve, update, list and archive, with only what is given changed."""
    link = client.payment_links.create(title="Pro plan", fiat_amount="99", description="All of it")
    assert (link.object, link.livemode, link.fiat_amount, link.fiat_currency) == ("payment_link", False, "99.00", "USD")
    assert abs(link.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.payment_links.retrieve(link.id) == link

    changed = client.payment_links.update(link.id, title="Team plan", description=None)
    assert (changed.title, changed.description, changed.fiat_amount) == ("Team plan", None, "99.00")
    assert client.payment_links.update(link.id, active=False).active is False
    assert link.id in [one.id for one in client.payment_links.list().auto_paginate()]

    assert client.payment_links.archive(link.id).archived is True
    assert link.id not in [one.id for one in client.payment_links.list().auto_paginate()]
    assert link.id in [one.id for one in client.payment_links.list(archived=True).auto_paginate()]


def test_a_session_is_created_both_ways_found_by_filters_and_paid(client: Client) -> None:
    """A session from a link or for an amount; filters combine; a simulated payment pays it."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    link = client.payment_links.create(title="Sticker", fiat_amount="5", fiat_currency="EUR")
    by_link = client.checkout_sessions.create(link_id=link.id)
    assert (by_link.link_id, by_link.fiat.amount, by_link.fiat.currency) == (link.id, "5.00", "EUR")
    session = client.checkout_sessions.create(
        amount=PRICE,
        metadata={"order": "1001"},
        success_url="https://merchant.example/thanks",
        cancel_url="https://merchant.example/back",
        return_url="https://merchant.example/",
        expires_in_seconds=600,
    )
    assert (session.status, session.metadata, session.fiat.amount) == ("pending", {"order": "1001"}, "50.00")
    assert timedelta(seconds=590) < session.expires_at - session.created_at < timedelta(seconds=610)

    paid = client.checkout_sessions.simulate(session.id, outcome="paid")
    assert paid.status == "paid" and paid.paid_at is not None and paid.received == paid.amount
    assert client.checkout_sessions.retrieve(session.id) == paid
    assert [one.id for one in client.checkout_sessions.list(link_id=link.id, created_after=before).data] == [by_link.id]
    assert session.id in [one.id for one in client.checkout_sessions.list(status="paid").data]
    assert client.checkout_sessions.list(created_after=datetime.now(UTC) + timedelta(hours=1)).data == []
    assert client.checkout_sessions.list(link_id=link.id, created_before=before).data == []


def test_the_merchant_accepts_unusual_money_and_ends_a_session_early(client: Client) -> None:
    """An underpaid session becomes paid by accept, a pending one expired by expire; neither goes twice."""
    session = client.checkout_sessions.create(amount=PRICE)
    assert client.checkout_sessions.simulate(session.id, outcome="underpaid").status == "underpaid"
    assert client.checkout_sessions.accept(session.id).status == "paid"
    with pytest.raises(ConflictError):
        client.checkout_sessions.expire(session.id)
    assert client.checkout_sessions.expire(client.checkout_sessions.create(amount=PRICE).id).status == "expired"
    canceled = client.checkout_sessions.cancel(client.checkout_sessions.create(amount=PRICE).id)
    assert (canceled.status, canceled.canceled_at is None) == ("failed", False)


def test_a_webhook_endpoint_is_made_changed_tested_replayed_and_deleted(client: Client, receiver: Receiver) -> None:
    """The secret comes once; deliveries can be read and sent again."""
    endpoint = client.webhook_endpoints.create(url=f"{receiver.url}/in", events=["*"], description="The shop")
    assert endpoint.secret is not None and endpoint.secret.startswith(endpoint.secret_prefix)
    shown = (repr(endpoint), str([endpoint]), str(list(endpoint.__rich_repr__())), traceback_of(endpoint))
    assert not [text for text in shown if endpoint.secret in text or f"{endpoint.secret_prefix}…" not in text]
    assert not hasattr(client.webhook_endpoints.retrieve(endpoint.id), "secret")
    assert endpoint.id in [one.id for one in client.webhook_endpoints.list(limit=100).data]

    tested = client.webhook_endpoints.test(endpoint.id)
    assert tested.delivered and tested.attempt.response_status == 200
    client.checkout_sessions.create(amount=PRICE)
    receiver.wait_for(lambda received: len(received) == 2)
    [sent] = [one for one in client.webhook_endpoints.deliveries(endpoint.id).data if one.event_type != "session.paid"]
    assert sent.event_type == "session.created"
    again = client.webhook_deliveries.replay(sent.id)
    assert again.event_id == sent.event_id
    receiver.wait_for(lambda received: len(received) == 3)
    assert client.webhook_deliveries.retrieve(again.id).endpoint_id == endpoint.id

    settled(client, again.id)
    assert sent.event_id is not None
    [also] = client.events.replay(sent.event_id, endpoint_id=endpoint.id)
    assert also.event_id == sent.event_id
    sequence = client.events.retrieve(sent.event_id).sequence
    assert sequence is not None
    settled(client, also.id)
    ranged = client.webhook_endpoints.replay(endpoint.id, after=sequence - 1, before=sequence + 1)
    assert (ranged.deliveries, ranged.next_after) == (1, None)
    receiver.wait_for(lambda received: len(received) == 5)

    rotated = client.webhook_endpoints.rotate_secret(endpoint.id, overlap_seconds=3600)
    assert rotated.secret is not None and rotated.secret != endpoint.secret
    assert rotated.previous_secret_expires_at is not None
    client.checkout_sessions.create(amount=PRICE)
    overlapping = receiver.wait_for(lambda received: len(received) == 6)[-1]
    assert rotated.to_dict()["secret"] == f"{rotated.secret_prefix}…"
    for secret in (endpoint.secret, rotated.secret):
        assert verify_webhook(overlapping.body, overlapping.headers["x-webhook-signature"], secret).type

    paused = client.webhook_endpoints.update(endpoint.id, active=False, events=["session.paid"], description=None)
    assert (paused.active, paused.events, paused.description) == (False, ["session.paid"], None)
    assert client.webhook_endpoints.delete(endpoint.id).deleted is True
    with pytest.raises(NotFoundError):
        client.webhook_endpoints.retrieve(endpoint.id)


def settled(client: Client, delivery_id: str) -> None:
    """Wait until a delivery is no longer on its way; what is, is left out of a replay."""
    for _ in range(600):
        if client.webhook_deliveries.retrieve(delivery_id).status != "pending":
            return
        time.sleep(0.02)
    raise AssertionError(f"{delivery_id} is still pending")


def test_a_cursor_that_is_not_in_the_event_log_is_an_error_of_its_own(client: Client) -> None:
    """It says where the log ends and which one it is; with that, following goes on."""
    client.checkout_sessions.create(amount=PRICE)
    page = client.events.list(after=0, limit=1)
    assert page.log_id is not None
    for place in ({"after": 10**9}, {"after": 0, "log": "log_" + "0" * 26}):
        with pytest.raises(SequenceAheadError) as caught:
            client.events.list(**place)
        assert (caught.value.code, caught.value.log_id) == ("sequence_ahead", page.log_id)
        assert caught.value.newest_sequence == client.events.list(limit=1).data[0].sequence
    newest = caught.value.newest_sequence
    assert newest is not None
    assert client.events.list(after=newest, log=caught.value.log_id).data == []
    assert [event.sequence for event in page.auto_paginate()] == list(range(1, newest + 1))


def test_a_change_is_made_to_what_was_read(client: Client) -> None:
    """The tag that came with an object lets one change through; the next is refused, until it is read again."""
    made = client.customers.create(name="Ada")
    read = client.customers.retrieve(made.id)
    tag = etag_of(read)
    assert tag is not None
    changed = client.customers.update(made.id, name="Bo", if_match=tag)
    assert etag_of(changed) not in (None, tag)
    with pytest.raises(ConflictError) as refused:
        client.customers.update(made.id, name="Cy", if_match=tag)
    assert (refused.value.status, refused.value.code) == (412, "precondition_failed")
    assert client.customers.update(made.id, name="Cy", if_match=etag_of(changed)).name == "Cy"
    assert etag_of(client.customers.list().data[0]) is None
    with pytest.raises(tillgate_client.ConfigurationError):
        client.customers.update(made.id, name="Di", if_match="\n")


def test_events_are_listed_by_type_and_time_and_retrieved(client: Client) -> None:
    """The event log tells what happened, with the session as it was then."""
    session = client.checkout_sessions.create(amount=PRICE)
    client.checkout_sessions.simulate(session.id, outcome="underpaid")
    [event] = client.events.list(type="session.underpaid", limit=1).data
    assert (event.session.id, event.session.status) == (session.id, "underpaid")
    assert client.events.retrieve(event.id) == event
    assert event.previous_attributes is not None and event.previous_attributes["status"] == "pending"
    assert client.events.list(created_after=datetime.now(UTC) + timedelta(hours=1)).data == []


def test_a_receiver_that_was_away_catches_up_by_sequence(client: Client) -> None:
    """From the last sequence that was handled on, each event comes once, in the order of the log."""
    sequences = [
        client.events.list(type="session.created", limit=1).data[0].sequence
        for _ in range(6)
        if client.checkout_sessions.create(amount=PRICE)
    ]
    handled = sequences[0]
    assert handled is not None
    page = client.events.list(after=handled, limit=2)
    missed = list(page.auto_paginate())
    assert [event.sequence for event in missed] == list(range(handled + 1, handled + 6))
    caught_up = client.events.list(after=handled + 5)
    assert (caught_up.data, caught_up.next_cursor, caught_up.next_page()) == ([], str(handled + 5), None)


def test_customers_are_made_found_changed_and_paged_by_number(running: RunningServer) -> None:
    """The one list that counts: total, page and limit instead of a cursor."""
    client = Client(api_key=running.key(project=running.project("Alone")), base_url=running.url)
    made = [
        client.customers.create(
            email=f"c{number}@merchant.example", name="C", reference=f"r-{number}", metadata={"n": 1}
        )
        for number in range(5)
    ]
    assert client.customers.retrieve(made[0].id) == made[0]
    changed = client.customers.update(made[0].id, name=None, metadata={"n": "2"})
    assert (changed.name, changed.metadata, changed.email) == (None, {"n": "2"}, made[0].email)
    assert [one.id for one in client.customers.list(reference="r-3").data] == [made[3].id]
    assert [one.id for one in client.customers.list(email="c4@merchant.example").data] == [made[4].id]
    page = client.customers.list(limit=2)
    assert (page.page, page.limit, page.total, len(page.data)) == (1, 2, 5, 2)
    assert [one.id for one in page.auto_paginate()] == [one.id for one in reversed(made)]
    assert client.customers.list(limit=2, page=3).next_page() is None
    client.close()


def test_auto_pagination_gives_each_object_once_also_while_new_ones_come(client: Client) -> None:
    """Walking a list page by page neither skips nor repeats, whatever is created meanwhile."""
    link = client.payment_links.create(title="Walked", fiat_amount="1")
    made = [client.checkout_sessions.create(link_id=link.id).id for _ in range(7)]
    walked = []
    for session in client.checkout_sessions.list(link_id=link.id, limit=3).auto_paginate():
        walked.append(session.id)
        client.checkout_sessions.create(link_id=link.id)
    assert walked == made[::-1]


@pytest.mark.anyio
async def test_the_asynchronous_client_does_the_same(async_client: AsyncClient) -> None:
    """A link, its sessions, a payment and a walk over all of them, on the event loop."""
    link = await async_client.payment_links.create(title="Async", fiat_amount="1")
    made = [(await async_client.checkout_sessions.create(link_id=link.id)).id for _ in range(5)]
    paid = await async_client.checkout_sessions.simulate(made[0], outcome="paid")
    assert paid.status == "paid"
    page = await async_client.checkout_sessions.list(link_id=link.id, limit=2)
    assert [session.id async for session in page.auto_paginate()] == made[::-1]
    customer = await async_client.customers.create(reference="async")
    page_of_customers = await async_client.customers.list(reference="async")
    assert [one async for one in page_of_customers.auto_paginate()] == [customer]
    with pytest.raises(NotFoundError) as caught:
        await async_client.events.retrieve("evt_01hxyz0000000000000000000")
    assert caught.value.request_id is not None and caught.value.request_id.startswith("req_")


def test_an_order_is_found_by_its_session_and_fulfilled(client: Client) -> None:
    """What was ordered comes with the session where it is asked for, adds up, and is the merchant's to fulfil."""
    lines: list[tillgate_client.NewLineItem] = [
        {"name": "Tea", "unit_amount": "4.50", "quantity": 2},
        {"name": "VAT", "unit_amount": "0.81", "kind": "tax"},
    ]
    session = client.checkout_sessions.create(
        line_items=lines, currency="EUR", shipping_amount="3.00", reference="T-1", metadata={"a": "b"}, expand="order"
    )
    order = session.order
    assert order is not None
    assert (order.amounts.total, session.fiat.amount, order.line_items[0].amount) == ("12.81", "12.81", "9.00")
    assert client.checkout_sessions.retrieve(session.id).order is None
    assert client.checkout_sessions.retrieve(session.id, expand="order").order == order
    assert client.orders.list(session_id=session.id).data == [order]
    assert client.orders.list(session_id=session.id, status="paid").data == []
    changed = client.orders.update(order.id, fulfillment="fulfilled")
    assert (changed.fulfillment, changed.metadata) == ("fulfilled", {"a": "b"})
    assert client.orders.retrieve(order.id) == changed


def test_what_an_object_names_is_put_into_it(client: Client) -> None:
    """Typed, as deep as it is asked for, one path or several, of one object, of a page, and where something is made."""
    customer = client.customers.create(email="expanded@example.com")
    session = client.checkout_sessions.create(
        amount=PRICE, customer_id=customer.id, expand=["order.customer", "payment.transactions"]
    )
    assert session.order is not None and session.order.customer == customer
    assert session.payment is not None and session.payment.transactions is not None
    assert (session.payment.transactions.data, session.payment.transactions.has_more) == ([], False)
    paid = client.checkout_sessions.simulate(session.id, outcome="paid", expand="customer")
    assert (paid.customer, paid.order) == (customer, None)
    payment = client.payments.retrieve(session.payment.id, expand="transactions,order.session")
    assert payment.transactions is not None and payment.order is not None and payment.order.session is not None
    assert [one.kind for one in payment.transactions.data] == ["transfer"]
    assert payment.order.session.status == "paid"
    [order] = client.orders.list(customer_id=customer.id, expand=["customer", "payment"]).auto_paginate()
    assert (order.customer, order.payment and order.payment.id) == (customer, payment.id)
    with pytest.raises(InvalidRequestError) as caught:
        client.orders.retrieve(order.id, expand="custmer")
    assert caught.value.param == "expand" and "customer" in caught.value.message


def test_money_is_captured_refunded_and_emitted(client: Client) -> None:
    """An authorization in two captures, a refund of a part, and the movements that all of it left."""
    session = client.checkout_sessions.create(amount=PRICE, capture_method="manual", expand="order")
    assert session.order is not None
    client.checkout_sessions.simulate(session.id, payer="payer_authorizes")
    [payment] = client.payments.list(order_id=session.order.id, status="requires_capture").data
    client.payments.capture(payment.id, amount="20.00", cancel_remainder=False)
    captured = client.payments.capture(payment.id, amount="10.00")
    assert (captured.status, captured.amounts.received, captured.release_reason) == ("succeeded", "30.00", "captured")
    refund = client.refunds.create(payment_id=payment.id, reason="other", amount="5.00", metadata={"a": 1})
    assert client.refunds.list(payment_id=payment.id).data == [refund] == [client.refunds.retrieve(refund.id)]
    assert client.refunds.update(refund.id, metadata=None).metadata is None
    pending = client.refunds.create(payment_id=payment.id, reason="other", destination="refund_stays_pending")
    assert (pending.status, pending.amount) == ("pending", "25.00")
    assert client.refunds.cancel(pending.id).status == "canceled"
    again = client.refunds.create(payment_id=payment.id, reason="other", destination="refund_stays_pending")
    assert client.refunds.settle(again.id, tx_hash="0xabc").status == "succeeded"
    order = client.orders.retrieve(session.order.id)
    assert (order.status, order.received, order.refunded) == ("refunded", "30.00", "30.00")
    moved = client.transactions.list(order_id=order.id).data
    assert [one.kind for one in moved] == ["refund", "refund", "refund", "capture", "capture"]
    assert client.transactions.retrieve(moved[0].id) == moved[0]
    assert client.payments.update(payment.id, metadata={"b": 2}).metadata == {"b": 2}
    assert client.payments.retrieve(payment.id).amounts.refundable == "0.00"

    second = client.checkout_sessions.create(amount=PRICE, capture_method="manual", expand="order")
    assert second.order is not None
    client.checkout_sessions.simulate(second.id, outcome="authorized")
    assert client.payments.cancel(second.order.payment_id).status == "canceled"


def test_a_coupon_is_given_used_and_looked_after(client: Client) -> None:
    """Made with its code, taken by a session, found again by what it is of, and switched off."""
    coupon = client.coupons.create(name="Spring", discount_type="percentage", discount_percentage="12.5")
    assert client.coupons.retrieve(coupon.id) == coupon
    code = client.promotion_codes.create(code="SPRING-PY", coupon_id=coupon.id, expand="coupon")
    assert code.coupon == coupon
    assert client.promotion_codes.list(code="spring-py").data == [client.promotion_codes.retrieve(code.id)]
    session = client.checkout_sessions.create(amount=PRICE, promotion_code="spring-py", expand="coupon,promotion_code")
    assert session.coupon is not None and session.coupon.reserved_redemptions == 1
    [redemption] = client.redemptions.list(coupon_id=coupon.id, status="reserved", expand=["session"]).data
    assert (redemption.amount, redemption.session and redemption.session.id) == ("6.25", session.id)
    assert client.redemptions.retrieve(redemption.id, expand="promotion_code").promotion_code == session.promotion_code
    assert client.promotion_codes.update(code.id, active=False).active is False
    assert client.coupons.update(coupon.id, name="Summer", active=False).name == "Summer"
    assert coupon.id in [one.id for one in client.coupons.list(active=False).auto_paginate()]


def test_the_merchant_decides_on_unusual_money(client: Client) -> None:
    """Accept, wait, give back: each by its own method."""

    def order_after(*outcomes: objects.Outcome) -> tuple[str, str]:
        session = client.checkout_sessions.create(amount=PRICE, expand="order")
        for outcome in outcomes:
            client.checkout_sessions.simulate(session.id, outcome=outcome)
        assert session.order is not None
        return session.id, session.order.id

    _, order_id = order_after("underpaid")
    assert client.orders.accept(order_id).status == "paid"
    session_id, order_id = order_after("underpaid")
    assert client.orders.wait(order_id).decision == "waiting"
    assert client.checkout_sessions.simulate(session_id, outcome="top_up").status == "paid"
    _, order_id = order_after("overpaid")
    assert client.orders.refund(order_id, what="excess").refunded == "25.00"
    _, order_id = order_after("overpaid")
    assert client.orders.refund(order_id, what="everything").status == "refunded"


def test_the_same_idempotency_key_makes_one_session(client: Client) -> None:
    """Repeated with its key, a call gives the first answer; with another body, a conflict."""
    first = client.checkout_sessions.create(amount=PRICE, idempotency_key="order-1001")
    assert client.checkout_sessions.create(amount=PRICE, idempotency_key="order-1001") == first
    with pytest.raises(ConflictError) as caught:
        client.checkout_sessions.create(amount={"value": "51.00", "currency": "USD"}, idempotency_key="order-1001")
    assert (caught.value.code, caught.value.idempotency_key) == ("idempotency_key_reused", "order-1001")
    assert client.checkout_sessions.create(amount=PRICE) != client.checkout_sessions.create(amount=PRICE)


def test_a_refused_request_names_the_field(client: Client) -> None:
    """400 becomes InvalidRequestError with type, code, param and request id."""
    with pytest.raises(InvalidRequestError) as caught:
        client.payment_links.create(title="Pro plan", fiat_amount="10.005")
    error = caught.value
    assert (error.status, error.type, error.param) == (400, "invalid_request", "fiatAmount")
    assert error.request_id is not None and error.request_id in str(error)
    assert error.message and error.idempotency_key


def test_an_unknown_key_and_a_revoked_one_are_told_apart(running: RunningServer, project: str) -> None:
    """401 becomes AuthenticationError, and its reason says what is wrong with the key."""
    issued = running.issued(project=project)
    running.cli("keys", "revoke", "--yes", issued["id"])
    for key, reason in ((issued["key"], "revoked"), ("ck_test_nonsense", "malformed")):
        with Client(api_key=key, base_url=running.url) as client, pytest.raises(AuthenticationError) as caught:
            client.events.list()
        assert (caught.value.code, caught.value.reason) == ("invalid_api_key", reason)
        assert key not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


def test_a_missing_scope_is_named(running: RunningServer, project: str) -> None:
    """403 becomes PermissionDeniedError with both sides of what is missing."""
    with (
        Client(api_key=running.key(["events:read"], project=project), base_url=running.url) as client,
        pytest.raises(PermissionDeniedError) as caught,
    ):
        client.payment_links.list()
    assert (caught.value.required_scope, caught.value.granted_scopes) == ("links:read", ("events:read",))


# What follows holds the clients to the server's own document, so that neither drifts from the other.


@pytest.fixture(scope="module")
def document(running: RunningServer) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{running.url}/openapi.json", trust_env=False).json()
    return answer


# What a walk does on its own: a list that counts is read by number, and walked on by cursor.
BY_WALKS = {"customers.list": {"starting_after"}}
METHODS = {
    "list_transactions": "list",
    "retrieve_transaction": "retrieve",
    "list_all": "list",
    "list_deliveries": "deliveries",
    "replay_event": "replay",
    "replay_range": "replay",
    "retrieve_delivery": "retrieve",
}
STRUCTS = {
    "MovementObject": "TransferMovement",
    "OnNetworkObject": "TransferOnNetwork",
    "SearchResultObject": "SearchResult",
    "SearchResultsObject": "SearchResults",
    "BalancesObject": "ReportBalances",
    "KeyUsageObject": "KeyUsage",
    "MonthlyReportObject": "MonthlyReport",
    "ReportLineObject": "ReportLine",
    "UsageObject": "RenderUsage",
    "TransferExplanationObject": "TransferExplanation",
    "AttemptObject": "DeliveryAttempt",
    "CheckoutSessionObject": "CheckoutSession",
    "CryptoAmount": "CryptoAmount",
    "FiatAmount": "FiatAmount",
    "CreatedWebhookEndpointObject": "CreatedWebhookEndpoint",
    "CouponObject": "Coupon",
    "CustomerObject": "Customer",
    "DeletedObject": "DeletedWebhookEndpoint",
    "DiscountObject": "Discount",
    "EventObject": "Event",
    "LineItemObject": "LineItem",
    "OrderAmounts": "OrderAmounts",
    "OrderObject": "Order",
    "DeclineObject": "Decline",
    "DeliveryObject": "Delivery",
    "PaymentAmounts": "PaymentAmounts",
    "PaymentObject": "Payment",
    "RefundObject": "Refund",
    "RefundLinkObject": "RefundLink",
    "UnassignedTransferObject": "UnassignedTransfer",
    "PaymentOptionObject": "PaymentOption",
    "RateLegObject": "ExchangeRateLeg",
    "RateObject": "ExchangeRate",
    "Token": "Token",
    "TransactionObject": "Transaction",
    "PaymentLinkObject": "PaymentLink",
    "ProductObject": "Product",
    "PromotionCodeObject": "PromotionCode",
    "RedemptionObject": "Redemption",
    "TestClockObject": "TestClock",
    "WebhookDeliveryObject": "WebhookDelivery",
    "WebhookEndpointObject": "WebhookEndpoint",
    "WebhookReplayObject": "WebhookReplay",
    "WebhookTestObject": "WebhookTest",
}
# Answers may have what the client does not show.
# (A client secret is for buyers' browsers and apps, which hold a publishable key.)
NOT_SHOWN = {"secretShownBefore", "clientSecret"}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _schema(document: dict[str, Any], holder: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = holder["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return name, document["components"]["schemas"][name]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_operation_of_the_server_has_its_method_with_the_same_parameters(
    document: dict[str, Any], kind: type[Client | AsyncClient]
) -> None:
    """What the OpenAPI document declares, path by path, is what the clients offer: no more and no less."""
    client = kind(api_key="ck_test_x", base_url="http://127.0.0.1:1")
    offered = {
        f"{noun}.{name}"
        for noun, resource in vars(client).items()
        if not noun.startswith("_")
        for name, _ in inspect.getmembers(resource, inspect.ismethod)
        if not name.startswith("_")
    }
    declared = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            noun = operation["tags"][0]
            verb = operation["operationId"].removeprefix(f"{noun}_")
            name = f"{noun}.{METHODS.get(verb, verb)}"
            wanted = {_snake(parameter["name"]) for parameter in operation["parameters"] if parameter["in"] == "query"}
            wanted |= set(_named_in(path).values())
            wanted |= {"idempotency_key"} if method != "get" else set()
            wanted |= {"if_match"} if method != "get" and _keeps_if_match(operation) else set()
            wanted -= BY_WALKS.get(name, set())
            if "requestBody" in operation:
                wanted |= {_snake(field) for field in _schema(document, operation["requestBody"])[1]["properties"]}
            declared[name] = wanted
    assert offered == set(declared)
    for name, wanted in declared.items():
        noun, _, verb = name.partition(".")
        assert set(inspect.signature(getattr(getattr(client, noun), verb)).parameters) == wanted, name


def _keeps_if_match(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "If-Match" for one in operation["parameters"])


def _named_in(path: str) -> dict[str, str]:
    """The variables of a path, and what the methods call them; `hash` is Python's own."""
    return {name: {"hash": "tx_hash"}.get(name, name) for name in re.findall(r"\{(\w+)\}", path)}


class Stub(httpx.BaseTransport):
    """Notes what is asked, and answers that there is nothing."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(404, json={})


def test_each_method_asks_what_its_operation_declares(document: dict[str, Any]) -> None:
    """Method and path, and every parameter under its own name, in the query or in the body: none is lost on the way."""
    stub = Stub()
    client = Client(
        api_key="ck_test_x", base_url="http://127.0.0.1:1", http_client=httpx.Client(transport=stub), max_retries=0
    )
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            noun = operation["tags"][0]
            verb = operation["operationId"].removeprefix(f"{noun}_")
            call = getattr(getattr(client, noun), METHODS.get(verb, verb))
            given = {name: name for name in inspect.signature(call).parameters}
            with pytest.raises(UnexpectedAnswerError):
                call(**given)
            asked = stub.asked[-1]
            assert (asked.method, asked.url.path) == (method.upper(), path.format(**_named_in(path))), call
            query = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
            assert set(asked.url.params.keys()) == query - BY_WALKS.get(f"{noun}.{METHODS.get(verb, verb)}", set()), (
                call
            )
            if "requestBody" in operation:
                fields = _schema(document, operation["requestBody"])[1]["properties"]
                assert msgspec.json.decode(asked.content) == {field: _snake(field) for field in fields}, call
            else:
                assert asked.content == b"", call
            assert asked.headers.get("idempotency-key") == (None if method == "get" else "idempotency_key"), call
            keeps = method != "get" and _keeps_if_match(operation)
            assert asked.headers.get("if-match") == ("if_match" if keeps else None), call


def _reached(document: dict[str, Any], value: Any, found: set[str]) -> set[str]:
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).rpartition("/schemas/")[2]
        if name and name not in found:
            found.add(name)
            _reached(document, document["components"]["schemas"][name], found)
        for inner in value.values():
            _reached(document, inner, found)
    elif isinstance(value, list):
        for inner in value:
            _reached(document, inner, found)
    return found


def test_every_object_of_the_server_has_its_type_here(document: dict[str, Any]) -> None:
    """Whatever an answer holds, at whatever depth, is one of the types that are compared below."""
    found: set[str] = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status < "300":
                    _reached(document, response["content"], found)
    objects_of_it = {name for name in found if "properties" in document["components"]["schemas"][name]}
    # Lists have types of their own.
    assert {
        name for name in objects_of_it if not name.startswith(("ListObject_", "CustomerListObject", "EventListObject"))
    } == set(STRUCTS)


@pytest.mark.parametrize(("schema", "struct"), STRUCTS.items())
def test_an_answer_has_the_fields_that_the_server_declares(document: dict[str, Any], schema: str, struct: str) -> None:
    """Each field of an answer is shown under its own name."""
    declared = set(document["components"]["schemas"][schema]["properties"]) - NOT_SHOWN
    shown: type[msgspec.Struct] = getattr(objects, struct)
    assert {field.encode_name for field in msgspec.structs.fields(shown)} == declared


def test_the_words_are_the_servers(document: dict[str, Any]) -> None:
    """Event types, states and outcomes are those that the server has."""
    assert set(tillgate_client.EVENT_TYPES) == set(EVENT_TYPES)
    schemas = document["components"]["schemas"]
    assert set(objects.SessionStatus.__args__) == set(schemas["SessionStatus"]["enum"])  # type: ignore[attr-defined]
    assert set(objects.OrderStatus.__args__) == set(schemas["OrderStatus"]["enum"])  # type: ignore[attr-defined]
    for words, schema in (
        (objects.Outcome, "Outcome"),
        (objects.PaymentStatus, "PaymentState"),
        (objects.TransactionKind, "TransactionKind"),
        (objects.RefundStatus, "RefundStatus"),
        (objects.RefundReason, "RefundReason"),
        (objects.RedemptionStatus, "RedemptionStatus"),
        (objects.UnassignedStatus, "UnassignedStatus"),
    ):
        assert set(words.__args__) == set(schemas[schema]["enum"])  # type: ignore[attr-defined]


def test_an_answer_may_have_fields_that_this_client_does_not_know() -> None:
    """A newer server is no error: unknown fields are ignored, unknown words are just words."""
    for struct in (objects.Event, objects.CheckoutSession, objects.PaymentLink, objects.Customer):
        assert not struct.__struct_config__.forbid_unknown_fields
    assert get_type_hints(objects.CheckoutSession)["status"] is str
    assert get_type_hints(objects.Event)["type"] is str


def test_the_synchronous_client_is_made_from_the_asynchronous_one() -> None:
    """Each operation is written once; `python scripts/client_sync.py` makes the other half."""
    done = subprocess.run(
        [sys.executable, HOME / "scripts" / "client_sync.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"run scripts/client_sync.py; these are stale:\n{done.stdout}{done.stderr}"


def test_the_docstrings_say_what_the_api_says() -> None:
    """Fields and parameters are described once, by the server; `python scripts/client_docs.py` writes it here."""
    done = subprocess.run(
        [sys.executable, HOME / "scripts" / "client_docs.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"run scripts/client_docs.py; these are stale:\n{done.stdout}{done.stderr}"


def test_every_field_and_parameter_is_described() -> None:
    """But ids, which stand in the path, and what is the client's own."""
    silent = []
    for name, one in inspect.getmembers(objects, inspect.isclass):
        if issubclass(one, objects.ApiObject) and one.__module__ == objects.__name__:
            told = inspect.getdoc(one) or ""
            silent += [
                f"{name}.{field}" for field in vars(one).get("__annotations__", ()) if f"\n    {field}:" not in told
            ]
    assert [one for one in silent if one.partition(".")[0] not in {"ListAnswer", "NumberedListAnswer"}] == []


def test_the_client_needs_nothing_of_the_server() -> None:
    """`import tillgate_client` works with httpx and msgspec alone, and brings in no room of the server."""
    script = (
        "import sys, tillgate_client\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'tillgate', 'keyturn', 'keyturn.database',"
        " 'starlette', 'uvicorn', 'jinja2', 'structlog', 'typer', 'cryptography', 'argon2'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_what_is_public_is_a_sorted_list() -> None:
    """`__all__` is sorted and names what is there."""
    names = tillgate_client.__all__
    assert all(hasattr(tillgate_client, name) for name in names)
    assert len(names) == len(set(names))
