"""What happened in a call, as one would tell it. Plain values: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: By what is written down; "" for what only programs need. `{who}`: whose leg it is. `{name}`: the queue, menu, …
WORDS: dict[str, str] = {
    "placed": "The call was placed",
    "received": "{customer} called",
    "closed": "Closed, by the hours of {name}",
    "menu.entered": "Came into the menu {name}",
    "menu.left": "Left the menu {name}",
    "queue.entered": "Waits in the queue {name}",
    "queue.full": "The queue {name} was full",
    "queue.timed_out": "Waited too long in the queue {name}",
    "agent.rung": "{who} is rung",
    "accepted": "{who} took the call",
    "held": "Put on hold",
    "consulting": "On hold while the agent asks the transfer target",
    "transferring": "On hold while the transfer target is rung",
    "resumed": "Back from hold",
    "transfer.started": "A transfer to {target} began",
    "transfer.completed": "Handed over to {who}",
    "transfer.failed": "The transfer came to nothing",
    "forwarded": "Forwarded to {who}",
    "monitor": "A supervisor is {mode}",
    "callback.asked": "Asked to be called back",
    "callback.kept": "The call back did not ring; they keep their place in the queue",
    "turned_away": "Told goodbye: nobody could take the call",
    "trouble": "Something of ours failed; they heard an apology",
    "voicemail.offered": "Led to the voicemail of {name}",
    "voicemail.left": "Left a message",
    "voicemail.astray": "Left a message while something of ours had failed",
    "recording.in_progress": "The recording began",
    "recording.paused": "The recording paused",
    "recording.completed": "The recording is whole",
    "recording.absent": "The carrier has no recording",
    "recording.failed": "The recording failed",
    "recording.pause_wanted": "Somebody paused the recording",
    "recording.resume_wanted": "Somebody resumed the recording",
    "recording.consent": "About the recording: {answer}",
    "hangup.requested": "Somebody ordered to hang up",
    "disposition.set": "The disposition was set",
    "ended": "The call ended",
    "conference.join": "{who} came into the conversation",
    "conference.leave": "{who} left the conversation",
    "leg.bound": "",
    "leg.queued": "",
    "leg.initiated": "{who} is dialed",
    "leg.ringing": "{who}: the phone rings",
    "leg.in_progress": "{who} answered",
    "leg.completed": "{who}: the line ended",
    "leg.busy": "{who} was busy",
    "leg.no_answer": "{who} did not answer",
    "leg.canceled": "{who} is no longer rung",
    "leg.failed": "{who} could not be reached",
    "leg.lost": "{who}: the carrier lost the line",
}
#: Of an inbound call the customer's line is the one on which they called us.
_INBOUND = {"leg.initiated": "", "leg.ringing": "", "leg.in_progress": "The line was answered"}
_ANSWERS = {
    "told": "they were told", "yes": "they agreed", "no": "they did not agree", "silence": "they said nothing",
}  # fmt: skip
_LED_TO = {
    "queue": "a queue", "agent": "an agent", "voicemail": "voicemail", "ivr": "another menu",
    "forward": "another number", "hangup": "the end of the call",
}  # fmt: skip
AS_WHAT = {
    "listen": "listening", "whisper": "whispering to the agent", "barge": "speaking with both",
    "cold": "cold transfer", "warm": "warm transfer",
}  # fmt: skip
ENDED_BY = {
    "customer": "the customer", "agent": "the agent", "target": "the transfer target", "api": "us (API or back office)",
    "queue": "us: nobody could take it", "menu": "us: a menu, or the hours", "callback": "us: they are called back",
}  # fmt: skip
#: What a status does on a line, and how it looks.
TONES = {
    "queued": "warning", "initiated": "info", "ringing": "info", "in_progress": "good", "completed": "plain",
    "busy": "warning", "no_answer": "warning", "canceled": "plain", "failed": "bad",
}  # fmt: skip


def told(
    kind: str,
    data: Mapping[str, Any],
    *,
    who: str = "",
    customer: str = "The customer",
    name: str = "",
    customers_line: bool = False,
    inbound: bool = False,
) -> str:
    """An entry of the timeline in words; empty for what people need not know.

    >>> told("leg.in_progress", {}, who="Ada Lovelace")
    'Ada Lovelace answered'
    >>> told("menu.left", {"to": "voicemail"}, name="Main")
    'Left the menu Main for voicemail'
    """
    words = _INBOUND.get(kind) if inbound and customers_line else None
    if words is None:
        words = WORDS.get(kind, kind.replace(".", " ").replace("_", " ").capitalize())
    said = words.format(
        who=who or "Somebody",
        customer=customer,
        name=name or "that is gone",
        target=who or (f"the queue {name}" if name else "somebody"),
        mode=AS_WHAT.get(str(data.get("mode")), "in the call"),
        answer=_ANSWERS.get(str(data.get("answer")), "no answer yet"),
    )
    return said + _more(kind, data)


def _more(kind: str, data: Mapping[str, Any]) -> str:
    if kind == "placed" and data.get("agent_first"):
        return "; the agent is rung first"
    if kind == "menu.left" and data.get("to") in _LED_TO:
        return f" for {_LED_TO[data['to']]}"
    if kind == "queue.entered" and data.get("head"):
        return ", at its head"
    if kind == "transfer.started" and data.get("how"):
        return f" ({data['how']})"
    if kind in ("transfer.failed", "leg.failed") and data.get("reason"):
        return f": {reason(str(data['reason']))}"
    return ""


def reason(code: str) -> str:
    return code.replace("_", " ")
