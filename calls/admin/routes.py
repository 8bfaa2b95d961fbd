"""Routes in forms: what callers may be led to, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from calls.admin.forms import ActionAdmin
from calls.models import Agent, IvrMenu, Queue

_TARGETS: tuple[tuple[str, Any, str], ...] = (
    ("queue", Queue, "Queue"),
    ("voicemail", Queue, "Voicemail of"),
    ("agent", Agent, "Agent"),
    ("voicemail", Agent, "Voicemail of"),
    ("ivr", IvrMenu, "Menu"),
)


def targets(admin: ActionAdmin, request: HttpRequest, obj: Any | None) -> Iterator[tuple[dict[str, Any], str]]:
    """Routes that a form about `obj` may offer, with their names; none that leads back to it."""
    yield {"type": "hangup", "target_id": None}, "Hang up"
    yield {"type": "voicemail", "target_id": None}, "Voicemail of the default queue"
    for kind, model, title in _TARGETS:
        for row in admin.narrowed(request, obj, model.objects.all()):
            if kind == "voicemail" or row != obj:
                yield {"type": kind, "target_id": str(row.pk)}, f"{title} {row}"
