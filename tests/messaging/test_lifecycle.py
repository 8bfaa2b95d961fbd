"""Delivery notices in every order, with duplicates, end in the same state."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging import actions, lifecycle
from messaging.models import Message
from tests import people
from tests.api import factories

TOLD = ["queued", "sent", "delivered", "undelivered", "failed", "unknown", "received"]


@given(st.lists(st.sampled_from(TOLD), max_size=8), st.randoms())
def test_any_order_of_notices_has_one_end(told: list[str], chance: object) -> None:
    def end(notices: list[str]) -> str:
        status = lifecycle.QUEUED
        for notice in notices:
            status = lifecycle.after(status, notice)
        return status

    shuffled = list(told)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert end(told) == end(shuffled) == end(shuffled + told) == end(told * 2)


def test_a_status_only_rises() -> None:
    for status, told in itertools.product(lifecycle.RANK, TOLD):
        after = lifecycle.after(status, told)
        assert lifecycle.RANK[after] >= lifecycle.RANK[status]
    assert lifecycle.after("received", "delivered") == "received"


NOTICES = st.lists(
    st.sampled_from([("queued", None), ("sent", None), ("delivered", None), ("undelivered", 30003), ("failed", 30007)]),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NOTICES, st.randoms())
def test_the_row_ends_alike_in_every_order(notices: list[tuple[str, int | None]], chance: object) -> None:
    acme = people.organization()
    shuffled = notices * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = []
    for order in (notices, shuffled):
        message = factories.message(acme, direction="outbound", status="queued", sid=None)
        for status, error_code in order:
            actions.take_notice(message.pk, sid=f"SM{message.pk.hex}", status=status, error_code=error_code)
        row = Message.objects.get(pk=message.pk)
        ends.append((row.status, row.failure_reason, row.carrier_error, row.sent_at is None, row.delivered_at is None))
    assert ends[0] == ends[1]
