"""Events get their places after they were committed: nothing appears behind what was read, nothing is lost."""

import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from tests import people
from tests.webhooks.things import Thing, endpoint_of, happen
from zerovoice.webhooks import line
from zerovoice.webhooks.models import Delivery, Event


def places(*events: Event) -> list[int | None]:
    found = {event.pk: event.position for event in Event.objects.all()}
    return [found.get(event.pk) for event in events]


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_comes_after_what_was_read() -> None:
    acme = people.organization()
    written, may_commit = threading.Event(), threading.Event()
    late: list[Event] = []

    def slowly() -> None:
        try:
            with transaction.atomic():
                late.append(happen(acme))
                written.set()
                may_commit.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert written.wait(20)
    early = happen(acme)
    assert late[0].number < early.number
    assert line.line_up() == 1
    assert places(early, late[0]) == [1, None]
    may_commit.set()
    thread.join()
    assert line.line_up() == 1
    assert places(early, late[0]) == [1, 2]
    assert line.line_up() == 0


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_puts_in_line() -> None:
    happen(people.organization())
    others: list[int] = []

    def other() -> None:
        try:
            others.append(line.line_up())
        finally:
            connection.close()

    with transaction.atomic():
        assert line.line_up() == 1
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert others == [0]
    assert Event.objects.filter(position=1).count() == 1


@pytest.mark.django_db
def test_each_organisation_and_each_subject_counts_for_itself() -> None:
    acme, globex = people.organization(), people.organization("Globex")
    one, other = Thing(), Thing()
    events = [
        happen(acme, "call.initiated", one), happen(globex, "call.initiated", other),
        happen(acme, "call.ringing", one), happen(acme, "number.configured"),
    ]  # fmt: skip
    line.line_up()
    events.append(happen(acme, "call.completed", one))
    line.line_up()
    placed = [(event.position, event.sequence) for event in Event.objects.order_by("number")]
    assert placed == [(1, 1), (1, 1), (2, 2), (3, 1), (4, 3)]


@pytest.mark.django_db
def test_deliveries_are_made_for_those_who_want_them() -> None:
    acme, globex = people.organization(), people.organization("Globex")
    calls = endpoint_of(acme, "https://a.example.com/", ("call.*",))
    ended = endpoint_of(acme, "https://b.example.com/", ("call.completed", "number.configured"))
    endpoint_of(globex, "https://c.example.com/")
    off = endpoint_of(acme, "https://d.example.com/")
    off.enabled = False
    off.save()
    happen(acme, "call.completed", callback_url="https://e.example.com/?order=7")
    happen(acme, "call.ringing")
    happen(acme, "number.released")
    line.line_up()
    made = {(d.kind, d.endpoint_id, d.url) for d in Delivery.objects.all()}
    assert made == {
        ("call.completed", calls.pk, ""), ("call.completed", ended.pk, ""), ("call.ringing", calls.pk, ""),
        ("call.completed", None, "https://e.example.com/?order=7"),
    }  # fmt: skip


@pytest.mark.django_db
def test_a_fact_that_is_rolled_back_was_never_told() -> None:
    acme = people.organization()
    endpoint_of(acme, "https://a.example.com/")
    with transaction.atomic():
        happen(acme)
        transaction.set_rollback(True)
    assert line.line_up() == 0
    happen(acme)
    line.line_up()
    assert list(Delivery.objects.values_list("event__position", flat=True)) == [1]


@pytest.mark.django_db
def test_writing_an_event_is_one_insert_that_asks_nobody(django_assert_num_queries: object) -> None:
    acme, thing = people.organization(), Thing()
    with django_assert_num_queries(1) as queries:  # type: ignore[operator]
        happen(acme, subject=thing)
    assert queries[0]["sql"].startswith('INSERT INTO "webhooks_event"')


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    ["UPDATE webhooks_event SET data = '{}'", "UPDATE webhooks_event SET position = 7", "DELETE FROM webhooks_event",
     "UPDATE webhooks_event SET callback_url = 'https://b.example.com'"],
)  # fmt: skip
def test_the_database_keeps_events_as_they_are(change: str) -> None:
    happen(people.organization(), data={"status": "ringing"}, callback_url="https://a.example.com")
    line.line_up()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db
def test_a_kind_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        happen(people.organization(), "call.exploded")
    assert uuid.UUID(int=0) not in Event.objects.values_list("pk", flat=True)
