"""Every event arrives at least once, though endpoints fail, hang and hang up, workers are killed and Redis is emptied.

The suite has some hundred events; `make webhook-storm` has ten thousand.
"""

import os
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.stack import Stack, Tenant
from tests.waiting import wait_until
from tests.webhooks.receiver import Message, Receiver, Reply, receiving

EVENTS = int(os.environ.get("WEBHOOK_EVENTS", "240"))
#: Of the second organisation, whose endpoint is well.
OTHERS = max(20, EVENTS // 20)
TIMEOUT_SECONDS = 3
PAUSES = "0.5,1,1,2,2,3,3,4,4,5,5,6,6,8,8,10,10,10,10,10"

# In one transaction of its own each, as facts are; every tenth is rolled back, and must never be told.
HAPPEN = """
import uuid
from django.db import transaction
from zerovoice.webhooks import outbox

class Thing:
    def __init__(self, pk):
        self.pk = pk

result = []
for n in range(count):
    if n % 10 == 9:
        with transaction.atomic():
            outbox.record(organization_id=tenant, kind="call.ringing", subject=Thing(uuid.uuid4()), data={"n": -1})
            transaction.set_rollback(True)
    thing = Thing(uuid.uuid5(uuid.UUID(tenant), str(n // 4)))
    with transaction.atomic():
        event = outbox.record(organization_id=tenant, kind="call.ringing", subject=thing, data={"n": n})
    result.append(event.pk)
"""

LEFT = """
from zerovoice.webhooks.models import Delivery, Event
left = Delivery.objects.filter(organization_id=tenant).exclude(state="delivered")
result = {
    "unplaced": Event.objects.filter(organization_id=tenant, position=None).count(),
    "undelivered": left.count(),
    "failed": list(left.filter(state="failed").values_list("last_error", "attempts")[:5]),
}
"""


def subscribe(stack: Stack, tenant: Tenant, receiver: Receiver) -> str:
    answer = stack.api(tenant).post("/webhook-endpoints", json={"url": receiver.url, "types": ["call.*"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


def moody(chance: random.Random) -> Callable[[Message], Reply]:
    """Fails 30 % of the time, hangs, closes connections; each message is taken in the end."""
    lock = threading.Lock()

    def mood(message: Message) -> Reply:
        with lock:
            dice = chance.random()
        if dice < 0.30:
            return Reply(chance.choice([500, 502, 503, 429, 404, 301]))
        if dice < 0.32:
            return Reply(after=TIMEOUT_SECONDS + 2, reset=True)
        return Reply(reset=True) if dice < 0.40 else Reply()

    return mood


class Signatures:
    """Verifies each message as it comes: five minutes later it would be too old."""

    def __init__(self, secret: str, then: Callable[[Message], Reply]) -> None:
        self.webhook, self.then = Webhook(secret), then
        self.verified, self.wrong = 0, []  # type: int, list[str]

    def __call__(self, message: Message) -> Reply:
        try:
            self.webhook.verify(message.body, message.headers)
        except WebhookVerificationError as error:
            self.wrong.append(f"{message.id}: {error}")
        else:
            self.verified += 1
        return self.then(message)


def happen(stack: Stack, tenant: Tenant, count: int) -> list[str]:
    return [str(pk) for pk in stack.django(HAPPEN, tenant=tenant.id, count=count)]


def all_told(stack: Stack, tenant: Tenant) -> bool:
    left = stack.django(LEFT, tenant=tenant.id)
    assert not left["failed"], left
    return left == {"unplaced": 0, "undelivered": 0, "failed": []}


@pytest.mark.timeout(3600 if EVENTS > 1000 else 300)
def test_every_event_is_told_though_everything_breaks(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(env={"WEBHOOK_RETRY_SECONDS": PAUSES, "WEBHOOK_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)})
    acme, globex, initech = (stack.new_organization(name, agents=0) for name in ("Acme", "Globex", "Initech"))
    over = threading.Event()
    with receiving() as broken, receiving() as well, receiving() as hanging:
        hanging.script = lambda message: (over.wait(60) and Reply(reset=True)) or Reply(reset=True)
        signatures = Signatures(subscribe(stack, acme, broken), moody(random.Random(7)))
        broken.script = signatures
        subscribe(stack, globex, well)
        subscribe(stack, initech, hanging)
        happen(stack, initech, 40)
        wait_until(lambda: hanging.seen, timeout=60, what="the hanging endpoint is under way")
        told = happen(stack, acme, EVENTS // 4)
        stack.kill("worker")
        told += happen(stack, acme, EVENTS // 4)
        stack.flush_redis()
        stack.kill("worker")  # while nobody has told it of those
        told += happen(stack, acme, EVENTS // 4)
        theirs = happen(stack, globex, OTHERS)
        # The other organisation is told while the first has its trouble and the third hangs.
        wait_until(lambda: {m.id for m in list(well.taken)} >= set(theirs), timeout=60, what="the others are told")
        assert not over.is_set()
        assert hanging.taken == []
        stack.restart_redis(down_seconds=2)
        told += happen(stack, acme, EVENTS // 4)
        wait_until(lambda: all_told(stack, acme), timeout=300 + EVENTS / 4, every=1, what="every event is delivered")
        over.set()
    bodies = defaultdict(set)
    for message in broken.seen:
        bodies[message.id].add(message.body)
    assert {message.id for message in broken.taken} == set(told)  # none lost, none that was rolled back
    assert {len(alike) for alike in bodies.values()} == {1}  # each time byte for byte
    assert signatures.verified >= len(told)
    assert signatures.wrong == []
    told_events = {message.id: message.json for message in broken.taken}
    assert Counter(event["data"]["n"] for event in told_events.values()) == dict.fromkeys(range(EVENTS // 4), 4)
    positions = sorted(event["position"] for event in told_events.values())
    assert positions == list(range(positions[0], positions[0] + len(told)))
    sequences = defaultdict(list)
    for event in told_events.values():
        sequences[event["object"]["id"]].append(event["sequence"])
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in sequences.values())
    assert Counter(message.id for message in broken.seen).most_common(1)[0][1] > 1  # there were duplicates to tell
