"""Messages over the API: whose box, who hears them, what becomes of them."""

import pytest

from calls.actions import voicemail as actions
from calls.models import Agent, Call, Queue, QueueMembership, Transcript, Voicemail
from numbers.models import PhoneNumber
from tests import people
from tests.api import factories
from tests.calls.factories import main_queue
from tests.people import Caller
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization
from zerovoice.carrier.results import CarrierRecording
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

VOICEMAILS, OURS = "/api/v1/voicemails", "+16285550100"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def owner(acme: Organization) -> Caller:
    return people.member(acme, "owner")


def agent_of(caller: Caller, *queues: Queue) -> Agent:
    """The caller as an agent of these queues."""
    agent = Agent.objects.create(
        organization=caller.organization,
        name="Ann",
        endpoint=f"+1415555{new_id().int % 10_000:04}",
        state="available",
        user=caller.membership.user,
    )
    for queue in queues:
        QueueMembership.objects.create(agent=agent, queue=queue)
    return agent


def other_queue(organization: Organization) -> Queue:
    return Queue.objects.create(organization=organization, name="Billing")


def ids(caller: Caller, **query: str) -> list[str]:
    answer = caller.get(VOICEMAILS, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def refusal(answer) -> tuple[int, str | None, str]:
    details = answer.json()["details"]
    return answer.status_code, details["field"], details["message"]


def test_a_message_says_whose_box_it_is_in_and_where_its_sound_is(owner: Caller, acme: Organization) -> None:
    made = factories.voicemail(acme)
    queue = main_queue(acme)
    (row,) = owner.get(VOICEMAILS).json()["results"]
    assert row == {
        "id": str(made.pk),
        "call_id": str(made.call_id),
        "from_number": "+15551230001",
        "queue": {"id": str(queue.pk), "name": queue.name},
        "agent": None,
        "status": "new",
        "duration_seconds": 1,
        "media": "done",
        "audio_url": f"http://testserver{VOICEMAILS}/{made.pk}/audio",
        "transcript": None,
        "created_at": row["created_at"],
    }
    assert owner.get(f"{VOICEMAILS}/{made.pk}").json() == row


def test_what_was_said_stands_with_it(owner: Caller, acme: Organization) -> None:
    made = factories.voicemail(acme)
    other = factories.transcript(acme, ("customer", "Hello."), ("customer", "Please call me back."))
    Transcript.objects.filter(pk=other.pk).update(call=made.call_id, recording=made.recording_id)
    (row,) = owner.get(VOICEMAILS).json()["results"]
    assert row["transcript"] == {"id": str(other.pk), "status": "completed", "text": "Hello. Please call me back."}


def test_the_newest_come_first(owner: Caller, acme: Organization) -> None:
    made = [str(factories.voicemail(acme).pk) for _ in range(3)]
    assert ids(owner) == made[::-1]


def test_a_caller_who_left_no_message_left_nothing(owner: Caller, acme: Organization) -> None:
    made = factories.voicemail(acme, recording=None)
    assert ids(owner) == []
    for path in ("", "/audio"):
        assert owner.get(f"{VOICEMAILS}/{made.pk}{path}").status_code == 404
    assert owner.patch(f"{VOICEMAILS}/{made.pk}", {"status": "read"}).status_code == 404
    assert owner.post(f"{VOICEMAILS}/{made.pk}/call-back", {}).status_code == 404


def test_filters_find_a_status_a_queues_box_and_an_agents(owner: Caller, acme: Organization) -> None:
    billing = other_queue(acme)
    ann = agent_of(people.member(acme, "agent"))
    one = str(factories.voicemail(acme, queue=billing).pk)
    two = str(factories.voicemail(acme, queue=billing, status="read").pk)
    hers = str(factories.voicemail(acme, agent=ann, status="archived").pk)
    assert ids(owner, queue_id=str(billing.pk)) == [two, one]
    assert ids(owner, queue_id=str(billing.pk), status="new") == [one]
    assert ids(owner, agent_id=str(ann.pk)) == [hers]
    assert [ids(owner, status=status) for status in ("new", "read", "archived")] == [[one], [two], [hers]]
    assert ids(owner, agent_id=str(ann.pk), queue_id=str(billing.pk)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [({"status": "old"}, "status"), ({"status": ""}, "status"), ({"queue_id": "7"}, "queue_id"),
     ({"agent_id": "me"}, "agent_id"), ({"box": "mine"}, "box"), ({"limit": "101"}, "limit")],
)  # fmt: skip
def test_a_bad_filter_is_named(owner: Caller, query: dict[str, str], field: str) -> None:
    answer = owner.get(VOICEMAILS, query)
    assert refusal(answer)[:2] == (400, field)


def test_the_boxes_of_another_tenant_are_empty_to_whoever_asks(owner: Caller) -> None:
    globex = people.organization("Globex")
    factories.voicemail(globex)
    assert ids(owner, queue_id=str(main_queue(globex).pk)) == []


def test_agents_have_their_own_box_and_those_of_their_queues(acme: Organization) -> None:
    billing = other_queue(acme)
    caller = people.member(acme, "agent")
    me = agent_of(caller, billing)
    colleague = agent_of(people.member(acme, "agent", "bob"))
    mine, ours = factories.voicemail(acme, agent=me), factories.voicemail(acme, queue=billing)
    foreign = [factories.voicemail(acme), factories.voicemail(acme, agent=colleague)]
    assert ids(caller) == [str(ours.pk), str(mine.pk)]
    assert caller.patch(f"{VOICEMAILS}/{ours.pk}", {"status": "read"}).status_code == 200
    for message in foreign:
        for answer in (
            caller.get(f"{VOICEMAILS}/{message.pk}"),
            caller.get(f"{VOICEMAILS}/{message.pk}/audio"),
            caller.patch(f"{VOICEMAILS}/{message.pk}", {"status": "read"}),
            caller.post(f"{VOICEMAILS}/{message.pk}/call-back", {}),
        ):
            assert refusal(answer) == (404, None, "Resource not found")
        message.refresh_from_db()
        assert message.status == "new"
    assert Call.objects.filter(direction="outbound").count() == 0


def test_an_agents_role_alone_opens_no_box(acme: Organization) -> None:
    """A member who is no agent yet, while messages of no queue lie about."""
    factories.voicemail(acme, agent=agent_of(people.member(acme, "agent", "bob")))
    assert ids(people.member(acme, "agent")) == []


def test_viewers_hear_but_change_nothing(acme: Organization) -> None:
    viewer, made = people.member(acme, "viewer"), factories.voicemail(acme)
    assert viewer.get(f"{VOICEMAILS}/{made.pk}/audio").status_code == 200
    for answer, scope in (
        (viewer.patch(f"{VOICEMAILS}/{made.pk}", {"status": "read"}), "voicemails:write"),
        (viewer.post(f"{VOICEMAILS}/{made.pk}/call-back", {}), "calls:write"),
    ):
        assert refusal(answer) == (403, None, f"This needs the scope {scope}")
    made.refresh_from_db()
    assert made.status == "new"


@pytest.mark.parametrize("status", ["read", "archived", "new"])
def test_its_status_is_set_and_in_the_audit(owner: Caller, acme: Organization, status: str) -> None:
    made = factories.voicemail(acme)
    answer = owner.patch(f"{VOICEMAILS}/{made.pk}", {"status": status})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert Voicemail.objects.get().status == status
    entry = AuditEntry.objects.get(action="voicemail.status_set")
    assert (entry.target_id, entry.fields) == (str(made.pk), ["status"])


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, None, "Nothing to change"),
        ({"status": "gone"}, "status", '"gone" is not a valid choice.'),
        ({"status": None}, "status", "This field may not be null."),
        ({"status": "read", "queue_id": str(new_id())}, "queue_id", "Unknown field."),
    ],
)
def test_a_bad_change_is_refused(owner: Caller, acme: Organization, body, field: str | None, message: str) -> None:
    made = factories.voicemail(acme)
    assert refusal(owner.patch(f"{VOICEMAILS}/{made.pk}", body)) == (400, field, message)
    assert Voicemail.objects.get().status == "new"


def test_the_sound_comes_whole_or_by_ranges(owner: Caller, acme: Organization) -> None:
    made = factories.voicemail(acme)
    url, sound = f"{VOICEMAILS}/{made.pk}/audio", factories.wav()
    whole = owner.get(url)
    assert (whole.status_code, whole["Content-Type"], whole.getvalue()) == (200, "audio/wav", sound)
    assert whole["Content-Disposition"] == f'inline; filename="voicemail-{made.pk}.wav"'
    part = owner.get(url, Range="bytes=8-11")
    assert (part.status_code, part.getvalue()) == (206, b"WAVE")
    assert part["Content-Range"] == f"bytes 8-11/{len(sound)}"
    beyond = owner.get(url, Range=f"bytes={len(sound)}-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(sound)}")


def test_before_it_is_fetched_there_is_no_sound(owner: Caller, acme: Organization) -> None:
    """A message just left, as the carrier tells of it."""
    made = factories.voicemail(acme, recording=None)
    actions.note(made.call, CarrierRecording(f"RE{new_id().hex}", "", "completed", 1, None, 7))
    row = owner.get(f"{VOICEMAILS}/{made.pk}").json()
    assert (row["duration_seconds"], row["media"], row["audio_url"]) == (7, "pending", None)
    assert owner.get(f"{VOICEMAILS}/{made.pk}/audio").status_code == 404


def test_silence_is_no_message(owner: Caller, acme: Organization) -> None:
    made = factories.voicemail(acme, recording=None)
    actions.note(made.call, CarrierRecording(f"RE{new_id().hex}", "", "completed", 1, None, 0))
    assert ids(owner) == []


# --- calling back ---


def reachable(acme: Organization, simulator: SimulatorControl, number: str = factories.OUR_NUMBER) -> None:
    """`number` is the organisation's, as it was when it was called."""
    simulator.add_number(number)
    PhoneNumber.objects.create(organization=acme, number=number, country="US", number_type="local")


def call_back(caller: Caller, made: Voicemail, body: object = None):
    return caller.post(f"{VOICEMAILS}/{made.pk}/call-back", {} if body is None else body)


def test_who_left_it_is_called_from_the_number_they_called(
    owner: Caller, acme: Organization, simulator: SimulatorControl
) -> None:
    reachable(acme, simulator)
    billing = other_queue(acme)
    made = factories.voicemail(acme, queue=billing)
    answer = call_back(owner, made)
    assert answer.status_code == 201, answer.content
    call = answer.json()
    assert (call["from_number"], call["to_number"]) == (factories.OUR_NUMBER, "+15551230001")
    assert (call["queue"]["id"], call["original_id"]) == (str(billing.pk), str(made.call_id))
    assert (call["phase"], [leg["role"] for leg in call["legs"]]) == ("dialing", ["customer"])
    assert Voicemail.objects.get().status == "new"  # who calls back decides that


def test_an_agents_own_phone_is_rung_first(acme: Organization, simulator: SimulatorControl) -> None:
    reachable(acme, simulator)
    caller = people.member(acme, "agent")
    me = agent_of(caller, main_queue(acme))
    call = call_back(caller, factories.voicemail(acme)).json()
    assert (call["phase"], call["agent"], call["queue"]) == (
        "agent_first",
        {"id": str(me.pk), "name": "Ann"},
        None,
    )


def test_from_another_number_and_recorded(owner: Caller, acme: Organization, simulator: SimulatorControl) -> None:
    reachable(acme, simulator, OURS)
    call = call_back(owner, factories.voicemail(acme), {"from_number": OURS, "record": True}).json()
    assert (call["from_number"], call["record"]) == (OURS, True)


@pytest.mark.parametrize("caller_id", ["anonymous", "", "sip:ann@pbx.example.com", "+266696687"])
def test_who_hid_their_number_cannot_be_called(owner: Caller, acme: Organization, caller_id: str) -> None:
    made = factories.voicemail(acme, from_number=caller_id)
    assert refusal(call_back(owner, made)) == (422, None, "The caller left no number")
    assert Call.objects.filter(direction="outbound").count() == 0


def test_who_must_not_be_called_is_not(owner: Caller, acme: Organization, simulator: SimulatorControl) -> None:
    reachable(acme, simulator)
    made = factories.voicemail(acme)
    owner.post("/api/v1/compliance/dnc", {"phone": made.from_number})
    before = len(simulator.requests())
    assert refusal(call_back(owner, made)) == (451, None, "The number is on the Do-Not-Call list")
    assert Call.objects.filter(direction="outbound").count() == 0
    assert len(simulator.requests()) == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "from_number", "Not an active number of this organization")),
        ({"from_number": OURS}, (422, "from_number", "Not an active number of this organization")),
        ({"from_number": "628555"}, (400, "from_number", "Invalid E.164 format")),
        ({"record": "yes"}, (400, "record", "Must be true or false.")),
        ({"to_number": "+14155550142"}, (400, "to_number", "Unknown field.")),
    ],
)
def test_a_bad_call_back_is_refused(owner: Caller, acme: Organization, body, expected) -> None:
    """Of a number that has been given up meanwhile, too."""
    assert refusal(call_back(owner, factories.voicemail(acme), body)) == expected
    assert Call.objects.filter(direction="outbound").count() == 0


def test_a_key_without_calls_calls_nobody_back(acme: Organization) -> None:
    key = people.program(acme, "voicemails:read", "voicemails:write")
    made = factories.voicemail(acme)
    assert refusal(call_back(key, made)) == (403, None, "This needs the scope calls:write")


def test_the_same_key_of_idempotency_calls_once(owner: Caller, acme: Organization, simulator: SimulatorControl) -> None:
    reachable(acme, simulator)
    url = f"{VOICEMAILS}/{factories.voicemail(acme).pk}/call-back"
    first, second = (owner.post(url, {}, Idempotency_Key="back-1") for _ in range(2))
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    assert Call.objects.filter(direction="outbound").count() == 1
