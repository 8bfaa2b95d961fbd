"""What the carrier is to do next, as TwiML.

Builders return a Verb, and verbs make a document: `response(say("Goodbye."), hangup())`. What the carrier would only
refuse while somebody is on the line is refused here, when the document is built.
Verbs and their attributes: https://www.twilio.com/docs/voice/twiml
"""

import re
from typing import Any

from twilio.twiml import TwiML as Verb
from twilio.twiml.voice_response import (
    Conference,
    Dial,
    Gather,
    Hangup,
    Number,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    VoiceResponse,
)

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_SAY_LIMIT = 4096
_WHILE_WAITING = frozenset({"Say", "Play", "Pause", "Redirect"})  # anything else there is error 13238
_INSIDE_GATHER = frozenset({"Say", "Play", "Pause"})
_CONFERENCE_EVENTS = "join leave"  # what calls are measured by


def response(*verbs: Verb) -> str:
    """The document that runs these verbs one after another."""
    document = VoiceResponse()
    for verb in verbs:
        document.append(verb)
    return document.to_xml()


def waiting(*verbs: Verb) -> str:
    """A document for a conference's waitUrl. Raises ValueError for a verb that may not stand there."""
    _only(_WHILE_WAITING, verbs, "a waitUrl")
    return response(*verbs)


def say(text: str, *, voice: str = "", language: str = "") -> Verb:
    """Speaks. Raises ValueError for a text longer than the carrier speaks at once (4,096 characters)."""
    clean = _NOT_XML.sub("", text)
    if len(clean) > _SAY_LIMIT:
        raise ValueError(f"<Say> takes at most {_SAY_LIMIT} characters")
    return Say(clean, voice=voice or None, language=language or None)


def play(url: str, *, loop: int = 1) -> Verb:
    """Plays a sound file, `loop` times. Not for ever (0): a caller who waits must be asked after now and then."""
    if loop < 1:
        raise ValueError("loop must be at least 1")
    return Play(url, loop=loop if loop > 1 else None)


def pause(seconds: int = 1) -> Verb:
    return Pause(length=seconds)


def hangup() -> Verb:
    return Hangup()


def reject(*, busy: bool = False) -> Verb:
    """Does not take the call, free of charge; the caller hears that the number is out of service, or busy."""
    return Reject(reason="busy" if busy else None)


def redirect(url: str) -> Verb:
    return Redirect(url, method="POST")


def gather(
    *prompts: Verb,
    action_url: str,
    timeout_seconds: int,
    digits: int | None = None,
    finish_on_key: str | None = None,
    action_on_empty: bool = False,
    inputs: str = "dtmf",
    hints: str = "",
    language: str = "",
) -> Verb:
    """Collects keys, or what is said (`inputs`: dtmf, speech or both), while the prompts play and `timeout_seconds`
    after, and posts it to `action_url` as Digits or SpeechResult.

    Nothing given: the next verb runs, or `action_url` is asked with neither if `action_on_empty`.
    """
    _only(_INSIDE_GATHER, prompts, "<Gather>")
    speech = "speech" in inputs
    verb = Gather(
        input=inputs,
        action=action_url,
        method="POST",
        timeout=timeout_seconds,
        num_digits=digits,
        finish_on_key=finish_on_key,
        action_on_empty_result=action_on_empty or None,
        speech_timeout="auto" if speech else None,
        hints=hints or None,
        language=language or None,
    )
    for prompt in prompts:
        verb.append(prompt)
    return verb


def join_conference(
    name: str,
    *,
    status_callback: str,
    start_on_enter: bool = True,
    end_on_exit: bool = False,
    beep: bool = False,
    wait_url: str = "",
    record: bool = False,
    muted: bool = False,
    coach: str = "",
    label: str = "",
    action_url: str = "",
) -> Verb:
    """Joins a conference. An empty `wait_url` is silence. `action_url` is asked when the leg leaves it.

    `coach`: the id of the carrier's call who alone hears this leg, which hears everybody.
    """
    dial = Dial(action=action_url or None, method="POST" if action_url else None)
    dial.append(
        Conference(
            name,
            start_conference_on_enter=start_on_enter,
            end_conference_on_exit=end_on_exit,
            beep=beep,
            wait_url=wait_url,
            wait_method="POST" if wait_url else None,
            record="record-from-start" if record else None,
            muted=muted or None,
            coach=coach or None,
            participant_label=label or None,
            status_callback=status_callback,
            status_callback_method="POST",
            status_callback_event=_CONFERENCE_EVENTS,
        )
    )
    return dial


def dial_number(
    number: str,
    *,
    caller_id: str,
    timeout_seconds: int,
    action_url: str = "",
    status_callback: str = "",
    url: str = "",
) -> Verb:
    """Calls a number and joins it to this leg. `url` runs for the called party before the two are joined."""
    dial = Dial(
        caller_id=caller_id,
        timeout=timeout_seconds,
        action=action_url or None,
        method="POST" if action_url else None,
    )
    callback: dict[str, Any] = {}
    if status_callback:
        callback = {
            "status_callback": status_callback,
            "status_callback_method": "POST",
            "status_callback_event": "initiated ringing answered completed",
        }
    dial.append(Number(number, url=url or None, method="POST" if url else None, **callback))
    return dial


def record_message(
    *,
    action_url: str,
    recording_status_callback: str,
    max_seconds: int = 120,
    finish_on_key: str = "#",
    play_beep: bool = True,
) -> Verb:
    """Records the caller (one channel), as a voicemail does."""
    return Record(
        action=action_url,
        method="POST",
        max_length=max_seconds,
        finish_on_key=finish_on_key,
        play_beep=play_beep,
        recording_status_callback=recording_status_callback,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )


def _only(allowed: frozenset[str], verbs: tuple[Verb, ...], place: str) -> None:
    for verb in verbs:
        if verb.name not in allowed:
            raise ValueError(f"<{verb.name}> may not stand in {place}")
