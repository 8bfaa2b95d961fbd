import xml.etree.ElementTree as ET

import pytest

from zerovoice.carrier import twiml


def parsed(document):
    root = ET.fromstring(document)
    assert root.tag == "Response"
    return root


def test_verbs_stand_in_the_order_given():
    root = parsed(twiml.response(twiml.say("One & <two>"), twiml.pause(2), twiml.hangup()))
    assert [child.tag for child in root] == ["Say", "Pause", "Hangup"]
    assert root[0].text == "One & <two>"
    assert root[1].attrib == {"length": "2"}


def test_what_xml_cannot_hold_is_not_spoken():
    assert parsed(twiml.response(twiml.say("a\x00b\x0bc😀\ud800"))).find("Say").text == "abc😀"


def test_urls_keep_their_query_and_fragment():
    url = "https://x.example/a?b=1&c=2#rc=2&rt=4000"
    assert parsed(twiml.response(twiml.redirect(url))).find("Redirect").text == url


def test_gather_one_digit_takes_every_key():
    gather = parsed(
        twiml.response(
            twiml.gather(
                twiml.say("Press 1."),
                twiml.play("https://x/m"),
                action_url="https://x/a",
                timeout_seconds=5,
                digits=1,
                finish_on_key="",
            )
        )
    )[0]
    assert gather.attrib == {
        "input": "dtmf", "action": "https://x/a", "method": "POST", "timeout": "5", "numDigits": "1", "finishOnKey": "",
    }  # fmt: skip
    assert [child.tag for child in gather] == ["Say", "Play"]


def test_nothing_but_prompts_stands_in_a_gather():
    with pytest.raises(ValueError, match="<Hangup> may not stand in <Gather>"):
        twiml.gather(twiml.hangup(), action_url="https://x", timeout_seconds=1)


def test_joining_a_conference():
    dial = parsed(
        twiml.response(
            twiml.join_conference(
                "c-1", status_callback="https://x/s", beep=False, label="agent", action_url="https://x/a"
            )
        )
    )[0]
    assert dial.attrib == {"action": "https://x/a", "method": "POST"}
    conference = dial[0]
    assert conference.text == "c-1"
    assert conference.attrib == {
        "startConferenceOnEnter": "true", "endConferenceOnExit": "false", "beep": "false", "waitUrl": "",
        "participantLabel": "agent", "statusCallback": "https://x/s", "statusCallbackMethod": "POST",
        "statusCallbackEvent": "join leave",
    }  # fmt: skip


def test_a_conference_that_records():
    conference = parsed(twiml.response(twiml.join_conference("c", status_callback="https://x", record=True)))[0][0]
    assert conference.attrib["record"] == "record-from-start"


def test_a_waiting_document_holds_no_verb_that_ends_the_waiting():
    twiml.waiting(twiml.say("Please wait."), twiml.play("https://x/m.wav"), twiml.pause(), twiml.redirect("https://x"))
    for verb in (
        twiml.hangup(),
        twiml.gather(twiml.say("1"), action_url="https://x", timeout_seconds=1),
        twiml.join_conference("c", status_callback="https://x"),
    ):
        with pytest.raises(ValueError, match="may not stand in a waitUrl"):
            twiml.waiting(verb)


def test_music_without_end_is_refused():
    with pytest.raises(ValueError, match="loop"):
        twiml.play("https://x/m.wav", loop=0)


def test_a_line_too_long_to_be_spoken_is_refused():
    twiml.say("a" * 4096)
    with pytest.raises(ValueError, match="4096"):
        twiml.say("a" * 4097)


def test_rejecting():
    assert parsed(twiml.response(twiml.reject(busy=True)))[0].attrib == {"reason": "busy"}
    assert parsed(twiml.response(twiml.reject()))[0].attrib == {}
