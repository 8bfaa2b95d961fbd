"""Every list of the back office: opens fast whatever is in it, counts nothing that grows, and each link of it works."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Agent, Call, Queue, QueueEntry, Recording, Transcript, Voicemail
from compliance.models import CarrierBlock, Decision, DncEntry
from contacts.models import Contact
from messaging.models import Conversation, Message
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.calls.test_admin import furnished, staff
from zerovoice.accounts.lists import BoundedPaginator
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.billing.models import LedgerEntry
from zerovoice.bulk.models import Job
from zerovoice.carrier.models import Command, Receipt
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id
from zerovoice.webhooks.models import Delivery, Event

pytestmark = pytest.mark.django_db

ROWS = 60
MOST_QUERIES = 14
#: What grows with every call, message and change.
GROWING: list[type[Model]] = [
    Call, QueueEntry, Recording, Voicemail, Transcript, Message, Conversation, Contact, AuditEntry, Event, Delivery,
    Receipt, Command, Decision, DncEntry, CarrierBlock, LedgerEntry, Job,
]  # fmt: skip
#: What the audit's rows are about: of several kinds, by people who are no members.
AUDITED = ("calls.call", "contacts.contact", "calls.agent", "calls.queue", "numbers.phonenumber")
COUNTED = re.compile(r"SELECT COUNT\(", re.IGNORECASE)
BOUNDED = re.compile(r"LIMIT \d+\)", re.IGNORECASE)


@pytest.fixture
def acme() -> Organization:
    """With more rows than a page has of what grows."""
    made = furnished("Acme", 1)
    queue, agent = Queue.objects.of(made.pk).get(), Agent.objects.of(made.pk).get()
    for number in range(ROWS):
        phone = f"+1555{4_000_000 + number}"
        call = Call.objects.get(pk=factories._call(made, {}))
        Call.objects.filter(pk=call.pk).update(queue=queue, agent=agent, from_number=phone)
        QueueEntry.objects.create(organization=made, call=call, queue=queue, entered_at=clock.now(), state="answered")
        Recording.objects.create(organization=made, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}")
        Contact.objects.create(organization=made, name=f"Friend {number}", phone=phone)
        factories.message(made, factories.conversation(made, phone))
        DncEntry.objects.create(organization=made, author_kind="system", **DncEntry.naming(phone))
        PhoneNumber.objects.create(
            organization=made, number=f"+1555{5_000_000 + number}", country="US", number_type="local",
            routing={"type": "queue", "target_id": str(queue.pk)},
        )  # fmt: skip
        Agent.objects.create(organization=made, name=f"Agent {number}", endpoint=f"+1555{6_000_000 + number}")
        kind = AUDITED[number % len(AUDITED)]
        AuditEntry.objects.create(
            organization=made, actor_kind="user", actor_id=new_id(), action="call.placed", target_type=kind,
            target_id=str(call.pk),
        )  # fmt: skip
        Job.objects.create(organization=made, kind="contacts.import", author_kind="user")
        if number < 5:
            factories.voicemail(made)
            factories.transcript(made)
    return made


def operator() -> Client:
    furnished("Globex", 7777)
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    return client


def lists(client: Client) -> Iterator[tuple[type[Model], Any, str]]:
    """Those that the person may open."""
    for model, row in admin.site._registry.items():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if client.get(url).status_code != 403:
            yield model, row, url


def unbounded(statements: list[str], model: type[Model]) -> list[str]:
    return [
        sql for sql in statements
        if COUNTED.match(sql) and f'FROM "{model._meta.db_table}"' in sql and not BOUNDED.search(sql)
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["supervisor", "operator"])
def test_lists_ask_little_and_count_nothing_that_grows(role: str, acme: Organization) -> None:
    client = operator() if role == "operator" else staff(acme, role)
    problems = []
    for model, _, url in lists(client):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        statements = [str(query["sql"]) for query in asked.captured_queries]
        if len(statements) > MOST_QUERIES:
            problems.append(f"{model.__name__}: {len(statements)} queries")
        problems += [f"{model.__name__} is counted: {sql}" for sql in unbounded(statements, model) if model in GROWING]
    assert not problems, "\n".join(problems)


def test_what_grows_is_paged_without_counting_it() -> None:
    registered = {model: row for model, row in admin.site._registry.items() if model in GROWING}
    assert set(registered) == set(GROWING)
    for model, row in registered.items():
        assert issubclass(row.paginator, BoundedPaginator), model
        assert not row.show_full_result_count, model


def links(cl: Any) -> Iterator[dict[str, str]]:
    """What can be chosen in a list: filters, a search, orders, pages."""
    for spec in cl.filter_specs:
        if isinstance(spec, SimpleListFilter):
            yield from ({str(spec.parameter_name): str(value)} for value, _ in spec.lookup_choices[:3])
        elif getattr(spec, "lookup_kwarg", None):
            flat = getattr(spec, "lookup_choices", None) or spec.field.flatchoices or [("1", "")]
            values = [choice[0] if isinstance(choice, tuple) else choice for choice in flat[:3]]
            yield from ({spec.lookup_kwarg: str(value)} for value in values)
    if cl.search_fields:
        yield from ({"q": text} for text in ("Acme", "+1 555-400-0001", "x' OR 1=1 --", str(new_id())))
    for at, name in enumerate(cl.list_display, start=1):
        if cl.sortable_by is None or name in cl.sortable_by:
            yield {"o": str(at)}
            yield {"o": f"-{at}"}
    yield {"p": "2"}


def test_each_link_of_a_list_works(acme: Organization) -> None:
    client, problems = operator(), []
    for model, _, url in lists(client):
        for query in links(client.get(url).context["cl"]):
            answer = client.get(url, query)
            # A page that is not there leads back to the list.
            if answer.status_code != 200 and not (query == {"p": "2"} and answer.status_code == 302):
                problems.append(f"{model.__name__} {query}: {answer.status_code}")
    assert not problems, "\n".join(problems)
