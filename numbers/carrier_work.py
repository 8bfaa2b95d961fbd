"""What workers do at the carrier for a number. Repeated, it is done once: the carrier is told how things are to be."""

from __future__ import annotations

from datetime import timedelta

from numbers import settling
from numbers.models import Drift, PhoneNumber
from zerovoice.carrier import commands
from zerovoice.carrier.models import Command
from zerovoice.lib import clock

_GIVE_UP_AFTER = timedelta(days=1)


def register() -> None:
    commands.register("numbers.configure", _configure, on_done=_configured)


def submit_configure(number: PhoneNumber) -> None:
    """Have the carrier know the number's name, and where its calls and messages go, as our row says by then."""
    commands.submit(
        "numbers.configure",
        organization_id=number.organization_id,
        target_id=number.pk,
        give_up_at=clock.machine_now() + _GIVE_UP_AFTER,
    )


def _configure(command: Command) -> None:
    number = PhoneNumber.objects.get(pk=command.target_id)
    if number.status == PhoneNumber.Status.ACTIVE and number.sid:
        settling.carrier_of(number).update_number(
            sid=number.sid,
            friendly_name=number.friendly_name or number.number,
            addresses=settling.addresses(number),
        )


def _configured(command: Command, _: object) -> None:
    Drift.objects.filter(phone_number=command.target_id, kind=Drift.Kind.MISDIRECTED).delete()
