"""<Record>: a message left after the tone. https://www.twilio.com/docs/voice/twiml/record"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .instructions import Source
from .outgoing import absolute
from .recordings import Recording, recording_target

if TYPE_CHECKING:
    from .call import Call
    from .twiml import Element

_BEEP_SECONDS = 0.5


async def record(call: Call, verb: Element) -> Source | None:
    """Record the person until silence, a key, the maximum or the end of the call; then the action.

    Silence alone is no recording: it is `absent`, and the document goes on. When the person hangs up after saying
    something the action is still requested, with Digits=hangup, and what it answers is not executed.
    """
    net = call.net
    limit = verb.integer("maxLength", 3600, lowest=1)
    silence = verb.integer("timeout", 5)
    keys = verb.attributes.get("finishOnKey", "1234567890*#")
    action = absolute(verb.get("action"), call.base_url) or call.base_url
    method = verb.method()
    if verb.flag("playBeep", True):
        await call.play("tone", "beep", _BEEP_SECONDS)
    made = Recording(
        net, call.account, source="RecordVerb", channels=1, callback=recording_target(verb, call.base_url), call=call
    )
    made.start()
    pressed: list[str] = []

    def take(digit: str) -> None:
        pressed.append(digit)
        call.changed()

    previous, call.digits = call.digits, take
    finished = False
    try:
        await _listen(call, made, limit, silence, lambda: any(d in keys for d in pressed))
        finished = True
    finally:
        call.digits = previous
        made.stop(call_over=call.over)
        silent = not made.pieces()[0]
        if silent:
            made.ended = made.started  # however it ended: Twilio trims silence, and keeps no file of nothing else
        if not finished and call.over and not silent and action:
            params = _parameters(made, "hangup")
            net.run(net.outgoing.send(action, method, call.parameters() | params, call.account.auth_token))
    if silent:
        return None
    return Source(action, method, _parameters(made, "".join(d for d in pressed if d in keys)[:1]))


async def _listen(call: Call, made: Recording, limit: float, silence: float, finished: Callable[[], bool]) -> None:
    clock = call.net.clock
    quiet_since = clock.now()
    while not finished():
        now = clock.now()
        left = made.started + limit - now
        if left <= 0:
            return
        if call.speaking is not None and call.speaking.end > now:
            quiet_since = call.speaking.end
            await call.change(min(left, call.speaking.end - now))
            continue
        if now - quiet_since >= silence:
            return
        await call.change(min(left, silence - (now - quiet_since)))


def _parameters(made: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingUrl": made.url,
        "RecordingSid": made.sid,
        "RecordingDuration": str(round(made.seconds)),
        "Digits": digits,
    }
