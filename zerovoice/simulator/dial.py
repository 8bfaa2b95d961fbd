"""<Dial>: to numbers, clients and SIP users, or into a conference. https://www.twilio.com/docs/voice/twiml/dial"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from . import audio
from . import conference as conferences
from .call import CALL_EVENTS, Call
from .callbacks import Target, events_of
from .conference import Conference, Participation
from .errors import InstructionError
from .identity import CLIENT, SIP_USER, address, is_address, normalise
from .instructions import Source, fetch, note
from .outgoing import absolute
from .recordings import Recording, recording_target
from .sound import Room
from .twiml import Element

RECORD = (
    "do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual",
    "record-from-ringing-dual", "true", "false",
)  # fmt: skip


def target_of(element: Element, base: str, known: tuple[str, ...], default: tuple[str, ...]) -> Target:
    """The statusCallback of a noun. Unknown events are a schema warning at Twilio; here they end the document."""
    if not element.get("statusCallback"):
        return Target()
    try:
        events = events_of([element.get("statusCallbackEvent")], known, default)
    except ValueError as error:
        raise InstructionError(12200, f"<{element.name}> statusCallbackEvent has no {error}") from error
    return Target(absolute(element.get("statusCallback"), base), element.method("statusCallbackMethod"), events)


async def dial(call: Call, verb: Element) -> Source | None:
    """Connect the call; the action's document when there is an action, else None: go on with the next verb."""
    action = absolute(verb.get("action"), call.base_url) if verb.get("action") else ""
    method = verb.method()
    rooms = [child for child in verb.children if child.name == "Conference"]
    people = [child for child in verb.children if child.name in ("Number", "Client", "Sip")]
    if (rooms and people) or len(rooms) > 1:
        raise InstructionError(13200, "<Dial> takes one <Conference> or people, not both")
    if verb.text:
        people.append(Element("Number", {}, verb.text))
    if rooms:
        params = await _join(call, verb, rooms[0])
    elif people:
        params = await _people(call, verb, people)
    else:
        raise InstructionError(13221, "<Dial> names nobody")
    return Source(action, method, params) if action else None


# --- conferences ----------------------------------------------------------------------------------------------------
async def _join(call: Call, verb: Element, noun: Element) -> dict[str, str]:
    net = call.net
    if not noun.text:
        raise InstructionError(13224, "<Conference> has no name")
    room = net.conference_named(call.account, noun.text)
    if room is None:
        room = _open(call, noun)
    if len(room.participants) >= room.max_participants:
        note(call, 13235, f"Conference {noun.text!r} is full")
        return {"DialCallStatus": "failed"}
    coached = noun.get("coach")
    if coached and not room.may_be_coached(coached):
        note(call, 13240, f"Dial->Conference: Invalid Whisper SID {coached!r}")
        return {"DialCallStatus": "failed"}
    wait: Source | None = None
    if "waitUrl" in noun.attributes:
        url = noun.get("waitUrl")
        wait = Source(absolute(url, call.base_url) if url else "", noun.method("waitMethod"))
    participation = Participation(
        call,
        room,
        muted=noun.flag("muted", False),
        start_on_enter=noun.flag("startConferenceOnEnter", True),
        end_on_exit=noun.flag("endConferenceOnExit", False),
        beep=noun.choice("beep", ("true", "false", "onEnter", "onExit"), "true"),
        label=noun.get("participantLabel"),
        coached=coached,
        wait=wait,
    )
    began = net.clock.now()
    limit = net.clock.call_later(
        verb.integer("timeLimit", 14_400, lowest=1), participation.dismiss, "participant_updated_via_api"
    )
    previous, call.digits = call.digits, _star(call, verb, lambda: participation.dismiss("participant_hung_up"))
    try:
        await room.attend(participation)
    finally:
        limit.cancel()
        call.digits = previous
    return {
        "DialCallStatus": "answered",
        "DialCallDuration": str(round(net.clock.now() - began)),
        "ConferenceSid": room.sid,
    }


def _star(call: Call, verb: Element, leave: Callable[[], object]) -> Callable[[str], None] | None:
    """hangupOnStar: the caller's star key ends the <Dial>, not the call."""
    if not verb.flag("hangupOnStar", False):
        return call.digits

    def take(digit: str) -> None:
        if digit == "*":
            leave()

    return take


def _open(call: Call, noun: Element) -> Conference:
    net, now = call.net, call.net.clock.now()
    room = Conference(
        net=net,
        account=call.account,
        name=noun.text,
        callback=target_of(noun, call.base_url, conferences.EVENTS, ()),
        max_participants=noun.integer("maxParticipants", 250, lowest=2, highest=250),
        created=now,
        updated=now,
    )
    net.conferences[room.sid] = room
    if noun.choice("record", ("do-not-record", "record-from-start", "true", "false"), "do-not-record") in (
        "record-from-start",
        "true",
    ):
        target = recording_target(noun, call.base_url)
        room.wants_recording = Recording(
            net, call.account, source="Conference", channels=1, callback=target, conference=room
        )
    return room


# --- people -----------------------------------------------------------------------------------------------------------
class Bridge(Room):
    """The two ends of a <Dial>. `broken` when either has left."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = asyncio.Event()

    def leave(self, call: Call) -> None:
        super().leave(call)
        self.broken.set()


async def _people(call: Call, verb: Element, nouns: list[Element]) -> dict[str, str]:
    net = call.net
    caller_id = _caller_id(call, verb, nouns)
    timeout = verb.integer("timeout", 30, lowest=1, highest=600)
    recording = verb.choice("record", RECORD, "do-not-record")
    bridge = Bridge()
    winner: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
    rung = [_ring(call, noun, caller_id, timeout, bridge, winner) for noun in nouns]
    legs = [leg for leg in rung if leg is not None]
    if not legs:
        return {"DialCallStatus": "failed"}

    def end_all() -> None:
        for leg in legs:
            leg.end("completed")

    previous, call.digits = call.digits, _star(call, verb, end_all)
    ringback = net.spawn(_ringback(call), call)
    try:
        await _first(winner, legs)
        ringback.cancel()
        if winner.done():
            leg = winner.result()
            for other in legs:
                if other is not leg:
                    other.end("canceled")
            seconds = await _talk(call, verb, leg, bridge, recording)
            params = {"DialCallStatus": "completed", "DialCallDuration": str(seconds), "DialBridged": "true"}
        else:
            leg = legs[-1]
            params = {"DialCallStatus": leg.status, "DialBridged": "false"}
        await net.clock.sleep(0)
        if leg.sip_call_id:
            params |= {"DialSipCallId": leg.sip_call_id, "DialSipResponseCode": leg.sip_response}
        return params | {"DialCallSid": leg.sid} | _recorded(call, verb)
    finally:
        call.digits = previous
        ringback.cancel()
        bridge.leave(call)
        for leg in legs:
            leg.updated_by_api = leg.updated_by_api or call.updated_by_api
            leg.end("completed" if leg.answered else "canceled")


def _caller_id(call: Call, verb: Element, nouns: list[Element]) -> str:
    """Who seems to call: what callerId says, or the caller. Raises 13214.

    A number must be one of the account's, or of this call's. A client that calls a number has none to show, so there
    it must be said; clients and SIP users may be shown a client, SIP users any name.
    """
    given = verb.get("callerId")
    rung = {noun.name for noun in nouns}
    shown = given or call.from_
    if is_address(shown):
        valid = "Number" not in rung and bool(address(shown))
    elif rung == {"Sip"}:
        valid = SIP_USER.fullmatch(shown) is not None
    else:
        valid = not given or given in (call.from_, call.to) or call.net.may_call_from(call.account, given)
    if not valid:
        raise InstructionError(13214, f"Dial: Invalid callerId value {shown!r}")
    return shown


def _recorded(call: Call, verb: Element) -> dict[str, str]:
    made = [r for r in call.recordings if r.source == "DialVerb"]
    if not made or verb.get("record", "do-not-record") == "do-not-record":
        return {}
    return {
        "RecordingUrl": made[-1].url,
        "RecordingSid": made[-1].sid,
        "RecordingDuration": str(round(made[-1].seconds)),
    }


def _ring(
    call: Call, noun: Element, caller_id: str, timeout: float, bridge: Bridge, winner: asyncio.Future[Call]
) -> Call | None:
    net = call.net
    to = _called(call, noun)
    if to is None:
        return None
    leg = Call(
        net,
        call.account,
        direction="outbound-dial",
        to=to,
        from_=caller_id,
        parent=call,
        callback=target_of(noun, call.base_url, CALL_EVENTS, ("completed",)),
        timeout=timeout,
    )
    leg.base_url = call.base_url

    async def answered(leg: Call) -> None:
        if noun.get("sendDigits"):
            await leg.play("tone", noun.get("sendDigits"), audio.utterance_seconds("tone", noun.get("sendDigits")))
        if noun.get("url"):
            await _whisper(leg, Source(absolute(noun.get("url"), call.base_url), noun.method()))
        if not winner.done() and not leg.over:
            winner.set_result(leg)
            bridge.enter(leg)
            try:
                await bridge.broken.wait()
            finally:
                bridge.leave(leg)
        leg.end("completed")

    leg.dial(answered)
    return leg


def _called(call: Call, noun: Element) -> str | None:
    """Whom a noun means; None, and a note on the call, when that cannot be rung."""
    if noun.name == "Client":
        identity = next((child.text for child in noun.children if child.name == "Identity"), noun.text)
        if CLIENT.fullmatch(f"client:{identity}"):
            return f"client:{identity}"
        note(call, 13224, f"Dial: {identity!r} is not a client identity")
        return None
    if noun.name == "Sip":
        uri = noun.text if is_address(noun.text) else f"sip:{noun.text}"
        if uri.startswith("sip") and (user := address(uri)):
            return user
        note(call, 13243, f"Dial->SIP: Invalid SIP URI {noun.text!r}")
        return None
    number = normalise(noun.text)
    if number is None:
        note(call, 13224, f"Dial: {noun.text!r} is not a phone number")
    elif call.net.geo_forbidden(number):
        note(call, 13227, f"Dial: No international permission for {number}")
        return None
    return number


async def _whisper(leg: Call, source: Source | None) -> None:
    """The called party's own document, before the bridge: no <Dial> in it (13201)."""
    from .interpreter import run

    try:
        while source is not None and not leg.over:
            with leg.asking():
                document = await fetch(leg, source)
            if any(verb.name == "Dial" for verb in document.verbs):
                raise InstructionError(13201, "Dial: Cannot Dial out from a Dial Call Segment")
            source = await run(leg, document.verbs)
    except InstructionError as error:
        note(leg, error.code, str(error))


async def _first(winner: asyncio.Future[Call], legs: list[Call]) -> None:
    """Until a leg is ready to be connected, or all are over."""

    async def all_over() -> None:
        for leg in legs:
            await leg.over_event.wait()

    over = asyncio.create_task(all_over())
    watched: set[asyncio.Future[Any]] = {winner, over}
    try:
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.cancel()


async def _ringback(call: Call) -> None:
    while True:
        await call.play("tone", "ring", audio.utterance_seconds("tone", "ring"))


async def _talk(call: Call, verb: Element, leg: Call, bridge: Bridge, record: str) -> int:
    net, began = call.net, call.net.clock.now()
    recording = None
    if record.startswith("record") or record == "true":
        recording = Recording(
            net,
            call.account,
            source="DialVerb",
            channels=2 if record.endswith("dual") else 1,
            callback=recording_target(verb, call.base_url),
            call=call,
        )
        recording.start()
    limit = net.clock.call_later(verb.integer("timeLimit", 14_400, lowest=1), leg.end, "completed")
    bridge.enter(call)
    try:
        await bridge.broken.wait()
    finally:
        limit.cancel()
        bridge.leave(call)
        if recording is not None:
            recording.stop()
    return round(net.clock.now() - began)
