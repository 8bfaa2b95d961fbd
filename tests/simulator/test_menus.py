"""Menus behind menus: a key that answers what was heard is never lost, however fast the clock and slow the machine."""

import time

from tests.simulator.driver import OURS, Network


def test_every_key_of_thirty_callers_reaches_its_menu(network: Network) -> None:
    """All menus say "press 2": the phrase of the next one must not be taken for that of the last."""
    paths = [f"/menu{i}" for i in range(5)]
    for here, following in zip(paths, [*paths[1:], "/done"], strict=True):
        text = f"This is {here}. For sales press 1, for support press 2, and for anything else please hold the line"
        network.app.twiml[here] = f"<Gather numDigits='1' timeout='3' action='{following}'><Say>{text}</Say></Gather>"
    network.app.twiml["/done"] = "<Hangup/>"
    script = [step for _ in paths for step in ({"wait_for": "PRESS 2"}, {"press": "2"})]
    network.ring_in("+14155551600", "<Redirect>/menu0</Redirect>", script)
    for i in range(1, 30):
        body = {"from": f"+141555516{i:02}", "to": OURS, "script": script}
        assert network.sim("POST", "/calls", body).status_code == 201
    hits = network.app.wait_for("/done", 30)
    assert {hit.params["Digits"] for hit in hits} == {"2"}
    for here in paths[1:]:
        assert [hit.params["Digits"] for hit in network.app.hits_at(here)] == ["2"] * 30


def test_a_phrase_heard_before_the_last_key_is_not_waited_for(network: Network) -> None:
    text = "Press 1 for opening hours, or press 9 to hear this again"
    network.app.twiml["/first"] = f"<Gather numDigits='1' action='/second'><Say>{text}</Say></Gather>"
    network.app.twiml["/second"] = f"<Gather numDigits='1' action='/third'><Say>{text}</Say></Gather>"
    network.app.twiml["/third"] = "<Hangup/>"
    script = [{"wait": 4.5}, {"press": "9"}, {"wait_for": "press 1"}, {"press": "1"}]
    network.ring_in("+14155551602", "<Redirect>/first</Redirect>", script)
    (hit,) = network.app.wait_for("/third")
    assert hit.params["Digits"] == "1"
    assert network.app.hits_at("/second")[0].params["Digits"] == "9"


def test_a_key_pressed_while_the_application_is_asked_is_lost(network: Network) -> None:
    """As at Twilio: no verb is listening."""

    def slow(params: dict[str, str]) -> str:
        time.sleep(0.4)
        return "<Gather numDigits='1' timeout='2' action='/third'/><Say>Nothing pressed</Say>"

    network.app.twiml["/second"] = slow
    sid = network.ring_in(
        "+14155551603", "<Gather numDigits='1' action='/second'/>", [{"wait": 1}, {"press": "12"}, {"wait": 60}]
    )
    network.wait(sid, "completed")
    assert ("network", "+14155551603", "Nothing pressed") in network.heard(sid)
    assert network.app.hits_at("/third") == []
