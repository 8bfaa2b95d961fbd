"""The floor in the admin site: calls, who waits, agents, queues, recordings, voicemails, and how it is set up."""

from collections.abc import Iterable

from django.db.models import Model

from calls.admin import (
    agent,
    call,
    desk,
    desk_orders,
    floor,
    hours,
    ivr,
    prompt,
    queue,
    recording,
    transcript,
    voicemail,
    wrap_up,
)
from calls.models import Agent, BusinessHours, IvrMenu, Queue
from numbers.admin import name_targets
from numbers.registry import BUSINESS_HOURS

__all__ = [
    "agent",
    "call",
    "desk",
    "desk_orders",
    "floor",
    "hours",
    "ivr",
    "prompt",
    "queue",
    "recording",
    "transcript",
    "voicemail",
    "wrap_up",
]


def _called(ids: Iterable[str], *models: type[Model]) -> dict[str, str]:
    wanted = list(ids)
    rows = (row for model in models if wanted for row in model._default_manager.filter(pk__in=wanted))
    return {str(row.pk): str(row) for row in rows}


name_targets("ivr", lambda ids: _called(ids, IvrMenu))
name_targets("queue", lambda ids: _called(ids, Queue))
name_targets("agent", lambda ids: _called(ids, Agent))
name_targets("voicemail", lambda ids: _called(ids, Queue, Agent))
name_targets("forward", lambda numbers: {number: number for number in numbers})
name_targets(BUSINESS_HOURS, lambda ids: _called(ids, BusinessHours))
