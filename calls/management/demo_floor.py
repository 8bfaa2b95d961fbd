"""The demo organisation's floor: queues, a front desk with a menu of two levels, hours, wrap-up codes."""

from __future__ import annotations

from typing import Any

from calls.actions import agents, hours, menus, queues, wrap_up_codes
from calls.models import Agent, BusinessHours, IvrMenu, Queue, WrapUpCode
from calls.routing import Strategy
from numbers.actions import configure_number
from numbers.models import PhoneNumber
from zerovoice.api.principal import Principal

FRONT_DESK = "Welcome to the demo. For sales, press 1. For support, press 2. To leave a message, press 9."
SUPPORT = "For orders, press 1. For technical help, press 2."
CODES = {"sold": "Sold", "solved": "Solved", "call_again": "Call again", "wrong_number": "Wrong number"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: Who works where beside the main queue, and what they know.
_TEAMS: dict[str, dict[str, dict[str, int]]] = {
    "Sales": {"Ada Reyes": {}, "Ben Okafor": {}},
    "Support": {"Chloe Martin": {"french": 8}, "Dev Patel": {"technical": 9}},
}


def furnish(principal: Principal, number: PhoneNumber) -> None:
    """Make what is not there yet, and let `number` lead to the front desk."""
    of = principal.organization_id
    if IvrMenu.objects.of(of).exists():
        return
    sales = queues.save_queue(
        principal=principal, name="Sales", strategy=Strategy.ROUND_ROBIN, offers_callback=True, wrap_up_seconds=3
    )
    support = queues.save_queue(
        principal=principal,
        name="Support",
        strategy=Strategy.SKILLS,
        skills_timeout_seconds=60,
        announce_wait=True,
        wrap_up_seconds=3,
        overflow_route=_to("voicemail"),
    )
    _staff(principal, {"Sales": sales, "Support": support})
    for code, label in CODES.items():
        if not WrapUpCode.objects.of(of).filter(code=code).exists():
            wrap_up_codes.save_wrap_up_code(principal=principal, code=code, label=label)
    open_hours = hours.save_hours(
        principal=principal,
        name="Around the clock",
        weekly={day: [["00:00", "24:00"]] for day in _DAYS},
        closed_route=_to("voicemail"),
    )
    desk = _front_desk(principal, sales, support)
    configure_number(principal=principal, number=number, routing=_desk_route(desk, open_hours))


def _front_desk(principal: Principal, sales: Queue, support: Queue) -> IvrMenu:
    below = menus.save_menu(
        principal=principal,
        name="Support",
        greeting=SUPPORT,
        options=[
            {"digits": "1", "phrases": [], "route": _to("queue", support)},
            {"digits": "2", "phrases": [], "route": {**_to("queue", support), "skills": ["technical"]}},
        ],
        fallback_route=_to("queue", support),
    )
    return menus.save_menu(
        principal=principal,
        name="Front desk",
        greeting=FRONT_DESK,
        options=[
            {"digits": "1", "phrases": [], "route": _to("queue", sales)},
            {"digits": "2", "phrases": [], "route": _to("ivr", below)},
            {"digits": "9", "phrases": [], "route": _to("voicemail", sales)},
        ],
        fallback_route={},
    )


def _staff(principal: Principal, named: dict[str, Queue]) -> None:
    for team, people in _TEAMS.items():
        for name, skills in people.items():
            agent = Agent.objects.of(principal.organization_id).filter(name=name).first()
            if agent is not None:
                present = agent.memberships.values_list("queue_id", flat=True)
                agents.save_agent(principal=principal, agent=agent, skills=skills, queue_ids=[*present, named[team].pk])


def _desk_route(desk: IvrMenu, open_hours: BusinessHours) -> dict[str, Any]:
    return {**_to("ivr", desk), "business_hours_id": str(open_hours.pk)}


def _to(kind: str, target: Queue | IvrMenu | None = None) -> dict[str, Any]:
    return {"type": kind, "target_id": str(target.pk) if target else None}
