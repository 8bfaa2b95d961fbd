"""Messages: left, listened to, marked, answered."""

import io
import wave
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.company import STAYS, Company, leg

GREETING = "This is Acme. We are closed. Please leave a message."
MESSAGE = "Hello, this is Maria Lopez. Please call me back about my order."
LEAVES = [{"wait_for": GREETING}, {"wait": 1}, {"say": MESSAGE}, {"hangup": True}]


@pytest.fixture
def office(new_company: Callable[..., Company]) -> Company:
    office = new_company(agents=1)
    office.set_queue(voicemail_greeting=GREETING)
    office.route("voicemail")
    return office


def fetched(office: Company, call_id: str) -> dict[str, Any]:
    def one() -> dict[str, Any] | None:
        return next(
            (m for m in office.get("/voicemails")["results"] if m["call_id"] == call_id and m["audio_url"]), None
        )

    return office.until(one, 60, "the message is there")


def test_a_message_is_kept_with_its_sound(office: Company) -> None:
    call_id, caller = office.receive(LEAVES)
    call = office.in_the_books(call_id)
    assert (call["disposition"], call["hung_up_by"], call["talk_seconds"]) == ("voicemail", "customer", 0)
    message = fetched(office, call_id)
    assert (message["from_number"], message["status"], message["queue"]["id"]) == (caller, "new", office.queue_id)
    assert 3 <= message["duration_seconds"] <= 9
    sound = office.api.get(f"/voicemails/{message['id']}/audio")
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getnchannels() == 1
        assert file.getnframes() / file.getframerate() == pytest.approx(message["duration_seconds"], abs=1)
        loudest = max(file.readframes(file.getnframes()))
    assert loudest > 0
    part = office.api.get(f"/voicemails/{message['id']}/audio", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)


def test_who_presses_the_key_that_ends_it_is_thanked(office: Company) -> None:
    script = [*LEAVES[:3], {"press": "#"}, {"wait": 30}]
    call_id, caller = office.receive(script)
    assert office.in_the_books(call_id)["disposition"] == "voicemail"
    assert office.heard(caller)[-1] == ("network", "Thank you for your message. Goodbye.")


def test_who_says_nothing_has_left_no_message(office: Company) -> None:
    call_id, _ = office.receive([{"wait_for": GREETING}, {"wait": 2}, {"hangup": True}])
    assert office.in_the_books(call_id)["disposition"] == "abandoned"
    assert office.get("/voicemails")["count"] == 0


def test_in_an_agents_own_box(office: Company) -> None:
    agent = office.agent()
    office.api.patch(f"/agents/{agent.id}", json={"voicemail_greeting": "Ann is away. " + GREETING}).raise_for_status()
    office.route("voicemail", agent.id)
    call_id, _ = office.receive(LEAVES)
    message = fetched(office, call_id)
    assert (message["agent"]["id"], message["queue"]) == (agent.id, None)
    ann = office.member("agent", agent)
    assert ann.get("/voicemails").json()["count"] == 1
    assert office.member("agent").get("/voicemails").json()["count"] == 0, "a colleague who is no agent sees none"


def test_read_archived_and_filtered(office: Company) -> None:
    call_id, _ = office.receive(LEAVES)
    message = fetched(office, call_id)
    for status in ("read", "archived"):
        assert office.api.patch(f"/voicemails/{message['id']}", json={"status": status}).json()["status"] == status
        assert office.get("/voicemails", status=status)["count"] == 1
        assert office.get("/voicemails", status="new")["count"] == 0
    assert office.api.patch(f"/voicemails/{message['id']}", json={"status": "lost"}).status_code == 400


def test_a_message_whose_notice_is_lost_is_found(office: Company) -> None:
    office.sim.faults(callbacks={"drop": 1.0})
    call_id, caller = office.receive(LEAVES)
    office.until(lambda: office.network_legs(caller)[0]["end_time"], 60)
    office.sim.clear_faults()
    office.until(lambda: office.get("/voicemails")["count"] == 1, 240, "the carrier was asked")
    office.until(lambda: office.call(call_id)["disposition"] == "voicemail", 60)


def test_the_caller_is_called_back(office: Company) -> None:
    call_id, caller = office.receive(LEAVES)
    message = fetched(office, call_id)
    office.behaves(caller, [{"say": "Maria speaking."}, {"wait": 1}] * 50)
    answer = office.api.post(f"/voicemails/{message['id']}/call-back", json={})
    assert (answer.status_code, answer.json()["original_id"]) == (201, call_id)
    back = answer.json()["id"]
    call = office.until_talking(back, office.agent())
    assert (call["to_number"], call["queue"]["id"]) == (caller, office.queue_id)


def test_an_agent_who_calls_back_is_rung_first(office: Company) -> None:
    call_id, caller = office.receive(LEAVES)
    message = fetched(office, call_id)
    office.behaves(caller, STAYS)
    ann = office.member("agent", office.agent())
    back = ann.post(f"/voicemails/{message['id']}/call-back", json={}).json()["id"]
    call = office.until_talking(back, office.agent())
    assert call["queue"] is None
    assert leg(call, "agent")["accepted_at"] < call["answered_at"]
