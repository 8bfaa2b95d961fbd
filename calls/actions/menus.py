"""IVR menus as such: making, changing and removing them. What happens to callers in them is in `menu_steps`."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from calls import ivr
from calls.actions import prompts, routes
from calls.models import IvrMenu
from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib.turns import take_turns


@transaction.atomic
def save_menu(*, principal: Principal, menu: IvrMenu | None = None, **fields: Any) -> IvrMenu:
    """Make or change a menu.

    Raises Unprocessable for a name that is taken, a prompt of nobody's, and a route to nothing or, by way of other
    menus, back here; Forbidden for a destination that is not allowed.
    """
    # One at a time: two menus saved at once could lead to each other, and neither would see it.
    take_turns(f"calls.menus {principal.organization_id}")
    action = "ivr_menu.updated" if menu else "ivr_menu.created"
    changed = list(fields) if menu else None
    menu = menu or IvrMenu(organization_id=principal.organization_id)
    prompts.check(principal.organization_id, fields, "prompt_id")
    for name, value in fields.items():
        setattr(menu, name, value)
    for field, route in menu.routes():
        if field.partition(".")[0] in fields:
            routes.check(principal.organization_id, route, field=field)
    try:
        with transaction.atomic():
            menu.save(update_fields=changed)
    except IntegrityError as error:
        raise Unprocessable("Another menu has this name", field="name") from error
    _refuse_loop(menu)
    audit.record(
        organization_id=principal.organization_id, actor=principal, action=action, target=menu, fields=list(fields)
    )
    return menu


def _refuse_loop(menu: IvrMenu) -> None:
    """The others lead in no circle, so if there is one, it goes through this menu."""
    menus = {str(one.pk): one for one in IvrMenu.objects.of(menu.organization_id)}
    circle = ivr.loop({pk: one.following() for pk, one in menus.items()})
    if circle is None:
        return
    here = circle.index(str(menu.pk))
    circle = [*circle[here:], *circle[:here], str(menu.pk)]
    closing = next(field for field, route in menu.routes() if route.get("target_id") == circle[1])
    names = " → ".join(menus[pk].name for pk in circle)
    raise Unprocessable(f"The menus lead in a circle: {names}", field=f"{closing}.target_id")


@transaction.atomic
def delete_menu(*, principal: Principal, menu: IvrMenu) -> None:
    """Raises Unprocessable while something leads there. Callers who are in it go to the default queue."""
    locked = IvrMenu.objects.select_for_update().get(pk=menu.pk)
    routes.refuse_if_led_to(locked)
    audit.record(organization_id=principal.organization_id, actor=principal, action="ivr_menu.deleted", target=locked)
    locked.delete()
