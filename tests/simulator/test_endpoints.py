"""Clients (browsers, apps) and SIP users: rung like telephones, named by an address."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.simulator.driver import OURS, Network
from tests.waiting import wait_until

PLACE = {f"{who}{what}" for who in ("To", "Called") for what in ("City", "State", "Zip", "Country")}


def endpoint(network: Network, address: str, **manner: Any) -> str:
    response = network.sim("PUT", "/people/" + quote(address, safe=""), manner)
    assert response.status_code == 200, response.text
    assert response.json()["number"] == address
    return address


@pytest.mark.parametrize("address", ["client:ada", "sip:ada@example.com", "sip:100@192.0.2.7:5060"])
def test_it_is_rung_and_does_what_it_was_told(network: Network, address: str) -> None:
    endpoint(network, address, script=[{"wait_for": "who is it"}, {"say": "Me"}, {"hangup": True}])
    sid = network.place(
        address, "<Say>Hello, who is it</Say><Pause length='60'/>", StatusCallback=network.app.url + "/status",
        StatusCallbackEvent=["initiated", "ringing", "answered", "completed"],
    )  # fmt: skip
    call = network.wait(sid, "completed")
    assert (call["to"], call["to_formatted"], call["from"]) == (address, address, OURS)
    assert network.heard(sid) == [("network", address, "Hello, who is it"), (address, None, "Me")]
    assert [row["sid"] for row in network.http.get("/_sim/calls", params={"to": address}).json()] == [sid]
    assert [c["sid"] for c in network.get("/Calls.json", To=address)["calls"]] == [sid]
    for hit in (*network.app.hits_at("/voice"), *network.app.wait_for("/status", 4)):
        assert (hit.params["To"], hit.params["Called"]) == (address, address)
        assert PLACE & hit.params.keys() == set()  # who is no number lives nowhere
        assert hit.params["FromCountry"] == "US"
        assert ("SipCallId" in hit.params) == address.startswith("sip:")


@pytest.mark.parametrize(("outcome", "status"), [("busy", "busy"), ("no-answer", "no-answer"), ("reject", "busy")])
def test_it_may_not_answer(network: Network, outcome: str, status: str) -> None:
    sid = network.place(endpoint(network, "client:bob", outcome=outcome), "<Hangup/>", Timeout=5)
    assert network.wait(sid, "completed", "busy", "no-answer", "failed")["status"] == status


@pytest.mark.parametrize("address", ["client:carol", "sip:carol@example.com"])
@pytest.mark.parametrize("whisper", ["", "<Gather numDigits='1' action='/in'><Say>Press 1 to accept</Say></Gather>"])
def test_without_a_script_it_is_an_agents_phone(network: Network, address: str, whisper: str) -> None:
    customer = "+14155551401"
    room = f"<Dial><Conference beep='false'>{address}{len(whisper)}</Conference></Dial>"
    network.app.twiml["/in"] = room
    waiting = network.ring_in(customer, room, [{"wait_for": "How can I help"}, {"wait": 2}, {"hangup": True}])
    sid = network.place(address, whisper or room)
    network.wait(waiting, "completed")
    network.wait(sid, "completed")
    assert (address, customer, "Thank you for calling. How can I help you?") in network.heard(sid)


def test_what_follows_the_address_does_not_name_it(network: Network) -> None:
    endpoint(network, "sip:dan@example.com", script=[{"hangup": True}])
    sid = network.place("sip:dan@example.com;transport=tcp?x-order=7", "<Pause length='60'/>")
    assert network.wait(sid, "completed")["to"] == "sip:dan@example.com"
    sid = network.place(endpoint(network, "client:dan", script=[{"hangup": True}]) + "?order=7", "<Pause/>")
    assert network.wait(sid, "completed")["to"] == "client:dan"


@pytest.mark.parametrize(
    "to",
    ["client:", "client:ada lovelace", "client:ada@home", "client:user_290_3)", "client:" + "a" * 257, "sip:",
     "sip:ada", "sip:@example.com", "sip:ada@", "sip:ada @example.com", "sip:ada@-", "sip:ada@" + "a" * 260],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused(network: Network, to: str) -> None:
    call = {"To": to, "From": OURS, "Url": "http://127.0.0.1:1/voice"}
    assert network.refusal("POST", "/Calls.json", **call) == (400, 21211)
    assert network.sim("PUT", "/people/" + quote(to, safe=""), {}).status_code == 400


@pytest.mark.parametrize(
    ("to", "from_", "code"),
    [("client:eve", "client:ada", None), ("sip:eve@example.com", "client:ada", None),
     ("sip:eve@example.com", "front-desk", None), ("client:eve", "front-desk", 21212),
     ("+14155551402", "client:ada", 21212), ("client:eve", "+14155559999", 21210)],
)  # fmt: skip
def test_who_may_seem_to_call(network: Network, to: str, from_: str, code: int | None) -> None:
    call = {"To": to, "From": from_, "Twiml": "<Response><Hangup/></Response>"}
    if code is None:
        assert network.post("/Calls.json", **call)["from"] == from_
    else:
        assert network.refusal("POST", "/Calls.json", **call) == (400, code)


def test_a_client_is_called_into_a_conference(network: Network) -> None:
    address = endpoint(network, "client:fred", script=[])
    body = network.post("/Conferences/desk/Participants.json", From=OURS, To=address, Label="fred")
    room = f"/Conferences/{body['conference_sid']}/Participants/fred.json"
    wait_until(lambda: network.ask("GET", room).status_code == 200)
    assert network.get(room)["call_sid"] == body["call_sid"]
    network.post(f"/Calls/{body['call_sid']}.json", Status="completed")


@pytest.mark.parametrize(
    ("noun", "address"),
    [("<Client{}>gina</Client>", "client:gina"), ("<Client{}><Identity>gina</Identity></Client>", "client:gina"),
     ("<Client{}><Identity>gina</Identity><Parameter name='order' value='7'/></Client>", "client:gina"),
     ("<Sip{}>sip:gina@example.com</Sip>", "sip:gina@example.com")],
)  # fmt: skip
def test_it_is_dialled_with_a_whisper_and_its_progress_told(network: Network, noun: str, address: str) -> None:
    endpoint(network, address, script=[{"wait_for": "hello"}, {"say": "Hi"}, {"wait": 3}, {"hangup": True}])
    network.app.twiml |= {"/whisper": "<Say>A call for you</Say>", "/after": "<Hangup/>"}
    attributes = " url='/whisper' statusCallback='/leg' statusCallbackEvent='initiated ringing answered completed'"
    sid = network.ring_in(
        "+14155551403", f"<Dial action='/after'>{noun.format(attributes)}</Dial>", [{"wait": 12}, {"say": "Oh, hello"}]
    )
    (after,) = network.app.wait_for("/after")
    assert after.params["DialCallStatus"] == "completed"
    assert (after.params.get("DialSipResponseCode"), "DialSipCallId" in after.params) == (
        ("200", True) if address.startswith("sip:") else (None, False)
    )
    leg = network.get("/Calls.json", ParentCallSid=sid)["calls"][0]
    assert (leg["to"], leg["from"], leg["direction"]) == (address, "+14155551403", "outbound-dial")
    assert [h.params["CallStatus"] for h in network.app.wait_for("/leg", 4)] == [
        "initiated", "ringing", "in-progress", "completed",
    ]  # fmt: skip
    heard = network.heard(leg["sid"])
    assert heard[0] == ("network", address, "A call for you")
    assert ("+14155551403", address, "Oh, hello") in heard


@pytest.mark.parametrize(
    ("noun", "code"),
    [("<Sip>sip:nobody</Sip>", 13243), ("<Sip>client:hal</Sip>", 13243), ("<Client>a b</Client>", 13224)],
)  # fmt: skip
def test_a_noun_that_names_nobody_fails_the_dial(network: Network, noun: str, code: int) -> None:
    network.app.twiml["/after"] = "<Hangup/>"
    sid = network.ring_in("+14155551404", f"<Dial action='/after'>{noun}</Dial>", [])
    assert network.app.wait_for("/after")[0].params["DialCallStatus"] == "failed"
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [code]


def test_a_client_calls_in(network: Network) -> None:
    sid = network.ring_in("client:ivy", "<Hangup/>", [])
    network.wait(sid, "completed")
    (hit,) = network.app.hits_at("/inbound")
    assert (hit.params["From"], hit.params["Caller"]) == ("client:ivy", "client:ivy")
    assert not {"FromCountry", "CallerCity", "StirVerstat"} & hit.params.keys()
    assert hit.params["ToCountry"] == "US"


def test_a_client_that_calls_a_number_must_say_whose_number_it_shows(network: Network) -> None:
    friend = network.person("+14155551405", script=[{"hangup": True}])
    sid = network.ring_in("client:ivy", f"<Dial>{friend}</Dial>", [])
    network.wait(sid, "completed")
    assert [e["code"] for e in network.account_of(sid)["errors"]] == [13214]
    sid = network.ring_in("client:ivy", f"<Dial callerId='{OURS}'>{friend}</Dial>", [])
    network.wait(sid, "completed")
    assert [leg["from"] for leg in network.account_of(sid)["legs"]] == [OURS]
