"""Everything that the simulator takes and answers is in Twilio's own description of its API.

Each answer of every other test here is checked as well, by the driver; this walks all operations in one go.
"""

import re

import pytest

from tests.simulator.driver import OURS, Network
from tests.waiting import wait_until
from zerovoice.simulator.rest import PAGING
from zerovoice.simulator.server import ROUTES

OPERATIONS = [
    (route.method, prefix + route.path, route) for prefix, route in ROUTES if route.path.endswith(".json")
]  # fmt: skip


def concrete(path: str) -> str:
    """The path with its parameters filled in: the first of a choice, any word otherwise."""
    path = re.sub(r"\{\w+:([A-Za-z]+)(\|[A-Za-z|]+)?\}", r"\1", path)
    return re.sub(r"\{[^{}]*(\{\d+\})?[^{}]*\}", "X", path)


@pytest.fixture
def described(network: Network) -> Network:
    if network.description is None:
        pytest.skip("Twilio's description is not here: set TWILIO_OPENAPI to twilio-api-v2010.openapi.json")
    return network


@pytest.mark.parametrize("operation", OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_every_parameter_is_one_of_twilios(described: Network, operation: tuple) -> None:
    method, path, route = operation
    assert described.description is not None
    known = described.description.parameters(method, concrete(path))
    taken = route.params | (PAGING if route.listing else frozenset())
    assert taken <= known, f"Twilio's {method} {path} has no {sorted(taken - known)}"


def test_every_answer_is_as_twilio_describes_it(described: Network) -> None:
    """One call with everything: recording, conference, participant; messages, numbers, accounts."""
    network, description = described, described.description
    assert description is not None
    description.checked.clear()
    person = network.person("+14155557301", script=[{"wait": 200}])
    call = network.place(person, "<Dial><Conference record='record-from-start'>described</Conference></Dial>")
    network.wait(call, "in-progress")
    wait_until(lambda: network.account_of(call)["conference"])
    other = network.place(person, "<Dial><Conference>described</Conference></Dial>", path="/b")
    network.wait(other, "in-progress")
    network.get("/Calls.json")
    recording = network.post(f"/Calls/{call}/Recordings.json")["sid"]
    network.post(f"/Calls/{call}/Recordings/{recording}.json", Status="stopped")
    network.get(f"/Calls/{call}/Recordings.json")
    network.get(f"/Calls/{call}/Recordings/{recording}.json")
    network.get("/Recordings.json")
    network.get(f"/Recordings/{recording}.json")
    while not (
        rooms := network.get("/Conferences.json", FriendlyName="described", Status="in-progress")["conferences"]
    ):
        pass
    room = f"/Conferences/{rooms[0]['sid']}"
    network.get(f"{room}.json")
    mixed = network.get(f"{room}/Recordings.json")["recordings"][0]["sid"]
    network.get(f"{room}/Recordings/{mixed}.json")
    network.get(f"{room}/Participants.json")
    network.get(f"{room}/Participants/{call}.json")
    network.post(f"{room}/Participants/{call}.json", Muted="true")
    network.post(f"{room}/Participants.json", From=OURS, To="+14155557302")
    network.delete(f"{room}/Participants/{call}.json")
    network.post(f"{room}.json", Status="completed")
    network.wait(other, "completed")
    network.post(f"/Calls/{network.place(person)}.json", Status="completed")
    network.delete(f"/Calls/{call}/Recordings/{recording}.json")
    network.delete(f"/Calls/{call}.json")
    wait_until(lambda: network.get(f"/Recordings/{mixed}.json")["status"] == "completed")
    network.delete(f"/Recordings/{mixed}.json")
    message = network.post("/Messages.json", From=OURS, To=person, Body="Hi", MediaUrl="https://example.com/a.png")[
        "sid"
    ]
    medium = network.get(f"/Messages/{message}/Media.json")["media_list"][0]["sid"]
    network.get(f"/Messages/{message}/Media/{medium}.json")
    network.delete(f"/Messages/{message}/Media/{medium}.json")
    network.get("/Messages.json")
    wait_until(lambda: network.get(f"/Messages/{message}.json")["status"] == "delivered")
    network.post(f"/Messages/{message}.json", Body="")
    network.delete(f"/Messages/{message}.json")
    number = network.post("/IncomingPhoneNumbers.json", AreaCode="312")["sid"]
    network.get("/IncomingPhoneNumbers.json")
    network.get(f"/IncomingPhoneNumbers/{number}.json")
    network.post(f"/IncomingPhoneNumbers/{number}.json", VoiceUrl="https://example.com/voice")
    network.delete(f"/IncomingPhoneNumbers/{number}.json")
    for kind in ("Local", "TollFree"):
        network.get(f"/AvailablePhoneNumbers/US/{kind}.json")
    network.get("/AvailablePhoneNumbers/GB/Mobile.json")
    account = network.post("/2010-04-01/Accounts.json")["sid"]
    network.get("/2010-04-01/Accounts.json")
    network.get(f"/2010-04-01/Accounts/{account}.json")
    network.post(f"/2010-04-01/Accounts/{account}.json", Status="closed")
    expected = {(method, description.template(concrete(path))) for method, path, _ in OPERATIONS}
    assert expected - description.checked == set()
