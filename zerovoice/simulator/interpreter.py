"""Executing TwiML on a call, verb by verb. `dial.py`, `gather.py` and `record.py` hold the large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import audio, dial, gather, record, twiml
from .errors import InstructionError
from .instructions import APOLOGY, Source, audio_seconds, fetch, note
from .outgoing import absolute, is_url
from .twiml import Element

if TYPE_CHECKING:
    from .call import Call

_BEFORE_ANSWERING = {"Reject", "Redirect", "Pause"}  # verbs that leave an inbound call ringing
_FOREVER = 1000  # loop="0", as Twilio bounds it


async def execute(call: Call, source: Source) -> None:
    """Run documents, one leading to the next, until there is no next; then the call ends."""
    with_fallback = call.fallback
    while True:
        try:
            with call.asking():
                document = await fetch(call, source)
            following = await run(call, document.verbs)
        except InstructionError as error:
            note(call, error.code, str(error))
            if with_fallback.url and source.url != with_fallback.url:
                params = {"ErrorCode": str(error.code), "ErrorUrl": source.url}
                following = Source(with_fallback.url, with_fallback.method, params)
            else:
                call.answer()
                await call.play("say", APOLOGY, audio.speech_seconds(APOLOGY))
                following = None
        if following is None or call.over:
            call.end("completed")
            return
        source = following


async def run(call: Call, verbs: list[Element]) -> Source | None:
    """Execute one document. The next one, None when it ran out or hung up."""
    for verb in verbs:
        if verb.name not in _BEFORE_ANSWERING:
            call.answer()
        if verb.name in ("Say", "Play", "Pause"):
            await sound(call, verb)
        elif verb.name == "Gather":
            following = await gather.gather(call, verb)
            if following:
                return following
        elif verb.name == "Dial":
            following = await dial.dial(call, verb)
            if following or call.over:
                return following
        elif verb.name == "Record":
            following = await record.record(call, verb)
            if following:
                return following
        elif verb.name == "Redirect":
            return redirect(call, verb)
        elif verb.name == "Reject":
            reject(call, verb)
            return None
        elif verb.name == "Hangup":
            call.end("completed")
            return None
    return None


def redirect(call: Call, verb: Element) -> Source:
    url = absolute(verb.text, call.base_url)
    if not is_url(url):
        raise InstructionError(13710, f"<Redirect> needs a URL, not {verb.text!r}")
    return Source(url, verb.method())


def reject(call: Call, verb: Element) -> None:
    """The status says why: `busy`, or `no-answer` for the default reason. A call already answered just ends."""
    reason = verb.choice("reason", ("rejected", "busy"), "rejected")
    call.end("busy" if reason == "busy" else "no-answer", sip_code="486" if reason == "busy" else "603")


async def sound(call: Call, verb: Element) -> None:
    """<Say>, <Play> or <Pause>, wherever it stands."""
    if verb.name == "Pause":
        await call.net.clock.sleep(verb.integer("length", 1, lowest=1))
        return
    times = verb.integer("loop", 1, highest=_FOREVER) or _FOREVER
    if verb.name == "Say":
        if not verb.text:
            note(call, 13520, "<Say> has no text")
            return
        if len(verb.text) > 4096:
            raise InstructionError(13522, "<Say> is longer than 4096 characters")
        kind, text, seconds = "say", verb.text, audio.speech_seconds(verb.text)
    elif verb.get("digits"):
        kind, text, seconds = "tone", verb.get("digits"), audio.utterance_seconds("tone", verb.get("digits"))
    else:
        kind, text = "music", absolute(verb.text, call.base_url)
        if not is_url(text):
            raise InstructionError(13420, f"<Play> needs a URL, not {verb.text!r}")
        try:
            seconds = await audio_seconds(call.net, text, call.account.auth_token)
        except InstructionError as error:
            note(call, error.code, str(error))  # Twilio goes on with the next verb
            return
    for _ in range(times):
        await call.play(kind, text, seconds, verb.get("voice"))


async def interlude(call: Call, source: Source, *, once: bool = False) -> None:
    """What a waiting or held participant hears: <Say>, <Play>, <Pause> and <Redirect> only, over and over.

    Anything else is error 13238 and silence. Source: https://www.twilio.com/docs/api/errors/13238
    """
    start, base = source, call.base_url
    try:
        while True:
            document = await fetch(call, source)
            following = None
            if not document.verbs:
                return
            for verb in document.verbs:
                if verb.name not in twiml.WAIT_VERBS:
                    raise InstructionError(13238, f"<{verb.name}> is not allowed behind a conference's waitUrl")
            began = call.net.clock.now()
            for verb in document.verbs:
                if verb.name == "Redirect":
                    following = redirect(call, verb)
                    break
                await sound(call, verb)
            if once and following is None:
                return
            source = following or start
            if call.net.clock.now() - began < 1:
                await call.net.clock.sleep(1)  # a document that sounds for no time must not become a busy loop
    except InstructionError as error:
        note(call, error.code, str(error))
    finally:
        call.base_url = base


async def music(call: Call, text: str = "hold music") -> None:
    """Twilio's own waiting music."""
    while True:
        await call.play("music", text, 60)
