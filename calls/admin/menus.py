"""The menus of an organisation as a tree: how callers are led, and each menu's answers changed where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.functional import cached_property

from calls import menu_tree
from calls.actions import menus
from calls.menu_tree import Node
from calls.models import BusinessHours, IvrMenu, Prompt, Queue
from calls.serializers.ivr import WriteIvrMenuSerializer
from numbers.admin import targets
from numbers.models import PhoneNumber
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import BadRequest, bad_request
from zerovoice.backoffice import pages
from zerovoice.lib import phone

MOST_MENUS = 500

Leads = dict[str, list[str | None]]


@pages.register
class MenuTreePage(pages.StaffPage):
    route = "menus/tree"
    name = "menu_tree"
    scope = "calls"
    title = "Menus"
    template_name = "calls/menu_tree.html"

    @cached_property
    def chosen(self) -> IvrMenu | None:
        """The menu that is asked for: in the route, or with `?menu=`."""
        given = self.kwargs.get("menu") or self.request.GET.get("menu")
        if not given:
            return None
        try:
            found = self.rows(IvrMenu).select_related("organization").filter(pk=UUID(given)).first()
        except ValueError:
            found = None
        if found is None:
            raise Http404
        return found

    @property
    def organization(self) -> Organization:
        return self.chosen.organization if self.chosen else super().organization

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        of = self.organization
        rows = IvrMenu.objects.of(of.pk).select_related("prompt")[:MOST_MENUS]
        view = MenuView(of, {str(menu.pk): menu for menu in rows})
        roots = list(menu_tree.roots(view.entrances, view.leads))
        chosen = str(self.chosen.pk) if self.chosen else next(iter(roots), "")
        adds = "new" in self.request.GET
        shown = view.node(menu_tree.tree(chosen, view.leads)) if chosen in view.menus and not adds else None
        may_write = pages.may_in(self.request, "settings:write", of)
        return super().get_context_data(
            may_write=may_write,
            roots=[view.entry(pk, pk == chosen) for pk in roots],
            lost=[view.entry(pk, pk == chosen) for pk in view.menus if pk not in view.reached],
            root=shown,
            adds=adds or not view.menus,
            editor=self._editor(view) if may_write else None,
            **kwargs,
        )

    def _editor(self, view: MenuView) -> dict[str, Any]:
        """What the forms of the tree are filled with."""
        of = self.organization.pk
        return {
            "choices": targets.choices(Q(organization=of)),
            "prompts": Prompt.objects.of(of).values_list("pk", "name")[:MOST_MENUS],
            "inputs": IvrMenu.Input.choices,
            "data": {
                "organization": str(of),
                "saved_at": reverse("admin:menu_save"),
                "shown_at": reverse("admin:menu_tree"),
                "menus": {pk: view.filled(menu) for pk, menu in view.menus.items()},
            },
        }


class MenuView:
    """The menus of one organisation, with what leads to them and what they lead to."""

    def __init__(self, organization: Organization, found: Mapping[str, IvrMenu]) -> None:
        self.menus = found
        self.routes = {pk: [route for _, route in menu.routes()] for pk, menu in found.items()}
        self.leads: Leads = {pk: [_menu_of(route) for route in routes] for pk, routes in self.routes.items()}
        self.known = targets.rows_led_to(route for routes in self.routes.values() for route in routes)
        self.entrances = _entrances(organization.pk)
        self.reached = menu_tree.reached(list(self.entrances), self.leads)

    def entry(self, pk: str, chosen: bool) -> dict[str, Any]:
        return {"id": pk, "name": self.menus[pk].name, "chosen": chosen, "from": self.entrances.get(pk, [])}

    def node(self, of: Node[str]) -> dict[str, Any]:
        """For the template: a menu, where each answer leads, and the menus below."""
        menu = self.menus[of.menu]
        found: dict[str, Any] = {"id": of.menu, "menu": menu, "state": of.state}
        if of.state != menu_tree.OPEN:
            return found
        lines = [self._line(of, at, _answer(option)) for at, option in enumerate(menu.options)]
        otherwise = self._line(of, len(menu.options), "Nothing right")
        return {
            **found,
            "from": self.entrances.get(of.menu, []),
            "lost": of.menu not in self.reached,
            "sound": reverse("admin:calls_prompt_audio", args=[menu.prompt_id]) if menu.prompt_id else "",
            "asked": _asked_again(menu),
            "lines": [*lines, otherwise],
        }

    def _line(self, of: Node[str], at: int, answer: str) -> dict[str, Any]:
        route, below = self.routes[of.menu][at], of.below.get(at)
        return {
            "answer": answer,
            "target": targets.route_link(route, self.known) if route else "Queue: default queue",
            "more": targets.beside(route),
            "gone": targets.leads_nowhere(route, self.known),
            "below": self.node(below) if below else None,
        }

    def filled(self, menu: IvrMenu) -> dict[str, Any]:
        """The menu as a form has it; routes as the lists of targets spell them."""
        names = ("name", "greeting", "language", "input", "timeout_seconds", "no_input_retries", "invalid_retries")
        return {
            **{name: getattr(menu, name) for name in (*names, "no_input_text", "invalid_text")},
            "prompt_id": str(menu.prompt_id or ""),
            "fallback_route": self._chosen(menu.fallback_route),
            "options": [
                {
                    "digits": option.get("digits", ""),
                    "phrases": option.get("phrases", []),
                    "route": self._chosen(option["route"]),
                }
                for option in menu.options
            ],
        }

    def _chosen(self, route: Mapping[str, Any]) -> dict[str, str]:
        return targets.chosen(route, self.known) if route else {"value": "", "name": "", "heading": ""}


def _menu_of(route: Mapping[str, Any]) -> str | None:
    return str(route.get("target_id")) if route.get("type") == "ivr" else None


def _entrances(organization_id: UUID) -> dict[str, list[str]]:
    """Menus where callers come in, with what sends them there, in words."""
    found: dict[str, list[str]] = {}

    def note(route: Mapping[str, Any], words: str) -> None:
        if menu := _menu_of(route):
            found.setdefault(menu, []).append(words)

    for number in PhoneNumber.objects.of(organization_id).live().filter(routing__type="ivr"):
        note(number.routing, f"{phone.spelt(number.number)} {number.friendly_name}".strip())
    for hours in BusinessHours.objects.of(organization_id).filter(closed_route__type="ivr"):
        note(hours.closed_route, f"{hours.name}, while closed")
    for queue in Queue.objects.of(organization_id).filter(overflow_route__type="ivr"):
        note(queue.overflow_route, f"overflow of {queue.name}")
    return found


def _answer(option: Mapping[str, Any]) -> str:
    said = (f"“{phrase}”" for phrase in option.get("phrases", ()))
    return " or ".join([*filter(None, [option.get("digits")]), *said])


def _asked_again(menu: IvrMenu) -> str:
    """Timeouts and retries in words."""
    return (
        f"Waits {menu.timeout_seconds} s. Silence is asked again {_times(menu.no_input_retries)}, "
        f"a wrong answer {_times(menu.invalid_retries)}."
    )


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


@pages.register
class SaveMenu(pages.StaffData):
    """POST a menu's fields as the API has them, with `id` or, for a new one, `organization`. Answers where it is."""

    route = "menus/save"
    name = "menu_save"
    scope = "settings"
    verb = "write"

    def post(self, request: HttpRequest) -> HttpResponse:
        body = _body(request)
        given, of = body.pop("id", None), body.pop("organization", None)
        menu = self.row(IvrMenu, _id(given)) if given else None
        organization = menu.organization if menu else self._organization(_id(of))
        checked = WriteIvrMenuSerializer(data=body, partial=menu is not None, context={"menu": menu})
        if not checked.is_valid():
            raise bad_request(checked.errors)
        saved = menus.save_menu(principal=self.principal(organization), menu=menu, **checked.validated_data)
        return JsonResponse({"id": str(saved.pk)})

    def _organization(self, pk: UUID) -> Organization:
        found = Organization.objects.filter(pk=pk).first()
        if found is None or not pages.may_in(self.request, "settings:write", found):
            raise BadRequest("No such organization", "organization")
        return found


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("Malformed JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("Must be an object")
    return body


def _id(given: Any) -> UUID:
    try:
        return UUID(str(given))
    except ValueError as error:
        raise BadRequest("Must be an id", "id") from error
