"""The floor in the admin site: calls, who waits, agents, queues, recordings, voicemails, and how it is set up."""

from calls.admin import (
    agent,
    call,
    contact,
    desk,
    desk_orders,
    floor,
    hours,
    ivr,
    menus,
    prompt,
    queue,
    recording,
    transcript,
    transcript_search,
    voicemail,
    wrap_up,
)
from calls.models import Agent, BusinessHours, IvrMenu, Queue
from numbers.admin.targets import name_targets
from numbers.registry import BUSINESS_HOURS

__all__ = [
    "agent",
    "call",
    "contact",
    "desk",
    "desk_orders",
    "floor",
    "hours",
    "ivr",
    "menus",
    "prompt",
    "queue",
    "recording",
    "transcript",
    "transcript_search",
    "voicemail",
    "wrap_up",
]

name_targets("ivr", IvrMenu)
name_targets("queue", Queue)
name_targets("agent", Agent)
name_targets("voicemail", Queue, Agent)
name_targets(BUSINESS_HOURS, BusinessHours)
