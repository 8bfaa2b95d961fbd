"""The live floor: what supervisors watch all day, and what they order there. Agents have a page of their own: as in the
API, they see only their calls and monitor nobody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from rest_framework.serializers import BaseSerializer

from calls.actions import agents, hangup, monitor, transfer
from calls.admin import floor_state
from calls.models import Agent, Call
from calls.serializers.agent import PresenceSerializer
from calls.serializers.call import NothingSerializer
from calls.serializers.transfer import MonitorSerializer, TransferSerializer
from zerovoice.accounts.admin import organizations_with, staff_user
from zerovoice.accounts.lists import organizations_of
from zerovoice.api import errors
from zerovoice.backoffice import pages
from zerovoice.lib import clock


@pages.register
class LiveFloor(pages.StaffPage):
    """With `?wall=1` it opens as a wall has it: large figures and nothing else."""

    route = "floor/"
    name = "floor"
    scope = "calls"
    title = "Live floor"
    template_name = "calls/floor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        organization, person = context["organization"], staff_user(self.request)
        own = Agent.objects.of(organization.pk).filter(user=person).first()
        board = {
            "state": f"{reverse('admin:floor_state')}?in={organization.pk}",
            "orders": reverse("admin:floor"),
            "call_page": reverse("admin:calls_call_changelist"),
            "zone": organization.timezone,
            "write": context["may_write"],
            "person": str(person.pk),
            "phone": own.endpoint if own else "",
        }
        calls_list = f"{reverse('admin:calls_call_changelist')}?in={organization.pk}&live=yes"
        agents_list = f"{reverse('admin:calls_agent_changelist')}?in={organization.pk}"
        return {
            **context,
            "board": board,
            "calls_list": calls_list,
            "agents_list": agents_list,
            "wall": self.request.GET.get("wall") == "1",
        }


@pages.register
class FloorState(pages.StaffData):
    """`{"now": …, "tag": …, "floor": {…}}`; without the floor where it is still the one tagged `?have=`."""

    route = "floor/state"
    name = "floor_state"
    scope = "calls"

    def get(self, request: HttpRequest) -> HttpResponse:
        organization_id = self._organization_id(request.GET.get("in", ""))
        reading = floor_state.read(organization_id)
        answer: dict[str, Any] = {"now": round(clock.timestamp(), 3), "tag": reading.tag}
        if request.GET.get("have") != reading.tag:
            answer["floor"] = orjson.Fragment(reading.body)
        return HttpResponse(orjson.dumps(answer), content_type="application/json")

    def _organization_id(self, text: str) -> UUID:
        """Known from the memberships, so that a board's question costs no query more."""
        try:
            wanted = UUID(text)
        except ValueError as error:
            raise errors.BadRequest("Name the organization by its id", "in") from error
        if wanted in organizations_with(self.request, "calls:read"):
            return wanted
        if not organizations_of(self.request, self.scope).filter(pk=wanted).exists():
            raise errors.NotFound
        return wanted


class Order(pages.StaffData):
    """Something ordered on the floor, with the body of the API's request for the same."""

    scope = "calls"
    verb = "write"
    serializer: type[BaseSerializer[Any]]

    def done(self, organization_id: UUID, **told: Any) -> JsonResponse:
        floor_state.outdate(organization_id)
        return JsonResponse(told)


@pages.register
class MonitorOrder(Order):
    """Listen, whisper or barge: the phone that is named is rung."""

    route = "floor/calls/<uuid:pk>/monitor"
    name = "floor_monitor"
    serializer = MonitorSerializer

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        call = self.row(Call, pk)
        data = self.checked(self.serializer)
        principal = self.principal(call.organization)
        endpoint = data.get("endpoint") or monitor.own_endpoint(principal)
        leg = monitor.monitor(principal=principal, call=call, mode=data["mode"], endpoint=endpoint)
        return self.done(call.organization_id, endpoint=leg.to_number, mode=leg.mode)


@pages.register
class HangUpOrder(Order):
    route = "floor/calls/<uuid:pk>/hangup"
    name = "floor_hang_up"
    serializer = NothingSerializer

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        call = self.row(Call, pk)
        self.checked(self.serializer)
        hangup.hang_up(principal=self.principal(call.organization), call=call)
        return self.done(call.organization_id)


@pages.register
class TransferOrder(Order):
    route = "floor/calls/<uuid:pk>/transfer"
    name = "floor_transfer"
    serializer = TransferSerializer

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        call = self.row(Call, pk)
        data = self.checked(self.serializer)
        how = data.pop("transfer_type")
        target = transfer.Target(**{name.removeprefix("target_"): value for name, value in data.items()})
        transfer.transfer(principal=self.principal(call.organization), call=call, target=target, how=how)
        return self.done(call.organization_id)


@pages.register
class PresenceOrder(Order):
    """`later`: they are on a call, and it comes true after it."""

    route = "floor/agents/<uuid:pk>/state"
    name = "floor_presence"
    serializer = PresenceSerializer

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        agent = self.row(Agent, pk)
        wanted = self.checked(self.serializer)
        after = agents.set_presence(principal=self.principal(agent.organization), agent=agent, **wanted)
        return self.done(agent.organization_id, state=after.state, later=after.state != wanted["state"])
