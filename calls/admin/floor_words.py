"""The states of the floor in plain words: what the wallboard shows of a call, an agent and a listening supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from calls.models import Agent, Call, CallLeg

Phase = Call.Phase


class Shown(NamedTuple):
    """`kind` is for programs and for the colour, `words` for people."""

    kind: str
    words: str


AGENT = {
    Agent.State.AVAILABLE: "Ready",
    Agent.State.RINGING: "Ringing",
    Agent.State.BUSY: "In a call",
    Agent.State.WRAP_UP: "Wrap-up",
    Agent.State.BREAK: "On a break",
    Agent.State.OFFLINE: "Offline",
}
_REASONS = {"no_answer": "did not answer", "carrier_refused": "the carrier refused to ring them"}
_LISTENING = {"listen": "listens", "whisper": "whispers to the agent", "barge": "speaks with both"}
_PHASES = {
    Phase.AGENT_FIRST: Shown("ringing", "Ringing the agent first"),
    Phase.CALLBACK: Shown("waiting", "To be called back"),
    Phase.DIALING: Shown("ringing", "Ringing the customer"),
    Phase.MENU: Shown("menu", "In a menu"),
    Phase.WAITING: Shown("waiting", "Waiting"),
    Phase.JOINED: Shown("talking", "Talking"),
    Phase.HELD: Shown("held", "On hold"),
    Phase.CONSULTING: Shown("transfer", "Being transferred"),
    Phase.TRANSFERRING: Shown("transfer", "Being transferred"),
    Phase.VOICEMAIL: Shown("voicemail", "Leaving a voicemail"),
    Phase.LEAVING: Shown("ending", "Hearing goodbye"),
    Phase.OVER: Shown("ending", "Ending"),
}


def of_call(call: Call, legs: Sequence[CallLeg]) -> Shown:
    """`legs`: those of the call that last, their agents with them."""
    if call.is_ending:
        return Shown("ending", "Ending")
    told = _PHASES[Phase(call.phase)]
    if call.phase == Phase.MENU and call.menu:
        return Shown("menu", f"In the menu {call.menu.name}")
    rung = [leg for leg in legs if leg.pk != call.partner_id and leg.role in (CallLeg.Role.AGENT, CallLeg.Role.TARGET)]
    if not rung:
        return told
    whom = ", ".join(name_of(leg) for leg in rung[:3]) + (f" and {len(rung) - 3} more" if len(rung) > 3 else "")
    match call.phase:
        case Phase.WAITING | Phase.AGENT_FIRST:
            return Shown("ringing", f"Ringing {whom}")
        case Phase.TRANSFERRING:
            return Shown("transfer", f"Being transferred to {whom}")
        case Phase.CONSULTING:
            asked = "the agent speaks with" if any(leg.accepted_at for leg in rung) else "the agent rings"
            return Shown("transfer", f"Being transferred: {asked} {whom}")
    return told


def name_of(leg: CallLeg) -> str:
    return leg.agent.name if leg.agent else leg.to_number


def of_supervisor(leg: CallLeg, name: str) -> str:
    return f"{name} {_LISTENING[leg.mode]}" if leg.answered_at else f"{name} is being rung"


def reason(agent: Agent) -> str:
    return _REASONS.get(agent.state_reason, agent.state_reason)


def afterwards(agent: Agent) -> str:
    """What they go into after the present call; empty: ready."""
    return AGENT[Agent.State(agent.wanted_state)].lower() if agent.wanted_state else ""
