"""<Gather>: keys pressed or words said, whichever comes first. https://www.twilio.com/docs/voice/twiml/gather"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .errors import InstructionError
from .instructions import Source, note
from .outgoing import absolute

if TYPE_CHECKING:
    from .call import Call
    from .sound import Utterance
    from .twiml import Element

INPUTS = {"dtmf", "speech"}
CONFIDENCE = "0.9"  # the recogniser of this network always understands
PAUSE_SECONDS = 1.0  # of silence after which speechTimeout="auto" takes speech to be over


async def gather(call: Call, verb: Element) -> Source | None:
    """Nothing pressed or said in time: None, and the document goes on.

    The first key, or the first word, stops what is being said (barge-in). Each further key starts the time-out anew;
    the finishing key alone is no input. Speech is over after `speechTimeout` seconds of silence.
    """
    inputs = set((verb.get("input") or "dtmf").split())
    if not inputs <= INPUTS:
        raise InstructionError(12200, f"<Gather> input must be dtmf, speech or both, not {verb.get('input')!r}")
    limit = verb.integer("numDigits", 0, lowest=1)
    timeout = verb.integer("timeout", 5) if verb.get("timeout") != "auto" else 5
    silence = _speech_timeout(call, verb, timeout)
    finish = verb.attributes.get("finishOnKey", "#")
    barge_in = verb.flag("bargeIn", True)
    action = absolute(verb.get("action"), call.base_url) or call.base_url
    method = verb.method()
    given = Given(call, inputs)
    call.digits = given.press
    prompt = asyncio.create_task(_say_all(call, verb.children))
    prompt.add_done_callback(lambda _: call.changed())
    try:
        while not prompt.done() and not (barge_in and given.anything()):
            await call.change()
        if prompt.done():
            prompt.result()
        else:
            prompt.cancel()
            await asyncio.wait([prompt])
        digits, finished_on = await _collect(call, given, timeout, silence, limit, finish)
    finally:
        call.digits = None
        prompt.cancel()
    if said := given.said():
        words = " ".join(utterance.text for utterance in said)
        language = verb.get("language") or "en-US"
        return Source(action, method, {"SpeechResult": words, "Confidence": CONFIDENCE, "Language": language})
    if not digits and not verb.flag("actionOnEmptyResult", False):
        return None
    if "dtmf" not in inputs:
        return Source(action, method, {"SpeechResult": ""})
    params = {"Digits": digits, "msg": "Gather End"}
    if finished_on:
        params["FinishedOnKey"] = finished_on
    return Source(action, method, params)


def _speech_timeout(call: Call, verb: Element, timeout: float) -> float:
    """Seconds of silence that end speech: `timeout`'s where nothing else is said."""
    text = verb.get("speechTimeout")
    if text == "auto":
        if verb.get("speechModel"):
            note(call, 13335, "<Gather> speechTimeout auto cannot be used with a speechModel")
        return PAUSE_SECONDS
    if text and not (text.isdigit() and int(text)):
        raise InstructionError(13327, f"<Gather> speechTimeout must be auto or a positive integer, not {text!r}")
    return float(text or timeout)


class Given:
    """What the person has done since the gather began to listen: keys, or words, whichever came first.

    Who was in the middle of a sentence by then was not heard.
    """

    def __init__(self, call: Call, inputs: set[str]) -> None:
        self.call, self.inputs = call, inputs
        self.keys = ""
        self._before = len(call.spoken)

    def press(self, key: str) -> None:
        if "dtmf" in self.inputs and not self.said():
            self.keys += key
            self.call.changed()

    def said(self) -> list[Utterance]:
        if "speech" not in self.inputs or self.keys:
            return []
        return [utterance for utterance in self.call.spoken[self._before :] if utterance.kind == "say"]

    def anything(self) -> bool:
        return bool(self.keys or self.said())


async def _say_all(call: Call, verbs: list[Element]) -> None:
    from .interpreter import sound  # which gathers: a cycle at import time only

    for verb in verbs:
        await sound(call, verb)


async def _collect(
    call: Call, given: Given, timeout: float, silence: float, limit: int, finish: str
) -> tuple[str, str]:
    """(digits, the finishing key if one ended it), once the input is complete."""
    clock = call.net.clock
    counted, deadline = 0, clock.now() + timeout
    while True:
        for position, key in enumerate(given.keys):
            if key in finish:
                return given.keys[:position], key
            if position + 1 == limit:
                return given.keys[:limit], ""
        if len(given.keys) != counted:
            counted, deadline = len(given.keys), clock.now() + timeout
        if said := given.said():
            deadline = said[-1].end + silence
        left = deadline - clock.now()
        if left <= 0:
            return given.keys, ""
        await call.change(left)
