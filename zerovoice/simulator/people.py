"""People: what the other end of a leg does.

A person has an outcome (what happens when their phone rings) and a script (what they do once connected). Without a
script they talk a little and hang up; see `_by_default` for the exact rule.
"""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import audio
from .identity import endpoint, is_address

if TYPE_CHECKING:
    from .call import Call
    from .network import Network

OUTCOMES = ("answer", "busy", "no-answer", "reject", "machine", "unreachable")
STEPS: dict[str, Any] = {"wait": (int, float), "press": str, "say": str, "wait_for": str, "hangup": bool}
ANSWER_AFTER = 1.0

GREETING = "You have reached my voice mail. I cannot come to the phone. Please leave a message after the tone."
LINES = ("I have a question about my order.", "It has not arrived yet. Could you look it up?", "Thank you. Goodbye.")
AGENT_LINES = (
    "Thank you for calling. How can I help you?",
    "Let me look that up for you.",
    "I have found it. It is on its way.",
    "Is there anything else that I can do for you?",
)
PRESS_WINDOW = 12.0  # seconds in which a prompt to press 1 makes this an agent's phone
PATIENCE = 15.0  # seconds a person waits for somebody to talk to before they talk to nobody
ALONE = 120.0  # seconds an agent stays on a line with nobody on it
MACHINE_LISTENS = 60.0
_PRESS_ONE = re.compile(r"\bpress\s+(?:1|one)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Manner:
    """What a person does when rung. `script` None: the default behaviour."""

    outcome: str = "answer"
    answer_after: float = ANSWER_AFTER
    script: tuple[dict[str, Any], ...] | None = None

    def shown(self, number: str) -> dict[str, Any]:
        script = None if self.script is None else list(self.script)
        return {"number": number, "outcome": self.outcome, "answer_after": self.answer_after, "script": script}


def script_of(value: object) -> tuple[dict[str, Any], ...] | None:
    """A script as posted, checked. Raises ValueError with a sentence."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("script must be a list of steps")
    for index, step in enumerate(value):
        if not isinstance(step, dict) or len(step) != 1 or next(iter(step)) not in STEPS:
            raise ValueError(f"script[{index}] must be one of {{wait}}, {{press}}, {{say}}, {{wait_for}}, {{hangup}}")
        name, given = next(iter(step.items()))
        if not isinstance(given, STEPS[name]) or (name != "hangup" and isinstance(given, bool)):
            raise ValueError(f"script[{index}].{name} cannot be {given!r}")
        if name == "wait" and given < 0:
            raise ValueError(f"script[{index}].wait cannot be negative")
        if name == "press" and not re.fullmatch(r"[0-9*#w]+", given):
            raise ValueError(f"script[{index}].press takes the keys 0-9, *, # (and w, half a second), not {given!r}")
        if name in ("say", "wait_for") and not given.strip():
            raise ValueError(f"script[{index}].{name} is empty")
    return tuple(value)


def manner_of(value: object) -> Manner:
    """A person as put. Raises ValueError with a sentence."""
    if not isinstance(value, dict):
        raise ValueError("a person is an object with outcome, answer_after, script")
    unknown = set(value) - {"outcome", "answer_after", "script"}
    if unknown:
        raise ValueError(f"a person has no {sorted(unknown)[0]!r}: outcome, answer_after, script")
    outcome = value.get("outcome", "answer")
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}, not {outcome!r}")
    after = value.get("answer_after", ANSWER_AFTER)
    if isinstance(after, bool) or not isinstance(after, int | float) or after < 0:
        raise ValueError(f"answer_after must be seconds, not {after!r}")
    return Manner(outcome, float(after), script_of(value.get("script")))


@dataclass
class People:
    net: Network
    known: dict[str, Manner] = field(default_factory=dict)

    def of(self, number: str) -> Manner:
        return self.known.get(number) or Manner()

    def put(self, number: str, manner: Manner) -> str:
        """The canonical form of the number, `client:identity` or `sip:user@host`. Raises ValueError."""
        canonical = endpoint(number)
        if canonical is None:
            raise ValueError(f"{number!r} is not a phone number, client:identity or sip:user@host")
        self.known[canonical] = manner
        return canonical

    async def live(self, call: Call, manner: Manner) -> None:
        """What the person on a connected leg does."""
        if manner.script is not None:
            await _follow(call, manner.script)
        elif manner.outcome == "machine":
            await _machine(call)
        else:
            await _by_default(call)


# --- what a person can do -------------------------------------------------------------------------------------------
async def say(call: Call, text: str) -> None:
    await call.utter("say", text, audio.speech_seconds(text), voice=call.party)


async def press(call: Call, keys: str) -> None:
    """Each key sounds, and counts when it is released."""
    for key in keys:
        if key == "w":
            await call.net.clock.sleep(0.5)
            continue
        await call.utter("tone", key, audio.utterance_seconds("tone", key))
        call.press(key)


class Patience:
    """So many seconds of waiting. While the application is being asked for instructions none of them pass: it answers
    no faster because the network's clock runs fast, and the person must not hang up before it could."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    async def wait(self, call: Call) -> bool:
        """Wait for the next change on the line; False when there is no patience left."""
        if call.asked:
            return await call.change()
        if self.left <= 0:
            return False
        began = call.net.clock.now()
        await call.change(self.left)
        self.left -= call.net.clock.now() - began
        return True


async def heard(
    call: Call, phrase: str | re.Pattern[str], since: int, patience: Patience, *, after: float = 0.0
) -> int | None:
    """Wait until a phrase has been heard to its end, not before the moment `after`, from hearing number `since` on.

    The number of the hearing after the one that had it; None when patience ran out.
    """
    clock = call.net.clock
    while True:
        for index in range(since, len(call.hearings)):
            hearing = call.hearings[index]
            text = hearing.utterance.text
            found = phrase if isinstance(phrase, str) else (m.group() if (m := phrase.search(text)) else None)
            if hearing.utterance.kind != "say" or not found or found.lower() not in text.lower():
                continue
            moment = hearing.utterance.moment_of(found)
            if moment is None or moment > hearing.end:
                continue  # cut off before it was said
            if moment < after:
                continue
            if moment > clock.now():
                await clock.sleep_until(moment)
                if hearing.utterance.moment_of(found) is None or moment > hearing.end:
                    continue
            return index + 1
        if not await patience.wait(call):
            return None


async def _follow(call: Call, script: tuple[dict[str, Any], ...]) -> None:
    """A script, step by step. When it is done the person stays on the line until somebody ends the call.

    Who has pressed a key listens for what comes after: the next menu must not be taken for the one just answered.
    """
    position, pressed = 0, 0.0
    for step in script:
        name, value = next(iter(step.items()))
        if name == "wait":
            await call.net.clock.sleep(value)
        elif name == "say":
            await say(call, value)
        elif name == "press":
            await press(call, value)
            pressed = call.net.clock.now()
        elif name == "wait_for":
            position = await heard(call, value, position, Patience(math.inf), after=pressed) or position
        elif value:
            call.end("completed")
            return


async def _machine(call: Call) -> None:
    """An answering machine: greeting, tone, then a minute of tape."""
    await say(call, GREETING)
    await call.utter("tone", "beep", audio.utterance_seconds("tone", "beep"))
    await call.net.clock.sleep(MACHINE_LISTENS)
    call.end("completed")


# --- without a script -----------------------------------------------------------------------------------------------
async def _by_default(call: Call) -> None:
    """Whoever was rung and hears "press 1" in their first twelve seconds is an agent: presses 1 and talks until the
    other leaves. Everyone else says hello, waits up to fifteen seconds for somebody to talk to, talks a little and
    hangs up. A client or a SIP user is an agent whether asked to press 1 or not. Who called in themselves presses
    nothing.
    """
    if call.direction == "inbound":
        await _talk_a_little(call)
        return
    if is_address(call.to):
        await _at_a_desk(call)
        return
    chat = call.net.spawn(_talk_a_little(call), call)
    try:
        asked = await heard(call, _PRESS_ONE, 0, Patience(PRESS_WINDOW))
        if asked is None:
            await chat
            return
    finally:
        chat.cancel()
    await asyncio.wait([chat])
    await press(call, "1")
    await _work(call)


async def _at_a_desk(call: Call) -> None:
    async def accept() -> None:
        if await heard(call, _PRESS_ONE, 0, Patience(PRESS_WINDOW)) is not None:
            await press(call, "1")

    accepting = call.net.spawn(accept(), call)
    try:
        await _work(call)
    finally:
        accepting.cancel()


async def _talk_a_little(call: Call) -> None:
    clock = call.net.clock
    await clock.sleep(0.5)
    await say(call, "Hello?")
    await _company(call, Patience(PATIENCE))
    for line in LINES:
        await clock.sleep(0.8)
        await _silence(call)
        await say(call, line)
    await clock.sleep(0.5)
    call.end("completed")


async def _work(call: Call) -> None:
    """An agent: waits to be connected, talks in turn, is silent while alone (the customer may be on hold), and hangs up
    when nobody comes back."""
    clock = call.net.clock
    await _company(call, Patience(math.inf))
    while True:
        for line in AGENT_LINES:
            await _silence(call)
            await say(call, line)
            pause = clock.now() + 3
            while _others(call) and clock.now() < pause:
                await call.change(pause - clock.now())
            await _company(call, Patience(ALONE))
            if not _others(call):
                call.end("completed")
                return


def _others(call: Call) -> bool:
    return call.room is not None and len(call.room.members) > 1


async def _company(call: Call, patience: Patience) -> None:
    """Until somebody else is on the line, or patience runs out."""
    while not _others(call) and await patience.wait(call):
        pass


async def _silence(call: Call) -> None:
    """Polite people let the other finish, for up to six seconds."""
    clock = call.net.clock
    deadline = clock.now() + 6
    while call.room is not None and clock.now() < deadline:
        talking = [m.speaking for m in call.room.members if m is not call and m.speaking is not None]
        if not talking:
            return
        await clock.sleep_until(min(deadline, max(utterance.end for utterance in talking) + 0.3))
