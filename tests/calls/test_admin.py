"""The floor in the admin site: supervisors see and move their own organisation's rows, and nothing of others."""

import json
from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import (
    Agent,
    BusinessHours,
    Call,
    CallNote,
    IvrMenu,
    Prompt,
    Queue,
    QueueEntry,
    QueueMembership,
    Recording,
    Voicemail,
    WrapUpCode,
)
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from zerovoice.accounts.lists import BoundedPaginator
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

MODELS = [
    Call, Queue, Agent, QueueEntry, Recording, Voicemail, PhoneNumber, Prompt, WrapUpCode, IvrMenu, BusinessHours,
]  # fmt: skip

QUEUE_FORM = {
    "name": "Sales", "strategy": "skills", "skills": "french, billing", "ring_timeout_seconds": 30,
    "max_wait_seconds": 60, "wrap_up_seconds": 5, "service_level_seconds": 20, "short_abandon_seconds": 5,
}  # fmt: skip


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
    recording = Recording.objects.create(
        organization=made, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", size=12, state="done",
        file=ContentFile(b"RIFF....WAVE", name=f"{new_id()}.wav"),
    )  # fmt: skip
    Voicemail.objects.create(
        organization=made, call=call, queue=queue, recording=recording, from_number=f"+1555300{number:04}"
    )
    PhoneNumber.objects.create(
        organization=made, number=f"+1555200{number:04}", country="US", number_type="local",
        routing={"type": "queue", "target_id": str(queue.pk)},
    )  # fmt: skip
    factories.prompt(made, name=f"{name} prompt {number:04}")
    WrapUpCode.objects.create(organization=made, code=f"code_{number:04}", label=f"{name} code")
    IvrMenu.objects.create(
        organization=made, name=f"{name} menu {number:04}", greeting="Press 1.", input="dtmf speech",
        options=[{"digits": "1", "phrases": ["sales"], "route": {"type": "queue", "target_id": str(queue.pk)}}],
        fallback_route={"type": "voicemail", "target_id": str(agent.pk)},
    )  # fmt: skip
    BusinessHours.objects.create(
        organization=made, name=f"{name} hours {number:04}", weekly={"monday": [["09:00", "17:30"]]},
        holidays_country="US", exceptions=[{"date": "2026-12-24", "name": "Christmas Eve", "open": []}],
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
        expected = [200] if any(str(pk) in url for pk in own) else [302, 404]
        assert client.get(url).status_code in expected, url


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
    form = {"name": "Ann", "endpoint": agent.endpoint, "missed_limit": 3, "user": "", "in_queues": [str(foreign.pk)]}
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
    form = {**QUEUE_FORM, "is_default": "on"}
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
    form = {**QUEUE_FORM, "is_default": "on", **change}
    answer = staff(acme, "owner").post(reverse("admin:calls_queue_change", args=[queue.pk]), form)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    queue.refresh_from_db()
    assert (queue.name, queue.is_default) == ("Acme queue", True)


def test_a_queue_is_made_and_removed(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {**QUEUE_FORM, "organization": str(acme.pk)}
    assert client.post(reverse("admin:calls_queue_add"), form).status_code == 302
    made = Queue.objects.get(name="Sales")
    client.post(reverse("admin:calls_queue_delete", args=[made.pk]), {"post": "yes"})
    assert not Queue.objects.filter(pk=made.pk).exists()
    assert [entry.action for entry in AuditEntry.objects.filter(target_id=str(made.pk)).order_by("id")] == [
        "queue.created", "queue.deleted",
    ]  # fmt: skip


def test_a_queues_settings_are_those_of_the_api(acme: Organization) -> None:
    queue, agent, prompt = (model.objects.get(organization=acme) for model in (Queue, Agent, Prompt))
    url = reverse("admin:calls_queue_change", args=[queue.pk])
    voicemail = {"target_id": str(agent.pk), "type": "voicemail"}
    form = {
        **QUEUE_FORM, "is_default": "on", "max_size": 5, "offers_callback": "on", "music": str(prompt.pk),
        "overflow_route": json.dumps(voicemail), "voicemail_greeting": "Speak",
    }  # fmt: skip
    client = staff(acme, "owner")
    assert client.post(url, form).status_code == 302
    queue.refresh_from_db()
    assert (queue.strategy, queue.skills, queue.max_size) == ("skills", ["french", "billing"], 5)
    assert (queue.music, queue.overflow_route, queue.voicemail_greeting) == (prompt, voicemail, "Speak")
    assert (queue.offers_callback, queue.announce_position) == (True, False)
    page = client.get(url).content.decode()
    assert ">Acme agent</option>" in page
    assert "french,billing" in page


@pytest.mark.parametrize(
    "route", [{"type": "forward", "target_id": "+14155550142"}, {"priority": 5, "target_id": None, "type": "voicemail"}]
)
def test_a_route_that_the_form_cannot_make_is_kept(route: dict[str, object], acme: Organization) -> None:
    queue = Queue.objects.get(organization=acme)
    Queue.objects.update(overflow_route=route)
    form = {**QUEUE_FORM, "is_default": "on", "overflow_route": json.dumps(route, sort_keys=True)}
    url = reverse("admin:calls_queue_change", args=[queue.pk])
    staff(acme, "owner").post(url, form)
    queue.refresh_from_db()
    assert queue.overflow_route == route


def test_who_may_only_read_sees_when_it_is_open(acme: Organization) -> None:
    hours = BusinessHours.objects.get(organization=acme)
    page = staff(acme, "supervisor").get(reverse("admin:calls_businesshours_change", args=[hours.pk])).content.decode()
    for words in ("Mon 09:00–17:30", "2026-12-24 Christmas Eve closed", "Voicemail of the default queue"):
        assert words in page, words
    assert "[[" not in page


def test_business_hours_are_made_and_refused_as_in_the_api(acme: Organization) -> None:
    client, url = staff(acme, "owner"), reverse("admin:calls_businesshours_add")
    form = {"organization": str(acme.pk), "name": "Night", "weekly": "", "exceptions": "", "closed_route": ""}
    for name, wrong, words in (
        ("weekly", "Mon 17:00-09:00", "monday.0: Must end after it begins"),
        ("weekly", "Someday 09:00-17:00", "Someday: not a day of the week"),
        ("weekly", "Fri-Mon 09:00-17:00", "from one day to a later one"),
        ("weekly", "Mon-Fri 09:00-17:00\nTue 10:00-11:00", "Tuesday stands in two lines"),
        ("exceptions", "2026-12-24 Christmas Eve", "the hours or closed stand after the date"),
        ("exceptions", "2026-13-01 closed", "0.date"),
    ):
        assert words in client.post(url, {**form, name: wrong}).content.decode(), words
    week = "mon-tue 09:00-12:00, 13:00-17:30\nSat,Sun 22:00 – 24:00\nFri closed"
    dates = "2026-12-24 09:00-12:00 Christmas Eve\n2026-12-25 closed"
    assert client.post(url, {**form, "weekly": week, "exceptions": dates}).status_code == 302
    night = BusinessHours.objects.get(name="Night")
    day, late = [["09:00", "12:00"], ["13:00", "17:30"]], [["22:00", "24:00"]]
    assert night.weekly == {"monday": day, "tuesday": day, "saturday": late, "sunday": late}
    assert night.exceptions == [
        {"date": "2026-12-24", "name": "Christmas Eve", "open": [["09:00", "12:00"]]},
        {"date": "2026-12-25", "name": "", "open": []},
    ]
    page = client.get(reverse("admin:calls_businesshours_change", args=[night.pk])).content.decode()
    for words in ("Mon–Tue 09:00–12:00, 13:00–17:30", "Sat–Sun 22:00–24:00", "2026-12-25 closed"):
        assert words in page, words


def test_agents_of_a_queue_are_chosen_by_name(acme: Organization, globex: Organization) -> None:
    queue, before = Queue.objects.get(organization=acme), Agent.objects.get(organization=acme)
    new = Agent.objects.create(organization=acme, name="Ben", endpoint="+15550009999")
    foreign = Agent.objects.get(organization=globex)
    client, url = staff(acme, "owner"), reverse("admin:calls_queue_change", args=[queue.pk])
    assert "Ben" in client.get(url).content.decode()
    form = {**QUEUE_FORM, "is_default": "on"}
    assert client.post(url, {**form, "members": [str(foreign.pk)]}).status_code == 200
    assert client.post(url, {**form, "members": [str(new.pk)]}).status_code == 302
    assert [agent.name for agent in queue.agents.all()] == ["Ben"]
    changed = AuditEntry.objects.filter(organization=acme, action="agent.updated").values_list("target_id", flat=True)
    assert set(changed) == {str(before.pk), str(new.pk)}
    assert "1 of" not in client.get(reverse("admin:calls_queue_changelist")).content.decode()


def test_another_organizations_rows_are_not_offered(acme: Organization, globex: Organization) -> None:
    queue, theirs = Queue.objects.get(organization=acme), Prompt.objects.get(organization=globex)
    url = reverse("admin:calls_queue_change", args=[queue.pk])
    client = staff(acme, "owner")
    assert "Globex" not in client.get(url).content.decode()
    assert client.post(url, {**QUEUE_FORM, "is_default": "on", "music": str(theirs.pk)}).status_code == 200
    queue.refresh_from_db()
    assert (queue.name, queue.music) == ("Acme queue", None)


@pytest.mark.parametrize(
    ("skills", "kept"), [("french 8, billing 5", {"french": 8, "billing": 5}), ("", {}), ("french", None),
                         ("french 11", None), ("French 8", None)],
)  # fmt: skip
def test_an_agents_skills_are_written_as_words(skills: str, kept: dict[str, int] | None, acme: Organization) -> None:
    agent = Agent.objects.get(organization=acme)
    url = reverse("admin:calls_agent_change", args=[agent.pk])
    form = {"name": "Ann", "endpoint": "client:ann", "missed_limit": 5, "user": "", "skills": skills}
    answer = staff(acme, "owner").post(url, form)
    agent.refresh_from_db()
    assert answer.status_code == (200 if kept is None else 302)
    assert (agent.name, agent.skills) == (("Acme agent", {}) if kept is None else ("Ann", kept))


def test_a_prompt_is_uploaded_played_renamed_and_removed(acme: Organization, globex: Organization) -> None:
    client, sound = staff(acme, "owner"), factories.wav(1.5)
    form = {"organization": str(acme.pk), "name": "Welcome", "file": ContentFile(sound, name="welcome.wav")}
    assert client.post(reverse("admin:calls_prompt_add"), form).status_code == 302
    prompt = Prompt.objects.get(name="Welcome")
    assert (prompt.organization, prompt.duration_seconds) == (acme, 2)
    audio = reverse("admin:calls_prompt_audio", args=[prompt.pk])
    assert client.get(audio).getvalue() == sound
    assert staff(globex, "owner").get(audio).status_code == 404
    client.post(reverse("admin:calls_prompt_change", args=[prompt.pk]), {"name": "Hello"})
    prompt.refresh_from_db()
    assert prompt.name == "Hello"
    client.post(reverse("admin:calls_prompt_delete", args=[prompt.pk]), {"post": "yes"})
    assert not Prompt.objects.filter(pk=prompt.pk).exists()


def test_a_prompt_that_is_refused_says_why(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "name": "New", "file": ContentFile(b"GIF89a", name="x.wav")}
    answer = client.post(reverse("admin:calls_prompt_add"), form)
    assert answer.status_code == 200
    assert "neither WAV nor MP3" in answer.content.decode()
    other = factories.prompt(acme, name="Other")
    answer = client.post(reverse("admin:calls_prompt_change", args=[other.pk]), {"name": "Acme prompt 0001"})
    assert answer.status_code == 200
    assert "Another prompt has this name" in answer.content.decode()
    assert Prompt.objects.filter(organization=acme).count() == 2


def test_what_is_played_is_not_deleted(acme: Organization) -> None:
    prompt = Prompt.objects.get(organization=acme)
    Queue.objects.update(music=prompt)
    url = reverse("admin:calls_prompt_delete", args=[prompt.pk])
    staff(acme, "owner").post(url, {"post": "yes"}, follow=True)
    assert Prompt.objects.filter(pk=prompt.pk).exists()


def test_a_wrap_up_code_is_made_changed_and_removed(acme: Organization) -> None:
    client = staff(acme, "owner")
    form = {"organization": str(acme.pk), "code": "sold", "label": "Sold", "active": "on"}
    assert client.post(reverse("admin:calls_wrapupcode_add"), form).status_code == 302
    code = WrapUpCode.objects.get(code="sold")
    client.post(reverse("admin:calls_wrapupcode_change", args=[code.pk]), {"code": "sold", "label": "Sold"})
    code.refresh_from_db()
    assert code.active is False
    client.post(reverse("admin:calls_wrapupcode_delete", args=[code.pk]), {"post": "yes"})
    assert not WrapUpCode.objects.filter(pk=code.pk).exists()


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


@pytest.mark.parametrize(("action", "status"), [("mark_read", "read"), ("mark_archived", "archived")])
def test_messages_are_marked_through_the_action(
    action: str, status: str, acme: Organization, globex: Organization
) -> None:
    own, foreign = (Voicemail.objects.get(organization=one) for one in (acme, globex))
    form = {"action": action, "_selected_action": [str(own.pk), str(foreign.pk)]}
    client, url = staff(acme, "supervisor"), reverse("admin:calls_voicemail_changelist")
    for _ in range(2):  # the second time nothing is left to do
        client.post(url, form)
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.status, foreign.status) == (status, "new")
    assert AuditEntry.objects.filter(action="voicemail.status_set", target_id=str(own.pk)).count() == 1
    client.post(url, {**form, "action": "mark_new"})
    own.refresh_from_db()
    assert own.status == "new"


def test_viewers_mark_nothing(acme: Organization) -> None:
    own = Voicemail.objects.get()
    form = {"action": "mark_read", "_selected_action": [str(own.pk)]}
    staff(acme, "viewer").post(reverse("admin:calls_voicemail_changelist"), form)
    own.refresh_from_db()
    assert own.status == "new"


def test_messages_are_found_by_box_and_status_and_heard(acme: Organization) -> None:
    _more(acme)
    Voicemail.objects.filter(agent__name="A10").update(status="archived")
    client, url = staff(acme, "supervisor"), reverse("admin:calls_voicemail_changelist")

    def found(**query: str) -> int:
        return client.get(url, query).context["cl"].result_count

    queue, agent = Queue.objects.get(name="Acme queue"), Agent.objects.get(name="A11")
    assert (found(), found(status="archived")) == (16, 1)
    assert (found(queue=str(queue.pk)), found(agent=str(agent.pk)), found(agent=str(agent.pk), status="read")) == (
        1,
        1,
        0,
    )
    shown = client.get(url, {"queue": str(queue.pk)}).content.decode()
    recording = Voicemail.objects.get(queue=queue).recording
    assert reverse("admin:calls_recording_audio", args=[recording.pk]) in shown


def test_who_left_no_message_is_not_in_the_list(acme: Organization) -> None:
    voicemail = Voicemail.objects.get()
    Voicemail.objects.update(recording=None)
    client = staff(acme, "supervisor")
    assert client.get(reverse("admin:calls_voicemail_changelist")).context["cl"].result_count == 0
    assert client.get(reverse("admin:calls_voicemail_change", args=[voicemail.pk])).status_code == 302


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
        recording = Recording.objects.create(
            organization=organization, call=call, leg=call.customer_leg(), sid=f"RE{new_id().hex}", file="x.wav"
        )
        Voicemail.objects.create(organization=organization, call=call, agent=agent, recording=recording)
        factories.prompt(organization)
        WrapUpCode.objects.create(organization=organization, code=f"code_{number}", label="Sold")
        PhoneNumber.objects.create(
            organization=organization, number=f"+1555200{number:04}", country="US", number_type="local",
            routing={"type": "queue", "target_id": str(queue.pk)},
        )  # fmt: skip
        IvrMenu.objects.create(organization=organization, name=f"M{number}", greeting="Hello")
        BusinessHours.objects.create(organization=organization, name=f"H{number}", holidays_country="US")


def test_lists_never_count_everything(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "MOST", 3)
    _more(acme)
    client = staff(acme, "supervisor")
    for model in (Call, Recording, Voicemail):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(next(urls(model)), {"_facets": "1"})
        assert "more than 3" in " ".join(page.content.decode().split())
        counts = [one["sql"] for one in queries.captured_queries if "COUNT(" in one["sql"]]
        assert counts
        assert all("LIMIT 4" in sql for sql in counts)
