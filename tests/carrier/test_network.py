"""The gateway against the simulated network: what we mean is what Twilio's API does."""

import time
from datetime import timedelta

import pytest

from tests.waiting import wait_until
from zerovoice.carrier import gateway
from zerovoice.carrier.errors import Ambiguous, CallNotInProgress, RefusalMeaning, Refused, Unavailable
from zerovoice.carrier.health import check
from zerovoice.carrier.results import NumberAddresses
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db

OURS = "+12025550100"


@pytest.fixture
def network(simulator, settings):
    """The instance's gateway with quick limits; our number belongs to the account."""
    settings.TWILIO_API_URL = simulator.url
    settings.CARRIER_READ_TIMEOUT_SECONDS = 3.0
    settings.CARRIER_BREAKER_FAILURES = 3
    settings.CARRIER_BREAKER_RESET_SECONDS = 3
    simulator.add_number(OURS)
    return gateway.for_account_sid(settings.TWILIO_ACCOUNT_SID)


@pytest.fixture
def person():
    """A number that no other test rings."""
    return f"+1202{new_id().int % 8_000_000 + 2_000_000}"


def ring(network, to):
    return network.create_call(
        to=to, from_=OURS, url="http://nobody.invalid/a", status_callback="http://nobody.invalid/s", timeout_seconds=30
    )


def test_a_call_is_placed_followed_and_canceled(network, simulator, person):
    simulator.person(person, outcome="no-answer")
    before = clock.now()
    placed = ring(network, person)
    assert (placed.to, placed.from_, placed.direction) == (person, OURS, "outbound")
    assert placed.status in ("queued", "initiated", "ringing")
    assert abs((placed.created_at - before).total_seconds()) < 5
    assert network.fetch_call(sid=placed.sid).sid == placed.sid
    assert [c.sid for c in network.find_calls(to=person, from_=OURS, started_after=before)] == [placed.sid]
    assert network.find_calls(to=person, from_=OURS, started_after=clock.now() + timedelta(minutes=1)) == []
    ended = network.end_call(sid=placed.sid)
    assert ended.status == "canceled"
    assert network.end_call(sid=placed.sid).status == "canceled"  # once more is a success too
    with pytest.raises(CallNotInProgress):
        network.redirect_call(sid=placed.sid, url="http://nobody.invalid/b")


@pytest.mark.parametrize(
    ("to", "code", "meaning"),
    [
        ("+15005550001", 21217, RefusalMeaning.INVALID_NUMBER),
        ("+15005550002", 21214, RefusalMeaning.INVALID_NUMBER),
        ("+15005550003", 21215, RefusalMeaning.DESTINATION_FORBIDDEN),
        ("+15005550004", 21216, RefusalMeaning.BLOCKED),
    ],
)
def test_magic_numbers_are_refused_with_our_reason(network, to, code, meaning):
    with pytest.raises(Refused) as refused:
        ring(network, to)
    assert (refused.value.code, refused.value.meaning, refused.value.field) == (code, meaning, "to_number")


def test_a_call_that_does_not_exist(network):
    with pytest.raises(Refused) as refused:
        network.fetch_call(sid="CA" + "0" * 32)
    assert refused.value.meaning == RefusalMeaning.NOT_FOUND


def test_numbers(network):
    number = f"+1303{new_id().int % 8_000_000 + 2_000_000}"
    bought = network.buy_number(
        phone_number=number, friendly_name="Support",
        addresses=NumberAddresses("https://x.example/v", "https://x.example/f", "https://x.example/s"),
    )  # fmt: skip
    assert (bought.phone_number, bought.friendly_name, bought.voice) == (number, "Support", True)
    assert bought in network.list_numbers()
    assert network.find_number(phone_number=number) == bought
    assert network.find_number(phone_number=number[:-1]) is None, "a part of a number is another number"
    assert network.update_number(sid=bought.sid, friendly_name="Sales").friendly_name == "Sales"
    network.release_number(sid=bought.sid)
    network.release_number(sid=bought.sid)
    assert number not in [row.phone_number for row in network.list_numbers()]


def test_numbers_for_sale(network):
    for kind, area in (("local", "415"), ("toll_free", "888")):
        found = network.search_numbers(country="US", number_type=kind, area_code=area, limit=3)
        assert len(found) == 3
        assert all(n.phone_number.startswith(f"+1{area}") and (n.number_type, n.country) == (kind, "US") for n in found)
    assert all(
        n.phone_number.endswith("4663")
        for n in network.search_numbers(country="US", number_type="local", contains="HOME")
    )
    with pytest.raises(Refused) as refused:
        network.search_numbers(country="US", number_type="mobile")
    assert refused.value.meaning == "not_found"


@pytest.mark.parametrize("fault", [{"kind": "500"}, {"kind": "reset"}, {"kind": "timeout", "seconds": 5}])
def test_an_ambiguous_create_can_be_found(network, simulator, person, fault):
    """The network acted and then failed: nothing is repeated, and one call is there to be found."""
    simulator.person(person, outcome="no-answer")
    before = clock.now()
    simulator.faults(rest=[{"path": "/Calls.json", "after": True, "rate": 1, **fault}])
    with pytest.raises(Ambiguous):
        ring(network, person)
    simulator.clear_faults()
    found = wait_until(lambda: network.find_calls(to=person, from_=OURS, started_after=before), timeout=5)
    assert len(found) == 1
    network.end_call(sid=found[0].sid)


def test_the_networks_429_is_waited_out(network, simulator):
    simulator.faults(rest=[{"path": "/IncomingPhoneNumbers", "kind": "429", "rate": 1}])
    with pytest.raises(Unavailable):
        network.list_numbers()
    asked = [row for row in simulator.requests() if "IncomingPhoneNumbers" in row["path"] and row["status"] == 429]
    assert len(asked) > 1
    simulator.clear_faults()
    network.list_numbers()


def test_readiness_follows_the_network(network, simulator):
    from zerovoice.api.health import Unhealthy

    check()
    simulator.faults(rest=[{"path": ".*", "kind": "500", "rate": 1}])
    for _ in range(3):
        with pytest.raises(Unhealthy, match="Twilio"):
            check()
    count = len(simulator.requests())
    with pytest.raises(Unhealthy, match="circuit breaker open"):
        check()
    assert len(simulator.requests()) == count
    simulator.clear_faults()
    time.sleep(3.1)
    check()


def test_readiness_tells_wrong_credentials(network, settings):
    from zerovoice.api.health import Disabled, Unhealthy

    settings.TWILIO_AUTH_TOKEN = "wrong"
    with pytest.raises(Unhealthy, match="credentials"):
        check()
    settings.TWILIO_ACCOUNT_SID = ""
    with pytest.raises(Disabled):
        check()
