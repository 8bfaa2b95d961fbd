"""Commands on a call over the API, as several tests give them."""

from typing import Any

from calls.models import Call, CallEvent
from tests.people import Caller
from zerovoice.carrier.models import Command

TARGET = "+14155550143"


def ask(caller: Caller, call: Call, command: str, body: object = None) -> Any:
    return caller.post(f"/api/v1/calls/{call.pk}/{command}", {} if body is None else body)


def transfer(caller: Caller, call: Call, how: str = "warm", **target: object) -> Any:
    body = {name: str(value) for name, value in target.items()}
    return ask(caller, call, "transfer", {**body, "transfer_type": how})


def refusal(answer: Any) -> tuple[int, str | None, str]:
    details = answer.json()["details"]
    return answer.status_code, details["field"], details["message"]


def state(call: Call) -> tuple[object, ...]:
    """What a refusal leaves as it was."""
    call.refresh_from_db()
    events = CallEvent.objects.filter(call=call).count()
    return call.phase, call.partner_id, call.recording_paused, call.legs.count(), events, Command.objects.count()
