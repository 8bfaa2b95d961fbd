"""A list costs as many queries for a hundred rows as for one; every list there is, read from the routes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.models import (
    Agent,
    AgentStateChange,
    BusinessHours,
    Call,
    CallLeg,
    CallNote,
    IvrMenu,
    Queue,
    QueueMembership,
    Recording,
    Transcript,
    WrapUpCode,
)
from compliance.models import Decision, DncEntry, Removal, RetentionRun
from contacts.models import Contact
from messaging.models import Conversation
from numbers.models import Drift, PhoneNumber
from tests import people
from tests.api import factories
from tests.api.routes import Route, routes
from zerovoice.accounts import actions
from zerovoice.accounts.models import Organization
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id
from zerovoice.webhooks.models import Endpoint, Replay

pytestmark = pytest.mark.django_db

ROWS = 100
Make = Callable[[Organization, factories.Ids], None]


def lists() -> list[Route]:
    """Every GET whose answer is a page: known by asking, so that a new one cannot be forgotten."""
    return [route for route in routes() if route.is_list]


def phone(number: int) -> str:
    return f"+1555{number:07}"


def agent(organization: Organization, number: int) -> Agent:
    made = Agent.objects.create(organization=organization, name=f"Agent {number}", endpoint=phone(number))
    queues = [Queue.objects.create(organization=organization, name=f"Queue {number}.{n}") for n in range(2)]
    QueueMembership.objects.bulk_create(QueueMembership(agent=made, queue=queue) for queue in queues)
    return made


def calls(organization: Organization, **fields: object) -> None:
    """Each with an agent and a queue of its own, so that looking them up one by one would show."""
    for number in range(ROWS):
        talks = agent(organization, number)
        Call.objects.create(
            organization=organization, direction="inbound", from_number=phone(number), to_number=phone(0), agent=talks,
            queue=talks.queues.first(), **fields,
        )  # fmt: skip


def members(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        user = actions.create_user(email=f"{new_id().hex}@example.com", name="Colleague")
        actions.add_member(organization=organization, user=user, role="viewer")


def api_keys(organization: Organization, made: factories.Ids) -> None:
    for number in range(ROWS):
        actions.create_api_key(organization=organization, name=f"CRM {number}", scopes=["calls:read"])


def numbers(organization: Organization, made: factories.Ids) -> None:
    PhoneNumber.objects.bulk_create(
        PhoneNumber(organization=organization, number=phone(number), country="US", number_type="local")
        for number in range(ROWS)
    )


def drifts(organization: Organization, made: factories.Ids) -> None:
    Drift.objects.bulk_create(
        Drift(organization=organization, account_sid="AC1", kind="missing", number=phone(number))
        for number in range(ROWS)
    )


def contacts(organization: Organization, made: factories.Ids) -> None:
    Contact.objects.bulk_create(
        Contact(organization=organization, name=f"Contact {number}", phone=phone(number)) for number in range(ROWS)
    )


def dnc_jobs(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.job(organization, "compliance.dnc_export")


def contact_jobs(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.job(organization, "contacts.export")


def messages(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.message(organization)


def messages_of_one(organization: Organization, made: factories.Ids) -> None:
    of = Conversation.objects.get(pk=made["sms/conversations/{conversation_id}"])
    for _ in range(ROWS):
        factories.message(organization, of)


def dnc_entries(organization: Organization, made: factories.Ids) -> None:
    DncEntry.objects.bulk_create(
        DncEntry(organization=organization, **DncEntry.naming(phone(number))) for number in range(ROWS)
    )


def privacy_requests(acme: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        pk = factories.make(["compliance/gdpr/{request_id}"], acme)["compliance/gdpr/{request_id}"]
        Removal.objects.create(organization=acme, request_id=pk, place="files")


def removals(acme: Organization, made: factories.Ids) -> None:
    request = made["compliance/gdpr/{request_id}"]
    Removal.objects.bulk_create(Removal(organization=acme, request_id=request, place="files") for _ in range(ROWS))


def legal_holds(acme: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.make(["compliance/holds/{hold_id}"], acme)


def retention_runs(acme: Organization, made: factories.Ids) -> None:
    now = clock.now()
    RetentionRun.objects.bulk_create(
        RetentionRun(organization=acme, kind="messages", day=(now - timedelta(days=n)).date(), days=30, before=now)
        for n in range(ROWS)
    )


def decisions(organization: Organization, made: factories.Ids) -> None:
    Decision.objects.bulk_create(
        Decision(organization=organization, **Decision.naming(phone(number)), channel="sms", reason="dnc")
        for number in range(ROWS)
    )


def calls_of_a_contact(organization: Organization, made: factories.Ids) -> None:
    calls(organization, status="completed", ended_at=clock.now())
    Contact.objects.filter(pk=made["contacts/{contact_id}"]).update(phone=phone(0))


def queues(organization: Organization, made: factories.Ids) -> None:
    Queue.objects.bulk_create(Queue(organization=organization, name=f"Queue {number}") for number in range(ROWS))


def agents(organization: Organization, made: factories.Ids) -> None:
    for number in range(ROWS):
        agent(organization, number)


def history(organization: Organization, made: factories.Ids) -> None:
    AgentStateChange.objects.bulk_create(
        AgentStateChange(organization=organization, agent_id=made["agents/{agent_id}"], state="available")
        for _ in range(ROWS)
    )


def prompts(organization: Organization, made: factories.Ids) -> None:
    for number in range(ROWS):
        factories.prompt(organization, name=f"Prompt {number}", file="x.wav")


def invoices(organization: Organization, made: factories.Ids) -> None:
    for number in range(ROWS):
        factories.invoice(organization, month=f"{2000 + number}-03")


def wrap_up_codes(organization: Organization, made: factories.Ids) -> None:
    WrapUpCode.objects.bulk_create(
        WrapUpCode(organization=organization, code=f"code_{number}", label="Sold") for number in range(ROWS)
    )


def menus(organization: Organization, made: factories.Ids) -> None:
    IvrMenu.objects.bulk_create(IvrMenu(organization=organization, name=f"Menu {number}") for number in range(ROWS))


def hours(organization: Organization, made: factories.Ids) -> None:
    BusinessHours.objects.bulk_create(
        BusinessHours(organization=organization, name=f"Office {number}") for number in range(ROWS)
    )


def notes(organization: Organization, made: factories.Ids) -> None:
    call_id, author = made["calls/{call_id}"], new_id()
    CallNote.objects.bulk_create(
        CallNote(organization=organization, call_id=call_id, author_id=author, author_name="Ann", text=".")
        for _ in range(ROWS)
    )


def recordings(organization: Organization, made: factories.Ids) -> None:
    leg = CallLeg.objects.get(call=made["calls/{call_id}"])
    Recording.objects.bulk_create(
        Recording(
            organization=organization, call_id=leg.call_id, leg=leg, sid=f"RE{new_id().hex}", file="x.wav", size=12
        )
        for _ in range(ROWS)
    )


def voicemails(organization: Organization, made: factories.Ids) -> None:
    """In as many boxes, of agents and of queues."""
    for number in range(ROWS):
        of = agent(organization, number)
        left = factories.voicemail(organization, **({"agent": of} if number % 2 else {"queue": of.queues.first()}))
        said = factories.transcript(organization)
        Transcript.objects.filter(pk=said.pk).update(call=left.call_id, recording=left.recording_id)


def transcripts(organization: Organization, made: factories.Ids) -> None:
    """Each of a call with an agent and a queue of its own."""
    for number in range(ROWS):
        of = agent(organization, number)
        factories.transcript(organization, agent=of, queue=of.queues.first())


def events(organization: Organization, made: factories.Ids) -> None:
    for _ in range(101):  # what is left is counted: something always is
        factories.event(organization)


def endpoints(organization: Organization, made: factories.Ids) -> None:
    for number in range(ROWS):
        Endpoint.objects.create(organization=organization, url=f"https://8.8.8.8/{number}", types=["*"])


def replays(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        Replay.objects.create(
            organization=organization, endpoint_id=made["webhook-endpoints/{endpoint_id}"], since=clock.now(),
            until=clock.now(), until_position=0,
        )  # fmt: skip


def deliveries(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.delivery(organization, endpoint_id=made["webhook-endpoints/{endpoint_id}"])


def callbacks(organization: Organization, made: factories.Ids) -> None:
    for _ in range(ROWS):
        factories.delivery(organization)


#: Path of a list → what fills it. A new list without a line here fails.
FILL: dict[str, Make] = {
    "members": members,
    "events": events,
    "webhook-endpoints": endpoints,
    "webhook-endpoints/{endpoint_id}/deliveries": deliveries,
    "webhook-endpoints/{endpoint_id}/replays": replays,
    "webhook-callbacks/deliveries": callbacks,
    "api-keys": api_keys,
    "sms": messages,
    "sms/conversations": messages,
    "sms/conversations/{conversation_id}/messages": messages_of_one,
    "compliance/dnc": dnc_entries,
    "compliance/decisions": decisions,
    "compliance/gdpr": privacy_requests,
    "compliance/gdpr/{request_id}/removals": removals,
    "compliance/holds": legal_holds,
    "compliance/retention-runs": retention_runs,
    "contacts": contacts,
    "contacts/jobs": contact_jobs,
    "compliance/jobs": dnc_jobs,
    "contacts/{contact_id}/calls": calls_of_a_contact,
    "numbers": numbers,
    "numbers/drift": drifts,
    "queues": queues,
    "agents": agents,
    "ivr-menus": menus,
    "business-hours": hours,
    "agents/{agent_id}/history": history,
    "prompts": prompts,
    "billing/invoices": invoices,
    "wrap-up-codes": wrap_up_codes,
    "calls/live": lambda organization, made: calls(organization, status="in_progress"),
    "calls/logs": lambda organization, made: calls(organization, status="completed", ended_at=clock.now()),
    "calls/{call_id}/notes": notes,
    "calls/{call_id}/recordings": recordings,
    "voicemails": voicemails,
    "transcripts": transcripts,
}


def test_every_list_is_known() -> None:
    assert {route.path for route in lists()} == set(FILL)


@pytest.mark.parametrize("path", sorted(FILL))
def test_a_list_costs_the_same_for_any_page(path: str) -> None:
    acme = people.organization()
    route = next(route for route in lists() if route.path == path)
    made = factories.make(route.objects, acme)
    FILL[path](acme, made)
    caller = people.program(acme)
    url = route.url(made)
    caller.get(url)  # the caller is known from here on
    costs = {}
    for limit in (1, 25, 100):
        with CaptureQueriesContext(connection) as queries:
            answer = caller.get(url, {"limit": limit})
        assert len(answer.json()["results"]) == limit
        costs[limit] = len(queries)
    assert len(set(costs.values())) == 1, costs
    assert costs[1] <= 5  # whom, the parent, how many, the page, and one prefetch


def test_a_call_costs_the_same_however_many_are_in_it() -> None:
    acme = people.organization()
    caller, call_id = people.program(acme), factories.live_call(acme)

    def cost(legs: int) -> int:
        caller.get(f"/api/v1/calls/{call_id}")
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(f"/api/v1/calls/{call_id}").json()["legs"]) == legs
        return len(queries)

    few = cost(2)
    for number in range(5):
        factories.leg(call_id, role="agent", transfer="warm", agent=agent(acme, number))
        factories.leg(call_id, role="supervisor", mode="listen")
    assert cost(12) == few
