"""What the carrier's notices and our commands know of people. See zerovoice/lib/personal.py."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from zerovoice.carrier.models import Command, Receipt
from zerovoice.carrier.work import State
from zerovoice.lib import personal
from zerovoice.lib.personal import Kind, Person, Phase

_CARRIER = "the carrier's ids, and kinds of ours"


def register() -> None:
    personal.register(
        Kind(
            "carrier_notices", Receipt, ("payload", "last_error"),
            find=_receipts, left=lambda person: ~Q(payload={}), erase=personal.blank(payload={}, last_error=""),
            phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.register(
        Kind(
            "carrier_commands", Command, ("last_error",),
            find=_commands, left=lambda person: ~Q(last_error=""), erase=personal.blank(last_error=""),
            phase=Phase.COPIES,
        )
    )  # fmt: skip
    personal.register_wait("a notice of the carrier's", lambda person: _under_way(_receipts(person)))
    personal.register_wait("a command to the carrier", lambda person: _under_way(_commands(person)))
    personal.free("carrier.CarrierAccount", "account_sid", "auth_token", "api_key_sid", "api_key_secret",
                  because="the organisation's own account")  # fmt: skip
    personal.free("carrier.Receipt", "kind", "key", "account_sid", because=_CARRIER)
    personal.free("carrier.Command", "kind", "unique_key", "payload", because="kinds, keys and seconds of ours")


def _receipts(person: Person) -> QuerySet[Receipt]:
    return Receipt.objects.filter(ref__in=personal.ids(person))


def _commands(person: Person) -> QuerySet[Command]:
    return Command.objects.filter(organization=person.organization_id, target_id__in=personal.ids(person))


def _under_way(rows: QuerySet[Receipt] | QuerySet[Command]) -> bool:
    return rows.filter(state__in=[State.PENDING, State.PROCESSING]).exists()
