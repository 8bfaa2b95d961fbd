"""A caller in a menu: what they pressed or said, and where it leads."""

from __future__ import annotations

import uuid

from django.db import transaction

from calls import ivr
from calls.actions import leading
from calls.models import Call, CallLeg


@transaction.atomic
def answer(leg_id: uuid.UUID, *, menu_id: uuid.UUID, step: int, digits: str = "", speech: str = "") -> None:
    """Take in the answer to what was asked at that step. Told again, or too late, it changes nothing."""
    call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
    asked = (call.menu_id, int(call.menu_state.get("step", 0)))
    if call.is_ending or call.phase != Call.Phase.MENU or call.menu is None or asked != (menu_id, step):
        return
    state = ivr.State(call.menu_state.get("no_input", 0), call.menu_state.get("invalid", 0))
    menu = call.menu.as_menu()
    taken = ivr.take(menu, state, digits=digits, speech=speech)
    if isinstance(taken, ivr.Lead):
        call.note_event("menu.left", menu_id=str(menu_id), to=str(taken.route.get("type") or ""))
        call.menu = None
        call.save(update_fields=["menu"])
        leading.lead(call, taken.route, asks=True)
        return
    call.menu_state = {
        "step": step + 1,
        "no_input": taken.state.no_input,
        "invalid": taken.state.invalid,
        "because": taken.because,
    }
    call.save(update_fields=["menu_state"])


@transaction.atomic
def leave_lost_menu(leg_id: uuid.UUID) -> None:
    """The menu they were in was deleted meanwhile: on to the default queue."""
    call = Call.objects.locked(CallLeg.objects.get(pk=leg_id).call_id)
    if not call.is_ending and call.phase == Call.Phase.MENU and call.menu_id is None:
        leading.lead(call, {}, asks=True)
