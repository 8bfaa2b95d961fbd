"""The live floor's page: what its reading says of each phase, who may see and order what, and what it costs."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.actions import answering, transfer
from calls.admin import floor_state
from calls.models import Agent, Call, CallLeg, IvrMenu, Queue, QueueEntry, QueueMembership, Recording
from contacts.models import Contact
from tests import people
from tests.calls.control import TARGET
from tests.calls.factories import agent_first_call, free_agent, main_queue, principal, talking_call, waiting_call
from tests.simulator_control import SimulatorControl
from zerovoice.accounts.models import AuditEntry, Organization, User
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def supervisor(acme: Organization) -> Client:
    return staff(acme, "supervisor")


@pytest.fixture
def talk(acme: Organization, simulator: SimulatorControl) -> Call:
    """A customer and an agent talk."""
    made = talking_call(acme)
    simulator.add_number(made.our_number)
    return made


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def told(client: Client, organization: Organization, **query: str) -> dict[str, Any]:
    answer = client.get(reverse("admin:floor_state"), {"in": str(organization.pk), **query})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def floor(client: Client, organization: Organization) -> dict[str, Any]:
    floor_state.outdate(organization.pk)
    return dict(told(client, organization)["floor"])


def only_call(client: Client, organization: Organization) -> dict[str, Any]:
    (call,) = floor(client, organization)["calls"]
    return dict(call)


def give(client: Client, name: str, pk: Any, **body: Any) -> Any:
    return client.post(reverse(f"admin:{name}", args=[pk]), json.dumps(body), content_type="application/json")


def message(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"]["message"]


# --- the reading ------------------------------------------------------------------------------------------------------


def test_an_empty_floor(supervisor: Client, acme: Organization) -> None:
    seen = floor(supervisor, acme)
    assert (seen["agents"], seen["calls"], seen["more_calls"]) == ([], [], 0)
    (queue,) = seen["queues"]
    assert (queue["waiting"], queue["longest"], queue["line"], queue["ready"]) == (0, None, [], 0)
    assert (queue["service_level"], queue["max_wait"]) == (20, 900)


def test_who_waits_stands_in_the_queue_by_name_and_in_order(supervisor: Client, acme: Organization) -> None:
    first, second = waiting_call(acme), waiting_call(acme)
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=second.from_number)
    QueueEntry.objects.filter(call=second).update(priority=QueueEntry.HEAD_PRIORITY)
    seen = floor(supervisor, acme)
    (queue,) = seen["queues"]
    assert queue["waiting"] == 2
    assert [entry["call"] for entry in queue["line"]] == [str(second.pk), str(first.pk)]
    assert queue["line"][0]["customer"] == {"name": "Maria Lopez", "number": second.from_number}
    assert queue["line"][0]["note"] == "comes first"
    assert queue["longest"] == pytest.approx(first.entries.get().entered_at.timestamp(), abs=0.01)
    call = next(row for row in seen["calls"] if row["id"] == str(first.pk))
    assert (call["phase"], call["words"], call["direction"]) == ("waiting", "Waiting", "inbound")
    assert call["since"] == queue["longest"]
    assert call["can"] == ["hangup", "transfer"]


def test_an_agent_is_rung_then_talks(supervisor: Client, talk: Call, acme: Organization) -> None:
    call = only_call(supervisor, acme)
    assert (call["phase"], call["words"], call["agent"]) == ("talking", "Talking", "Ada")
    assert call["can"] == ["hangup", "listen", "barge", "whisper", "transfer", "warm"]
    seen = floor(supervisor, acme)
    (agent,) = seen["agents"]
    assert (agent["state"], agent["words"], agent["queues"]) == ("busy", "In a call", [main_queue(acme).name])
    assert agent["call"] == {"id": str(talk.pk), "customer": {"name": "", "number": talk.from_number}}
    assert (seen["queues"][0]["in_calls"], seen["queues"][0]["at_work"], seen["states"]["busy"]) == (1, 1, 1)
    CallLeg.objects.filter(pk=talk.partner_id).update(accepted_at=None)
    Call.objects.filter(pk=talk.pk).update(phase="waiting", partner=None)
    call = only_call(supervisor, acme)
    assert (call["phase"], call["words"], call["agent"]) == ("ringing", "Ringing Ada", None)


@pytest.mark.parametrize(
    ("phase", "kind", "said"),
    [
        ("dialing", "ringing", "Ringing the customer"),
        ("held", "held", "On hold"),
        ("consulting", "transfer", "Being transferred"),
        ("transferring", "transfer", "Being transferred"),
        ("voicemail", "voicemail", "Leaving a voicemail"),
        ("menu", "menu", "In a menu"),
        ("leaving", "ending", "Hearing goodbye"),
    ],
)
def test_phases_in_words(supervisor: Client, acme: Organization, phase: str, kind: str, said: str) -> None:
    call = waiting_call(acme)
    Call.objects.filter(pk=call.pk).update(phase=phase)
    shown = only_call(supervisor, acme)
    assert (shown["phase"], shown["words"]) == (kind, said)


def test_a_menu_and_an_agent_who_is_rung_first_are_named(supervisor: Client, acme: Organization) -> None:
    menu = IvrMenu.objects.create(organization=acme, name="Front desk", greeting="Press 1.", options=[])
    call = agent_first_call(acme, free_agent(acme))
    shown = only_call(supervisor, acme)
    assert (shown["words"], shown["agent"], shown["direction"]) == ("Ringing Ada", "Ada", "outbound")
    Call.objects.filter(pk=call.pk).update(phase="menu", menu=menu)
    assert only_call(supervisor, acme)["words"] == "In the menu Front desk"


def test_to_whom_a_call_is_transferred(supervisor: Client, talk: Call, acme: Organization) -> None:
    by = principal(people.member(acme, "owner"))
    transfer.transfer(principal=by, call=talk, target=transfer.Target(number=TARGET), how="warm")
    assert only_call(supervisor, acme)["words"] == f"Being transferred: the agent rings {TARGET}"
    leg = talk.legs.get(role="target")
    answering.target_answered(leg.pk, leg.sid)
    shown = only_call(supervisor, acme)
    assert shown["words"] == f"Being transferred: the agent speaks with {TARGET}"
    assert "transfer" not in shown["can"]


def test_recording_and_listeners_are_told(supervisor: Client, talk: Call, acme: Organization) -> None:
    assert only_call(supervisor, acme)["recording"] == "off"
    Call.objects.filter(pk=talk.pk).update(record=True)
    assert only_call(supervisor, acme)["recording"] == "later"
    Recording.objects.create(organization=acme, call=talk, leg=talk.customer_leg(), sid=f"RE{new_id().hex}")
    assert only_call(supervisor, acme)["recording"] == "on"
    assert give(supervisor, "floor_monitor", talk.pk, mode="listen", endpoint=TARGET).status_code == 200
    assert only_call(supervisor, acme)["listeners"] == [f"{TARGET} is being rung"]
    CallLeg.objects.filter(role="supervisor").update(answered_at=clock.now())
    Agent.objects.create(organization=acme, name="Sue", endpoint=TARGET)
    assert only_call(supervisor, acme)["listeners"] == ["Sue listens"]
    Call.objects.filter(pk=talk.pk).update(recording_paused=True)
    assert only_call(supervisor, acme)["recording"] == "paused"


def test_a_call_that_ends_takes_no_orders(supervisor: Client, talk: Call, acme: Organization) -> None:
    Call.objects.filter(pk=talk.pk).update(hung_up_by="customer")
    shown = only_call(supervisor, acme)
    assert (shown["words"], shown["can"]) == ("Ending", [])


def test_who_is_to_be_called_back_keeps_the_place_and_is_in_no_call(supervisor: Client, acme: Organization) -> None:
    call = waiting_call(acme)
    Call.objects.filter(pk=call.pk).update(phase="callback")
    seen = floor(supervisor, acme)
    (queue,) = seen["queues"]
    assert seen["calls"] == []
    assert (queue["waiting"], queue["callbacks"], queue["longest"]) == (0, 1, None)
    assert queue["line"][0]["note"] == "to be called back"


def test_nothing_new_is_not_sent_again(supervisor: Client, acme: Organization) -> None:
    tag = told(supervisor, acme)["tag"]
    again = told(supervisor, acme, have=tag)
    assert "floor" not in again
    assert again["now"] > 0
    waiting_call(acme)
    floor_state.outdate(acme.pk)
    assert told(supervisor, acme, have=tag)["floor"]["queues"][0]["waiting"] == 1


# --- what it costs ----------------------------------------------------------------------------------------------------


def crowd(organization: Organization, number: int) -> None:
    """So many calls that wait, agents and queues."""
    for index in range(number):
        queue = Queue.objects.create(organization=organization, name=f"Queue {index} {new_id().hex[-6:]}")
        free_agent(organization, queue, main_queue(organization))
        Contact.objects.create(organization=organization, name="Ann", phone=waiting_call(organization).from_number)


@pytest.mark.parametrize("number", [5, 50])
def test_it_costs_nine_queries_whatever_the_size(
    supervisor: Client, acme: Organization, number: int, django_assert_num_queries: Any
) -> None:
    crowd(acme, number)
    with django_assert_num_queries(9):
        seen = floor(supervisor, acme)
    assert (len(seen["calls"]), len(seen["agents"]), len(seen["queues"])) == (number, number, number + 1)
    assert len(seen["queues"][0]["line"]) == min(number, floor_state.MOST_WAITING)
    assert seen["queues"][0]["waiting"] == number
    with django_assert_num_queries(4):  # who asks, and whether they may: all boards share one reading
        told(supervisor, acme)


def test_while_a_slow_reading_is_made_the_others_are_shown_the_one_before(
    supervisor: Client, acme: Organization, monkeypatch: Any
) -> None:
    before, made = told(supervisor, acme)["tag"], []
    waiting_call(acme)
    make = floor_state.snapshot

    def slowly(organization_id: Any) -> dict[str, Any]:
        made.append(told(supervisor, acme)["tag"])  # another board asks meanwhile
        return make(organization_id)

    monkeypatch.setattr(floor_state, "snapshot", slowly)
    floor_state.outdate(acme.pk)
    after = told(supervisor, acme)["tag"]
    assert made == [before]
    assert after != before
    assert told(supervisor, acme)["tag"] == after
    assert made == [before]


def test_lists_end_somewhere_and_say_so(supervisor: Client, acme: Organization, monkeypatch: Any) -> None:
    for name in ("MOST_CALLS", "MOST_AGENTS", "MOST_QUEUES"):
        monkeypatch.setattr(floor_state, name, 3)
    crowd(acme, 5)
    Agent.objects.filter(name="Ada").update(state="break")
    seen = floor(supervisor, acme)
    assert [len(seen[name]) for name in ("calls", "agents", "queues")] == [3, 3, 3]
    assert [seen[f"more_{name}"] for name in ("calls", "agents", "queues")] == [2, 2, 3]
    assert seen["states"]["break"] == 5


# --- who may ----------------------------------------------------------------------------------------------------------

ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("floor_monitor", {"mode": "listen", "endpoint": TARGET}),
    ("floor_hang_up", {}),
    ("floor_transfer", {"transfer_type": "cold", "target_number": TARGET}),
]


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("supervisor", 200), ("viewer", 200), ("agent", 403)])
def test_who_sees_the_floor(acme: Organization, role: str, status: int) -> None:
    client = staff(acme, role)
    answer = client.get(reverse("admin:floor"))
    assert answer.status_code == status
    assert client.get(reverse("admin:floor_state"), {"in": str(acme.pk)}).status_code == status
    if status == 200:
        assert answer.context["board"]["write"] == (role != "viewer")


def test_who_may_only_look_orders_nothing(talk: Call, acme: Organization) -> None:
    for role in ("viewer", "agent"):
        client = staff(acme, role)
        for name, body in ORDERS:
            assert message(give(client, name, talk.pk, **body)) == (403, "Insufficient permissions")
        assert message(give(client, "floor_presence", talk.agent_id, state="break"))[0] == 403
    talk.refresh_from_db()
    assert (talk.phase, talk.hung_up_by) == ("joined", "")


def test_another_organizations_floor_is_nobodys(talk: Call, acme: Organization) -> None:
    stranger = staff(people.organization("Globex"), "owner")
    for pk in (talk.pk, people.absent_id()):
        for name, body in ORDERS:
            assert message(give(stranger, name, pk, **body)) == (404, "Resource not found")
        assert message(give(stranger, "floor_presence", pk, state="break")) == (404, "Resource not found")
    assert message(give(stranger, "floor_presence", talk.agent_id, state="break")) == (404, "Resource not found")
    for pk in (acme.pk, people.absent_id()):
        assert message(stranger.get(reverse("admin:floor_state"), {"in": str(pk)})) == (404, "Resource not found")
    talk.refresh_from_db()
    assert (talk.phase, talk.hung_up_by, talk.legs.filter(role="supervisor").count()) == ("joined", "", 0)


def test_an_operator_sees_and_orders_everywhere(talk: Call, acme: Organization) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser(email="root@example.com", password=people.PASSWORD))
    assert only_call(client, acme)["id"] == str(talk.pk)
    assert give(client, "floor_hang_up", talk.pk).status_code == 200


def test_without_a_log_in_there_is_nothing(acme: Organization) -> None:
    assert Client().get(reverse("admin:floor_state"), {"in": str(acme.pk)}).status_code == 401
    assert give(Client(), "floor_hang_up", people.absent_id()).status_code == 401


# --- orders -----------------------------------------------------------------------------------------------------------


def test_hanging_up(supervisor: Client, talk: Call, acme: Organization) -> None:
    told(supervisor, acme)
    assert give(supervisor, "floor_hang_up", talk.pk).status_code == 200
    talk.refresh_from_db()
    assert talk.is_ending
    assert AuditEntry.objects.get(action="call.hung_up").actor_kind == "user"
    assert told(supervisor, acme)["floor"]["calls"][0]["words"] == "Ending"  # at once, whatever was kept
    Call.objects.filter(pk=talk.pk).update(ended_at=clock.now())
    assert message(give(supervisor, "floor_hang_up", talk.pk)) == (422, "The call is over already")


def test_listening_on_the_own_phone_or_another(supervisor: Client, talk: Call) -> None:
    answer = give(supervisor, "floor_monitor", talk.pk, mode="listen")
    assert message(answer) == (422, "You are no agent: name the phone to ring")
    answer = give(supervisor, "floor_monitor", talk.pk, mode="listen", endpoint=TARGET)
    assert answer.json() == {"endpoint": TARGET, "mode": "listen"}
    answer = give(supervisor, "floor_monitor", talk.pk, mode="whisper", endpoint=TARGET)
    assert answer.json() == {"endpoint": TARGET, "mode": "whisper"}
    assert talk.legs.filter(role="supervisor").count() == 1


def test_transferring_to_a_queue(supervisor: Client, talk: Call, acme: Organization) -> None:
    sales = Queue.objects.create(organization=acme, name="Sales")
    body = {"transfer_type": "cold", "target_queue_id": str(sales.pk)}
    assert give(supervisor, "floor_transfer", talk.pk, **body).status_code == 200
    shown = only_call(supervisor, acme)
    assert (shown["queue"], shown["phase"]) == ("Sales", "waiting")
    free_agent(acme, sales)
    body = {"transfer_type": "warm", "target_queue_id": str(sales.pk)}
    assert message(give(supervisor, "floor_transfer", talk.pk, **body)) == (422, "The call is not in conversation")


def test_setting_a_state(supervisor: Client, acme: Organization) -> None:
    agent = free_agent(acme)
    answer = give(supervisor, "floor_presence", agent.pk, state="break", reason="lunch")
    assert answer.json() == {"state": "break", "later": False}
    (shown,) = floor(supervisor, acme)["agents"]
    assert (shown["words"], shown["reason"]) == ("On a break", "lunch")


def test_a_state_set_during_a_call_comes_after_it(supervisor: Client, talk: Call, acme: Organization) -> None:
    answer = give(supervisor, "floor_presence", talk.agent_id, state="offline")
    assert answer.json() == {"state": "busy", "later": True}
    (shown,) = floor(supervisor, acme)["agents"]
    assert (shown["words"], shown["afterwards"]) == ("In a call", "offline")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("floor_monitor", {"mode": "spy", "endpoint": TARGET}, '"spy" is not a valid choice.'),
        (
            "floor_monitor",
            {"mode": "listen", "endpoint": "me"},
            "Must be an E.164 number, sip:user@host or client:identity",
        ),
        ("floor_transfer", {"transfer_type": "cold"}, "This field is required."),
        ("floor_transfer", {"transfer_type": "cold", "target_queue_id": "sales"}, "Must be a valid UUID."),
        ("floor_hang_up", {"why": "fun"}, "Unknown field."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(supervisor: Client, talk: Call, name: str, body: dict[str, Any], said: str) -> None:
    assert message(give(supervisor, name, talk.pk, **body)) == (400, said)


@pytest.mark.parametrize("body", ["{", "[" * 5000, '"x"', "\xff"])
def test_a_body_that_is_no_json_object(supervisor: Client, talk: Call, body: str) -> None:
    url = reverse("admin:floor_hang_up", args=[talk.pk])
    assert supervisor.post(url, body.encode("latin-1"), content_type="application/json").status_code == 400


@pytest.mark.parametrize("text", ["", "acme", "1"])
def test_an_organization_is_named_by_its_id(supervisor: Client, text: str) -> None:
    answer = supervisor.get(reverse("admin:floor_state"), {"in": text})
    assert message(answer) == (400, "Name the organization by its id")


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page(supervisor: Client, acme: Organization, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        page = supervisor.get(reverse("admin:floor"))
    assert page.context["board"]["state"].endswith(f"?in={acme.pk}")
    assert "floor-wall" not in page.content.decode()
    assert "floor-wall" in supervisor.get(reverse("admin:floor"), {"wall": "1"}).content.decode()
    assert reverse("admin:floor") in supervisor.get(reverse("admin:index")).content.decode()


def test_who_is_an_agent_too_is_offered_their_phone(acme: Organization) -> None:
    person = people.member(acme, "supervisor", is_staff=True)
    Agent.objects.create(organization=acme, name="Eve", endpoint=TARGET, user=person.membership.user)
    client = Client()
    client.force_login(person.membership.user)
    assert client.get(reverse("admin:floor")).context["board"]["phone"] == TARGET


def test_agents_of_several_queues_count_in_each(supervisor: Client, acme: Organization) -> None:
    sales = Queue.objects.create(organization=acme, name="Sales")
    free_agent(acme, main_queue(acme), sales)
    away = free_agent(acme)
    Agent.objects.filter(pk=away.pk).update(state="offline")
    QueueMembership.objects.create(agent=away, queue=sales)
    seen = floor(supervisor, acme)
    assert [(queue["ready"], queue["at_work"]) for queue in seen["queues"]] == [(1, 1), (1, 1)]
    assert [agent["state"] for agent in seen["agents"]] == ["available", "offline"]
