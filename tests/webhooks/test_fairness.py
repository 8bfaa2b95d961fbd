"""Who hangs holds their own share and nobody else's."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from tests import people
from tests.webhooks.receiver import Reply, receiving
from tests.webhooks.things import endpoint_of, happen
from zerovoice.webhooks import claiming, sending
from zerovoice.webhooks.claiming import MOST_OF_LANE, MOST_OF_ORGANIZATION, share
from zerovoice.webhooks.models import Delivery

A, B, C = (uuid.UUID(int=n) for n in (1, 2, 3))


def lane(organization: uuid.UUID, number: int = 0) -> tuple[uuid.UUID, uuid.UUID]:
    return organization, uuid.UUID(int=organization.int * 1000 + number)


def test_room_is_shared_in_turns() -> None:
    assert share({lane(A): 8, lane(B): 8}, {}, 4, set()) == {lane(A): 2, lane(B): 2}
    assert share({lane(A): 8, lane(B): 1}, {}, 4, set()) == {lane(A): 3, lane(B): 1}
    crowd = {lane(A, n): 8 for n in range(20)} | {lane(B): 8}
    shared = share(crowd, {}, 10, set())
    assert (sum(shared.values()), shared[lane(B)]) == (10, 5)
    assert max(number for (who, _), number in shared.items() if who == A) == 1


def test_a_lane_and_an_organisation_have_their_bounds() -> None:
    assert share({lane(A): 100}, {}, 64, set()) == {lane(A): MOST_OF_LANE}
    assert share({lane(A): 100}, {lane(A): MOST_OF_LANE - 1}, 64, set()) == {lane(A): 1}
    assert share({lane(A): 100}, {lane(A): MOST_OF_LANE}, 64, set()) == {}
    many = {lane(A, n): 8 for n in range(20)}
    assert sum(share(many, {}, 64, set()).values()) == MOST_OF_ORGANIZATION
    busy = {lane(A, 90 + n): 8 for n in range(3)}
    assert sum(share(many, busy, 64, set()).values()) == max(0, MOST_OF_ORGANIZATION - 24)


def test_who_was_slow_gets_little() -> None:
    assert share({lane(A): 8, lane(B): 8}, {}, 64, {lane(A)[1]}) == {lane(A): 1, lane(B): 8}
    many = {lane(A, n): 8 for n in range(20)}
    assert sum(share(many, {}, 64, {A}).values()) == claiming.MOST_OF_SLOW_ORGANIZATION


@pytest.mark.django_db
def test_a_hanging_endpoint_does_not_hold_up_another_organisation(quick: Callable[..., None]) -> None:
    quick(0, timeout=8.0)
    acme, globex = people.organization(), people.organization("Globex")
    over = threading.Event()
    order: list[str] = []
    meanwhile: list[int] = []

    def hang(message: object) -> Reply:
        over.wait(6)
        order.append("hung")
        return Reply(500)

    with receiving() as hanging, receiving() as other:
        hanging.script = hang  # type: ignore[assignment]
        other.script = lambda message: order.append("told") or Reply()  # type: ignore[func-returns-value]
        endpoint_of(acme, hanging.url)
        endpoint_of(globex, other.url)
        for _ in range(60):
            happen(acme)
        for _ in range(60):
            happen(globex)

        def when_all_are_told() -> Reply:
            order.append("told")
            if order.count("told") == 60:
                meanwhile.append(len(hanging.seen))
                over.set()
            return Reply()

        other.script = lambda message: when_all_are_told()
        sending.send(seconds=2)
    assert order[:60] == ["told"] * 60
    assert Counter(Delivery.objects.filter(organization=globex).values_list("state", flat=True)) == {"delivered": 60}
    assert 1 <= meanwhile[0] <= 2 * MOST_OF_LANE  # the hanging ones were attempted, a few at a time
