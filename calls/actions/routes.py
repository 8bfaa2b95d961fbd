"""Where routes may lead, and that none of them ever leads nowhere.

Who saves a route holds a share of the row it leads to until the commit; who deletes such a row has it alone, and looks
first whether something leads there. So of the two, whoever comes second is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Model

from calls.models import Agent, BusinessHours, IvrMenu, Queue
from compliance import destinations
from numbers import registry
from numbers.models import PhoneNumber
from zerovoice.api.errors import Unprocessable
from zerovoice.lib import phone

#: The kinds of route that lead to a row of a model.
_KINDS: dict[type[Model], tuple[str, ...]] = {
    IvrMenu: ("ivr",),
    Queue: ("queue", "voicemail"),
    Agent: ("agent", "voicemail"),
    BusinessHours: (),
}
_MOST_NAMED = 3


def register() -> None:
    for kind, what, models in (
        ("ivr", "menu", (IvrMenu,)),
        ("queue", "queue", (Queue,)),
        ("agent", "agent", (Agent,)),
        ("voicemail", "queue or agent", (Queue, Agent)),
        (registry.BUSINESS_HOURS, "business hours", (BusinessHours,)),
    ):
        registry.register_target(kind, partial(_refuse_unless_there, models, what))
    registry.register_target("forward", _refuse_number)


def check(organization_id: uuid.UUID, route: Mapping[str, Any], *, field: str) -> None:
    """As `registry.check`, for a route that may be empty."""
    if route:
        registry.check(organization_id, route, field=field)


def refuse_if_led_to(target: Model) -> None:
    """Raises Unprocessable, naming what leads there, for a row that the caller has locked and is about to delete."""
    leading = list(_leading_to(target))
    if leading:
        more = f" and {len(leading) - _MOST_NAMED} more" if len(leading) > _MOST_NAMED else ""
        raise Unprocessable(f"Something leads there: {', '.join(leading[:_MOST_NAMED])}{more}")


def _leading_to(target: Any) -> Iterator[str]:
    of, pk = target.organization_id, target.pk
    numbers = PhoneNumber.objects.of(of)
    if isinstance(target, BusinessHours):
        yield from (f"phone number {number.number}" for number in numbers.open_by(pk))
    for kind in _KINDS[type(target)]:
        there = {"type": kind, "target_id": str(pk)}
        yield from (f"phone number {number.number}" for number in numbers.leading_to(kind, pk))
        yield from (f"IVR menu {menu}" for menu in IvrMenu.objects.of(of).leading_to(kind, str(pk)))
        yield from (f"queue {queue}" for queue in Queue.objects.of(of).filter(overflow_route__contains=there))
        closed = BusinessHours.objects.of(of).filter(closed_route__contains=there)
        yield from (f"business hours {hours}" for hours in closed)


def _refuse_unless_there(
    models: tuple[type[Model], ...], what: str, organization_id: uuid.UUID, target_id: str, field: str
) -> None:
    if not any(_is_there(model, organization_id, target_id) for model in models):
        raise Unprocessable(f"No such {what}", field=field)


def _is_there(model: type[Model], organization_id: uuid.UUID, target_id: str) -> bool:
    """Whether it is, and then stays until the transaction is over. Not in the way of who only changes the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {model._meta.db_table} WHERE id = %s AND organization_id = %s FOR KEY SHARE",  # noqa: S608
            [target_id, organization_id],
        )
        return cursor.fetchone() is not None


def _refuse_number(organization_id: uuid.UUID, number: str, field: str) -> None:
    if phone.is_emergency(number):
        raise Unprocessable("Calls cannot be forwarded to emergency numbers", field=field)
    if PhoneNumber.objects.of(organization_id).live().filter(number=number).exists():
        raise Unprocessable("A number of yours: calls would go in a circle", field=field)
    destinations.refuse(organization_id, number, field=field)
