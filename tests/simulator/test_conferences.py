"""Conferences: who hears whom, what is told, what the API changes."""

from tests.simulator.driver import Network
from tests.waiting import wait_until

EVENTS = "start end join leave mute hold modify announcement"


def room(name: str, **attributes: str) -> str:
    given = {"beep": "false", "statusCallback": "/conference", "statusCallbackEvent": EVENTS} | attributes
    text = " ".join(f'{key}="{value}"' for key, value in given.items())
    return f"<Dial><Conference {text}>{name}</Conference></Dial>"


def talker(network: Network, number: str, line: str) -> str:
    """Says its line every five seconds or so."""
    return network.person(number, script=[{"wait": 1}, *([{"say": line}, {"wait": 4}] * 30)])


def conference(network: Network, name: str, status: str = "in-progress") -> str:
    def found() -> str | None:
        listed = network.get("/Conferences.json", FriendlyName=name, Status=status)["conferences"]
        return listed[0]["sid"] if listed else None

    return wait_until(found, timeout=20, what=f"conference {name} {status}")


def two(network: Network, name: str, a: str, b: str) -> tuple[str, str, str]:
    first = network.place(talker(network, a, "Alpha speaking"), room(name), path="/" + name)
    second = network.place(talker(network, b, "Bravo speaking"), room(name), path="/" + name)
    return first, second, conference(network, name)


def events(network: Network) -> list[str]:
    return [h.params["StatusCallbackEvent"] for h in network.app.hits_at("/conference")]


def end(network: Network, *sids: str) -> None:
    for sid in sids:
        network.post(f"/Calls/{sid}.json", Status="completed")


def test_participants_hear_each_other_and_every_event_is_told(network: Network) -> None:
    a, b, sid = two(network, "mixing", "+14155555001", "+14155555002")
    wait_until(lambda: ("+14155555002", "+14155555001", "Bravo speaking") in network.heard(a), timeout=20)
    assert ("+14155555001", "+14155555002", "Alpha speaking") in network.heard(b)
    end(network, a, b)
    network.app.wait_for("/conference", StatusCallbackEvent="conference-end")
    assert events(network) == [
        "participant-join", "participant-join", "conference-start", "participant-leave", "participant-leave",
        "conference-end",
    ]  # fmt: skip
    notices = [h.params for h in network.app.hits_at("/conference")]
    assert [n["SequenceNumber"] for n in notices] == [str(i) for i in range(6)]
    assert {n["ConferenceSid"] for n in notices} == {sid}
    assert {n["FriendlyName"] for n in notices} == {"mixing"}
    assert notices[3]["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert notices[5]["ReasonConferenceEnded"] == "last-participant-left"
    assert network.get(f"/Conferences/{sid}.json")["status"] == "completed"


def test_a_name_recurs_but_a_sid_does_not(network: Network) -> None:
    a, b, first = two(network, "again", "+14155555003", "+14155555004")
    end(network, a, b)
    conference(network, "again", "completed")
    a, b, second = two(network, "again", "+14155555003", "+14155555004")
    end(network, a, b)
    assert first != second


def test_it_waits_for_who_may_start_it(network: Network) -> None:
    quiet = room("late", startConferenceOnEnter="false")
    a = network.place(talker(network, "+14155555005", "Alpha"), quiet, path="/late-a")
    b = network.place(talker(network, "+14155555006", "Bravo"), quiet, path="/late-b")
    network.app.wait_for("/conference", 2, StatusCallbackEvent="participant-join")
    conference(network, "late", "init")
    c = network.place(talker(network, "+14155555007", "Charlie"), room("late"), path="/late-c")
    conference(network, "late", "in-progress")
    wait_until(lambda: ("+14155555007", "+14155555005", "Charlie") in network.heard(a), timeout=20)
    assert network.heard(a, "music")[0] == ("network", "+14155555005", "hold music")
    end(network, a, b, c)


def test_on_hold_nobody_is_heard_but_the_music(network: Network) -> None:
    a, b, sid = two(network, "holding", "+14155555008", "+14155555009")
    path = f"/Conferences/{sid}/Participants/{a}.json"
    assert network.post(path, Hold="true")["hold"] is True
    network.app.wait_for("/conference", StatusCallbackEvent="participant-hold", CallSid=a, Hold="true")
    before = len(network.heard(b))
    wait_until(lambda: any(r["kind"] == "music" and r["text"] == "hold music" for r in network.account_of(a)["heard"]))
    wait_until(lambda: len(network.account_of(a)["heard"]) > 8, timeout=20)
    held = [line for line in network.heard(b)[before:] if line[0] == "+14155555008" and line[1] is not None]
    assert held == []
    assert network.post(path, Hold="false")["hold"] is False
    network.app.wait_for("/conference", StatusCallbackEvent="participant-unhold")
    count = len([line for line in network.heard(a) if line[0] == "+14155555009"])
    wait_until(lambda: len([x for x in network.heard(a) if x[0] == "+14155555009"]) > count, timeout=20)
    end(network, a, b)


def test_a_hold_url_may_only_play(network: Network) -> None:
    a, b, sid = two(network, "hold-url", "+14155555010", "+14155555011")
    network.app.twiml["/hold"] = "<Say>Please stay on the line</Say>"
    network.post(f"/Conferences/{sid}/Participants/{a}.json", Hold="true", HoldUrl=network.app.url + "/hold")
    wait_until(lambda: ("network", "+14155555010", "Please stay on the line") in network.heard(a), timeout=20)
    network.app.twiml["/bad"] = "<Gather><Say>Press</Say></Gather>"
    network.post(f"/Conferences/{sid}/Participants/{b}.json", Hold="true", HoldUrl=network.app.url + "/bad")
    wait_until(lambda: [e["code"] for e in network.account_of(b)["errors"]] == [13238], timeout=20)
    end(network, a, b)


def test_a_muted_participant_is_not_heard(network: Network) -> None:
    a, b, sid = two(network, "muting", "+14155555012", "+14155555013")
    assert network.post(f"/Conferences/{sid}/Participants/{a}.json", Muted="true")["muted"] is True
    network.app.wait_for("/conference", StatusCallbackEvent="participant-mute", CallSid=a)
    before = len(network.account_of(a)["heard"])
    wait_until(lambda: len(network.account_of(a)["heard"]) > before + 6, timeout=20)
    said = [r for r in network.account_of(a)["heard"][before:] if r["speaker"] == "+14155555012"]
    assert said
    assert [r for r in said[1:] if r["listener"]] == []
    end(network, a, b)


def test_one_who_is_removed_goes_on_after_the_dial(network: Network) -> None:
    a, b, sid = two(network, "removing", "+14155555014", "+14155555015")
    network.delete(f"/Conferences/{sid}/Participants/{a}.json")
    network.wait(a, "completed")
    assert network.refusal("GET", f"/Conferences/{sid}/Participants/{a}.json") == (404, 20404)
    assert [p["call_sid"] for p in network.get(f"/Conferences/{sid}/Participants.json")["participants"]] == [b]
    assert network.get(f"/Calls/{b}.json")["status"] == "in-progress"
    end(network, b)


def test_ending_it_by_the_api_ends_it_for_all(network: Network) -> None:
    a, b, sid = two(network, "closing", "+14155555016", "+14155555017")
    body = network.post(f"/Conferences/{sid}.json", Status="completed")
    assert (body["status"], body["reason_conference_ended"]) == ("completed", "conference-ended-via-api")
    network.wait(a, "completed")
    network.wait(b, "completed")
    leaves = network.app.wait_for("/conference", 2, StatusCallbackEvent="participant-leave")
    assert {h.params["ReasonParticipantLeft"] for h in leaves} == {"conference_ended_via_api"}


def test_who_ends_it_on_exit_takes_everyone_along(network: Network) -> None:
    a = network.place(
        talker(network, "+14155555018", "Alpha"), room("boss", endConferenceOnExit="true"), path="/boss-a"
    )
    b = network.place(talker(network, "+14155555019", "Bravo"), room("boss"), path="/boss-b")
    sid = conference(network, "boss")
    assert network.get(f"/Conferences/{sid}/Participants/{a}.json")["end_conference_on_exit"] is True
    end(network, a)
    network.wait(b, "completed")
    (ended,) = network.app.wait_for("/conference", StatusCallbackEvent="conference-end")
    assert ended.params["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended.params["CallSidEndingConference"] == a


def test_a_participant_can_be_called_in(network: Network) -> None:
    a, b, sid = two(network, "inviting", "+14155555020", "+14155555021")
    third = talker(network, "+14155555022", "Charlie here")
    body = network.post(
        f"/Conferences/{sid}/Participants.json", From="+15005550006", To=third, Label="third", EarlyMedia="true",
        Beep="false",
    )  # fmt: skip
    assert (body["status"], body["conference_sid"]) == ("queued", sid)
    wait_until(lambda: ("+14155555022", "+14155555020", "Charlie here") in network.heard(a), timeout=20)
    assert network.get(f"/Conferences/{sid}/Participants/third.json")["call_sid"] == body["call_sid"]
    end(network, a, b, body["call_sid"])


def test_an_announcement_is_heard_by_the_one_it_is_for(network: Network) -> None:
    a, b, sid = two(network, "announcing", "+14155555023", "+14155555024")
    network.app.twiml["/announce"] = "<Say>One minute left</Say>"
    network.post(f"/Conferences/{sid}/Participants/{a}.json", AnnounceUrl=network.app.url + "/announce")
    network.app.wait_for("/conference", StatusCallbackEvent="announcement-end")
    assert ("network", "+14155555023", "One minute left") in network.heard(a)
    assert all(text != "One minute left" for _, _, text in network.heard(b))
    end(network, a, b)


def test_the_wait_url_plays_until_the_conference_starts(network: Network) -> None:
    network.app.twiml["/wait"] = "<Say>Someone will be with you</Say><Pause length='2'/>"
    a = network.place(talker(network, "+14155555025", "Alpha"), room("waiting", waitUrl="/wait"), path="/waiting")
    wait_until(lambda: network.heard(a).count(("network", "+14155555025", "Someone will be with you")) >= 2, timeout=20)
    end(network, a)
    network.app.wait_for("/conference", StatusCallbackEvent="conference-end")
