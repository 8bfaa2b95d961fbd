"""Once a listing is acknowledged, nothing leaves any more: listings and contacts at the same time, on PostgreSQL."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from compliance import actions, gate
from tests import people
from tests.people import Caller
from zerovoice.api.errors import Blocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_contact_is_under_way_after_a_listing_was_acknowledged() -> None:
    owner: Caller = people.member(people.organization(), "owner")
    numbers = [f"+1415555{n:04}" for n in range(12)]
    acknowledged: dict[str, float] = {}
    left: list[tuple[str, float]] = []
    stop = threading.Event()

    def contact(seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not stop.is_set():
                number = chance.choice(numbers)
                try:
                    with gate.authorized(organization_id=owner.organization.pk, number=number, channel="sms"):
                        time.sleep(chance.random() * 0.01)  # on its way to the carrier
                        left.append((number, time.monotonic()))
                except Blocked:
                    pass
        finally:
            connection.close()

    def list_all() -> None:
        try:
            for number in numbers:
                time.sleep(0.02)
                assert owner.post("/api/v1/compliance/dnc", {"phone": number}).status_code == 201
                acknowledged[number] = time.monotonic()
        finally:
            connection.close()

    with ThreadPoolExecutor(7) as pool:
        contacts = [pool.submit(contact, seed) for seed in range(6)]
        listing = pool.submit(list_all)
        listing.result(timeout=60)
        stop.set()
        for one in contacts:
            one.result(timeout=30)
    assert len(acknowledged) == len(numbers)
    assert left
    assert not [number for number, at in left if at > acknowledged[number]]


def test_listings_of_the_same_people_at_once_wait_for_each_other() -> None:
    acme = people.organization()
    numbers = [f"+1415555{n:04}" for n in range(300)]

    def add(seed: int) -> int:
        shuffled = random.Random(seed).sample(numbers, len(numbers))
        try:
            new = actions.add_many(organization_id=acme.pk, author=None, entries=[(n, "") for n in shuffled])
            return sum(new)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(add, range(6))) == len(numbers)
