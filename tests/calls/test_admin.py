"""The floor in the admin site: supervisors see and move their own organisation's rows, and nothing of others."""

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Agent, Call, CallNote, Queue, QueueEntry, QueueMembership, Recording
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from zerovoice.accounts.lists import BoundedPaginator
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

MODELS = [Call, Queue, Agent, QueueEntry, Recording, PhoneNumber]


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def furnished(name: str, number: int) -> Organization:
    """An organisation with one row of everything, its names telling whose they are."""
    made = people.organization(name)
    queue = Queue.objects.of(made.pk).get()
    Queue.objects.filter(pk=queue.pk).update(name=f"{name} queue")
    agent = Agent.objects.create(organization=made, name=f"{name} agent", endpoint=f"+1555000{number:04}")
    QueueMembership.objects.create(agent=agent, queue=queue)
    call = Call.objects.get(pk=factories._call(made, {}))
    Call.objects.filter(pk=call.pk).update(queue=queue, agent=agent, from_number=f"+1555100{number:04}")
    QueueEntry.objects.create(organization=made, call=call, queue=queue, entered_at=clock.now())
    CallNote.objects.create(organization=made, call=call, author_id=new_id(), author_name="Ann", text=f"{name} note")
    call.note_event("placed", leg=call.customer_leg())
    Recording.objects.create(
        organization=made, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", size=12, state="done",
        file=ContentFile(b"RIFF....WAVE", name=f"{new_id()}.wav"),
    )  # fmt: skip
    PhoneNumber.objects.create(
        organization=made, number=f"+1555200{number:04}", country="US", number_type="local",
        routing={"type": "queue", "target_id": str(queue.pk)},
    )  # fmt: skip
    return made


@pytest.fixture
def acme() -> Organization:
    return furnished("Acme", 1)


@pytest.fixture
def globex() -> Organization:
    return furnished("Globex", 7777)


def urls(model: type) -> Iterator[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    for pk in model._default_manager.values_list("pk", flat=True):
        yield reverse(f"{name}_change", args=[pk])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", ["supervisor", "operator"])
def test_every_page_opens(model: type, role: str, acme: Organization) -> None:
    client = Client()
    if role == "operator":
        people.organization("Globex")  # with several organisations, lists name them
        client.force_login(User.objects.create_superuser("operator@example.com", people.PASSWORD))
    else:
        client = staff(acme, role)
    for url in urls(model):
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("model", MODELS)
def test_a_supervisor_sees_their_own_only(model: type, acme: Organization, globex: Organization) -> None:
    client = staff(acme, "supervisor")
    page, *rows = urls(model)
    shown = client.get(page).content.decode()
    assert "1 " in shown
    assert "Globex" not in shown
    assert "7777" not in shown
    own = model._default_manager.filter(organization=acme).values_list("pk", flat=True)
    for url in rows:
        expected = 200 if any(str(pk) in url for pk in own) else 302
        assert client.get(url).status_code == expected, url


@pytest.mark.parametrize("model", [Queue, Agent])
def test_autocompletes_hold_their_own_only(model: type, acme: Organization, globex: Organization) -> None:
    field = {Queue: ("calls", "queueentry", "queue"), Agent: ("calls", "call", "agent")}[model]
    query = dict(zip(("app_label", "model_name", "field_name"), field, strict=True))
    answer = staff(acme, "owner").get(reverse("admin:autocomplete"), {"term": "", **query}).content.decode()
    assert "Globex" not in answer


def test_filters_name_their_own_only(acme: Organization, globex: Organization) -> None:
    client = staff(acme, "supervisor")
    for name in ("call", "agent", "queueentry"):
        shown = client.get(reverse(f"admin:calls_{name}_changelist")).content.decode()
        assert "Acme queue" in shown
        assert "Globex" not in shown


def test_an_agent_is_given_queues_of_their_organization_only(acme: Organization, globex: Organization) -> None:
    agent, foreign = Agent.objects.get(organization=acme), Queue.objects.get(organization=globex)
    client = staff(acme, "owner")
    url = reverse("admin:calls_agent_change", args=[agent.pk])
    assert "Globex" not in client.get(url).content.decode()
    form = {"name": "Ann", "endpoint": agent.endpoint, "user": "", "in_queues": [str(foreign.pk)]}
    assert client.post(url, form).status_code == 200  # the form again
    agent.refresh_from_db()
    assert [queue.name for queue in agent.queues.all()] == ["Acme queue"]


def test_supervisors_set_presences_through_the_action(acme: Organization, globex: Organization) -> None:
    own, foreign = Agent.objects.get(organization=acme), Agent.objects.get(organization=globex)
    form = {"action": "set_available", "_selected_action": [str(own.pk), str(foreign.pk)]}
    staff(acme, "supervisor").post(reverse("admin:calls_agent_changelist"), form)
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.state, foreign.state) == ("available", "offline")
    assert own.history.count() == 1
    assert AuditEntry.objects.filter(organization=acme, action="agent.presence", target_id=str(own.pk)).exists()


@pytest.mark.parametrize(("role", "allowed"), [("owner", True), ("supervisor", False)])
def test_queues_are_changed_by_whom_the_api_lets(role: str, allowed: bool, acme: Organization) -> None:
    queue = Queue.objects.get(organization=acme)
    form = {
        "name": "Sales", "is_default": "on", "ring_timeout_seconds": 30, "max_wait_seconds": 60, "wrap_up_seconds": 5,
    }  # fmt: skip
    answer = staff(acme, role).post(reverse("admin:calls_queue_change", args=[queue.pk]), form)
    queue.refresh_from_db()
    assert answer.status_code == (302 if allowed else 403)
    assert queue.name == ("Sales" if allowed else "Acme queue")
    changed = AuditEntry.objects.filter(organization=acme, action="queue.updated", target_id=str(queue.pk))
    assert changed.exists() == allowed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ring_timeout_seconds": 1}, "greater than or equal to 5"),  # the API's own limits
        ({"is_default": ""}, "Make another queue the default instead"),  # the action's refusal
    ],
)
def test_what_is_refused_is_said_on_the_form(change: dict[str, object], said: str, acme: Organization) -> None:
    queue = Queue.objects.get(organization=acme)
    form = {
        "name": "Sales", "is_default": "on", "ring_timeout_seconds": 30, "max_wait_seconds": 60, "wrap_up_seconds": 5,
    } | change  # fmt: skip
    answer = staff(acme, "owner").post(reverse("admin:calls_queue_change", args=[queue.pk]), form)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    queue.refresh_from_db()
    assert (queue.name, queue.is_default) == ("Acme queue", True)


def test_a_queue_is_made_and_removed(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "name": "Sales"}
    form |= {"ring_timeout_seconds": "30", "max_wait_seconds": "60", "wrap_up_seconds": "5"}
    assert client.post(reverse("admin:calls_queue_add"), form).status_code == 302
    made = Queue.objects.get(name="Sales")
    client.post(reverse("admin:calls_queue_delete", args=[made.pk]), {"post": "yes"})
    assert not Queue.objects.filter(pk=made.pk).exists()
    assert [entry.action for entry in AuditEntry.objects.filter(target_id=str(made.pk)).order_by("id")] == [
        "queue.created", "queue.deleted",
    ]  # fmt: skip


def test_what_is_in_the_books_is_not_deleted(acme: Organization) -> None:
    queue = Queue.objects.get(organization=acme)
    url = reverse("admin:calls_queue_delete", args=[queue.pk])
    staff(acme, "owner").post(url, {"post": "yes"}, follow=True)
    assert Queue.objects.filter(pk=queue.pk).exists()


def test_the_sound_is_played_to_its_own_people_by_ranges(acme: Organization, globex: Organization) -> None:
    own, foreign = (Recording.objects.get(organization=one) for one in (acme, globex))
    client = staff(acme, "supervisor")
    url = reverse("admin:calls_recording_audio", args=[own.pk])
    whole = client.get(url)
    assert (whole.status_code, whole.getvalue()) == (200, b"RIFF....WAVE")
    part = client.get(url, headers={"Range": "bytes=8-11"})
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (206, b"WAVE", "bytes 8-11/12")
    assert client.get(reverse("admin:calls_recording_audio", args=[foreign.pk])).status_code == 404
    assert Client().get(url).status_code == 302  # to the log-in


def test_failed_media_are_fetched_again(acme: Organization) -> None:
    recording = Recording.objects.get(organization=acme)
    form = {"action": "fetch_again", "_selected_action": [str(recording.pk)]}
    client, url = staff(acme, "supervisor"), reverse("admin:calls_recording_changelist")
    client.post(url, form)
    recording.refresh_from_db()
    assert recording.state == "done"  # nothing failed, nothing to do
    Recording.objects.update(state="failed", last_error="gone")
    client.post(url, form)
    recording.refresh_from_db()
    assert recording.state == "pending"
    assert AuditEntry.objects.filter(action="recording.fetched_again", target_id=str(recording.pk)).count() == 1


def test_calls_are_found_by_number_and_by_day(acme: Organization) -> None:
    Call.objects.create(
        organization=acme, direction="outbound", from_number="+15551230002", to_number="+14155550123",
        created_at=clock.now().replace(year=2020, month=3, day=14, hour=12), ended_at=clock.now(),
    )  # fmt: skip
    client, url = staff(acme, "supervisor"), reverse("admin:calls_call_changelist")

    def found(**query: str) -> int:
        return client.get(url, query).context["cl"].result_count

    assert found() == 2
    assert found(q="(415) 555-0123") == found(q="+14155550123") == 1
    assert found(q="+14155550124") == 0
    assert found(when="2020") == found(when="2020-03") == found(when="2020-03-14") == 1
    assert found(when="2020-03-15") == found(when="2021") == 0
    assert client.get(url, {"when": "nonsense"}).status_code == 302  # the list without its filters


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_for_many_rows(model: type, acme: Organization) -> None:
    client, page = staff(acme, "supervisor"), next(urls(model))
    query = {"state": "any"} if model is QueueEntry else {}

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page, query).status_code == 200
        return len(queries)

    cost()
    one = cost()
    _more(acme)
    assert cost() == one
    assert one <= 20


def _more(organization: Organization) -> None:
    for number in range(10, 25):
        agent = Agent.objects.create(organization=organization, name=f"A{number}", endpoint=f"+1555000{number:04}")
        queue = Queue.objects.create(organization=organization, name=f"Q{number}")
        QueueMembership.objects.create(agent=agent, queue=queue)
        call = Call.objects.get(pk=factories._call(organization, {}))
        Call.objects.filter(pk=call.pk).update(queue=queue, agent=agent)
        QueueEntry.objects.create(
            organization=organization, call=call, queue=queue, entered_at=clock.now(), preferred_agent=agent
        )
        Recording.objects.create(
            organization=organization, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", file="x.wav"
        )
        PhoneNumber.objects.create(
            organization=organization, number=f"+1555200{number:04}", country="US", number_type="local",
            routing={"type": "queue", "target_id": str(queue.pk)},
        )  # fmt: skip


def test_lists_never_count_everything(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "MOST", 3)
    _more(acme)
    client = staff(acme, "supervisor")
    for model in (Call, Recording):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(next(urls(model)), {"_facets": "1"})
        assert "more than 3" in " ".join(page.content.decode().split())
        counts = [one["sql"] for one in queries.captured_queries if "COUNT(" in one["sql"]]
        assert counts
        assert all("LIMIT 4" in sql for sql in counts)
