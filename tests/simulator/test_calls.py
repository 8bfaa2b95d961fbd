"""Calls from being placed to being over, and what is told on the way."""

from email.utils import parsedate_to_datetime

import pytest

from tests.simulator.driver import OURS, Network


def test_an_answered_call_reports_its_progress_in_order(network: Network) -> None:
    person = network.person("+14155551001", script=[{"say": "Hello there"}, {"wait": 20}, {"hangup": True}])

    sid = network.place(
        person,
        "<Pause length='60'/>",
        StatusCallback=network.app.url + "/status",
        StatusCallbackEvent=["initiated", "ringing", "answered", "completed"],
    )
    network.app.wait_for("/status", CallStatus="completed")

    notices = [h.params for h in network.app.hits_at("/status")]
    assert [n["CallStatus"] for n in notices] == ["initiated", "ringing", "in-progress", "completed"]
    assert [n["SequenceNumber"] for n in notices] == ["0", "1", "2", "3"]
    assert {n["CallSid"] for n in notices} == {sid}
    assert {n["CallbackSource"] for n in notices} == {"call-progress-events"}
    assert all(parsedate_to_datetime(n["Timestamp"]) for n in notices)
    assert "CallDuration" not in notices[2]
    call = network.get(f"/Calls/{sid}.json")
    assert notices[3]["CallDuration"] == call["duration"]
    assert 20 <= int(call["duration"]) <= 40
    assert notices[3]["Duration"] == "1"  # minutes
    assert notices[3]["SipResponseCode"] == "200"


def test_without_events_only_the_end_is_told(network: Network) -> None:
    person = network.person("+14155551002", script=[{"hangup": True}])
    network.place(person, "<Pause length='60'/>", StatusCallback=network.app.url + "/status")
    network.app.wait_for("/status", CallStatus="completed")
    assert len(network.app.hits_at("/status")) == 1


@pytest.mark.parametrize(
    ("outcome", "status", "sip"),
    [("busy", "busy", "486"), ("reject", "busy", "603"), ("no-answer", "no-answer", "487"),
     ("unreachable", "failed", "404")],
)  # fmt: skip
def test_who_does_not_answer_never_hears_anything(network: Network, outcome: str, status: str, sip: str) -> None:
    person = network.person("+14155551003", outcome=outcome)
    sid = network.place(person, "<Say>Hello</Say>", Timeout=10, StatusCallback=network.app.url + "/status")
    (notice,) = network.app.wait_for("/status", CallStatus=status)
    assert notice.params["SipResponseCode"] == sip
    assert notice.params["CallDuration"] == "0"
    assert network.get(f"/Calls/{sid}.json")["status"] == status
    assert network.app.hits_at("/voice") == []
    assert network.account_of(sid)["heard"] == []


def test_a_ring_lasts_the_timeout_and_twilios_five_seconds(network: Network) -> None:
    person = network.person("+14155551004", answer_after=12)
    assert (
        network.wait(network.place(person, "<Hangup/>", Timeout=10), "completed", "no-answer")["status"] == "completed"
    )
    network.person(person, answer_after=15)
    assert (
        network.wait(network.place(person, "<Hangup/>", Timeout=10), "completed", "no-answer")["status"] == "no-answer"
    )


def test_a_ringing_call_is_canceled(network: Network) -> None:
    person = network.person("+14155551005", answer_after=50)
    sid = network.place(person, "<Say>Hello</Say>")
    network.wait(sid, "ringing")
    assert network.post(f"/Calls/{sid}.json", Status="completed")["status"] == "canceled"
    assert network.refusal("POST", f"/Calls/{sid}.json", Status="completed") == (400, 21220)


def test_canceled_does_not_touch_a_call_in_progress(network: Network) -> None:
    person = network.person("+14155551006", script=[])
    sid = network.place(person, "<Pause length='100'/>")
    network.wait(sid, "in-progress")
    assert network.post(f"/Calls/{sid}.json", Status="canceled")["status"] == "in-progress"
    assert network.post(f"/Calls/{sid}.json", Status="completed")["status"] == "completed"


def test_a_call_is_redirected_only_in_progress(network: Network) -> None:
    person = network.person("+14155551007", script=[], answer_after=5)
    sid = network.place(person, "<Pause length='100'/>")
    assert network.refusal("POST", f"/Calls/{sid}.json", Twiml="<Response/>") == (400, 21220)
    network.wait(sid, "in-progress")
    network.app.twiml["/second"] = "<Say>This is the second document</Say>"
    network.post(f"/Calls/{sid}.json", Url=network.app.url + "/second")
    network.wait(sid, "completed")
    assert ("network", person, "This is the second document") in network.heard(sid)


def test_a_time_limit_ends_the_call(network: Network) -> None:
    sid = network.place(network.person("+14155551008", script=[]), "<Pause length='100'/>", TimeLimit=10)
    assert int(network.wait(sid, "completed")["duration"]) in range(10, 16)


def test_a_list_has_filters_and_pages_that_do_not_shift(network: Network) -> None:
    person = network.person("+14155551009", outcome="busy")
    sids = [network.place(person) for _ in range(5)]
    for sid in sids:
        network.wait(sid, "busy")
    first = network.get("/Calls.json", To=person, PageSize=2)
    assert [c["sid"] for c in first["calls"]] == [sids[4], sids[3]]
    network.place(person)
    second = network.get(first["next_page_uri"].split("?")[0], **dict(
        pair.split("=") for pair in first["next_page_uri"].replace("%2B", "+").split("?")[1].split("&")
    ))  # fmt: skip
    assert [c["sid"] for c in second["calls"]] == [sids[2], sids[1]]
    assert second["previous_page_uri"] is not None
    assert network.get("/Calls.json", To=person, Status="completed")["calls"] == []
    assert network.get("/Calls.json", To=person, **{"StartTime<": "2001-01-01"})["calls"] == []
    assert len(network.get("/Calls.json", To=person, From=OURS, **{"StartTime>": "2001-01-01T00:00:00Z"})["calls"]) >= 5


def test_a_machine_is_told_from_a_person(network: Network) -> None:
    machine = network.person("+14155551010", outcome="machine")
    sid = network.place(machine, lambda params: f"<Say>You are {params['AnsweredBy']}</Say>", MachineDetection="Enable")
    assert network.wait(sid, "completed")["answered_by"] == "machine_start"
    assert ("network", machine, "You are machine_start") in network.heard(sid)

    human = network.person("+14155551011", script=[])
    sid = network.place(
        human, "<Pause length='30'/>", MachineDetection="DetectMessageEnd", AsyncAmd="true",
        AsyncAmdStatusCallback=network.app.url + "/amd",
    )  # fmt: skip
    (notice,) = network.app.wait_for("/amd", AnsweredBy="human")
    assert notice.params["CallSid"] == sid
    assert "AnsweredBy" not in network.app.hits_at("/voice", CallSid=sid)[0].params


def test_an_inbound_call_rings_the_number_and_reports_its_end(network: Network) -> None:
    sid = network.ring_in(
        "+14155551012", "<Say>Welcome</Say>", [{"wait": 30}], StatusCallback=network.app.url + "/number-status"
    )
    (notice,) = network.app.wait_for("/number-status", CallStatus="completed")
    (fetch,) = network.app.hits_at("/inbound")
    assert fetch.params["CallStatus"] == "ringing"
    assert fetch.params["Direction"] == notice.params["Direction"] == "inbound"
    assert (fetch.params["From"], fetch.params["To"]) == ("+14155551012", OURS)
    assert network.heard(sid) == [("network", "+14155551012", "Welcome")]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_caller_was_never_answered(network: Network, reason: str, status: str) -> None:
    sid = network.ring_in("+14155551013", f"<Reject reason='{reason}'/>", [])
    assert network.wait(sid, "busy", "no-answer")["status"] == status
    assert network.account_of(sid)["answer_time"] is None
