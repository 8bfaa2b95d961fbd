"""The agent's desk: one page on which an agent works a day. What its script asks for is here, its orders elsewhere."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.functional import cached_property

from calls.admin import desk_around, desk_now
from calls.models import Agent, Call, Voicemail
from calls.views.call import refuse_unless_at_hand, taking_part
from calls.views.voicemail import in_own_boxes
from zerovoice.accounts.admin import staff_user
from zerovoice.accounts.lists import chosen_organization
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import Forbidden, NotFound
from zerovoice.api.principal import Principal
from zerovoice.api.ranges import ranged_response
from zerovoice.backoffice import pages

#: Pages that the desk links to, for those whose role opens them: (name, model, scope).
_LISTS = (
    ("calls", "calls_call", "calls"),
    ("contacts", "contacts_contact", "contacts"),
    ("messages", "messaging_message", "messaging"),
)


@pages.register
class Desk(pages.StaffPage):
    """As the agent that the person is in the chosen organisation; where they are none, words."""

    route = "desk/"
    name = "desk"
    scope = "calls"
    for_agents = True
    title = "My desk"
    template_name = "calls/desk.html"

    @cached_property
    def mine(self) -> dict[uuid.UUID, Agent]:
        """The agents that they are, by organisation."""
        rows = self.rows(Agent).filter(user=staff_user(self.request)).select_related("organization")
        return {row.organization_id: row for row in rows.order_by("organization__name", "organization_id")}

    @cached_property
    def organization(self) -> Organization:  # looked up once
        """The chosen one; where none is chosen, one in which they are an agent."""
        if not self.mine or "in" in self.request.GET:
            return super().organization
        last = chosen_organization(self.request, self.scope, as_agent=True)
        first = next(iter(self.mine.values())).organization
        return last if last and last.pk in self.mine else first

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organization = self.organization
        agent = self.mine.get(organization.pk)
        context = super().get_context_data(**kwargs)
        if self.mine and agent:
            context["organizations"] = [row.organization for row in self.mine.values()]
        return {
            **context,
            "agent": agent,
            "elsewhere": [row.organization for row in self.mine.values()],
            "agents_url": reverse("admin:calls_agent_changelist")
            if pages.may_in(self.request, "settings:write", organization)
            else "",
            "desk": self._addresses(organization) if agent else None,
        }

    def _addresses(self, organization: Organization) -> dict[str, Any]:
        """For the script. Each names the organisation, so that a desk stays one whatever is chosen in another tab."""
        lists = {
            name: reverse(f"admin:{of}_changelist") if pages.may_in(self.request, f"{scope}:read", organization) else ""
            for name, of, scope in _LISTS
        }
        agent = self.mine[organization.pk]
        return {"at": reverse("admin:desk"), "organization": str(organization.pk), "agent": str(agent.pk), **lists}


class DeskData(pages.StaffData):
    """For the agent that the person is in the organisation named by `?in=`. Raises NotFound where they are none."""

    scope = "calls"
    for_agents = True

    @cached_property
    def agent(self) -> Agent:
        try:
            organization = uuid.UUID(self.request.GET.get("in", ""))
        except ValueError as error:
            raise NotFound("You are no agent of this organization") from error
        mine = self.rows(Agent).filter(user=staff_user(self.request), organization=organization)
        agent: Agent | None = mine.select_related("organization").first()
        if agent is None:
            raise NotFound("You are no agent of this organization")
        return agent

    @cached_property
    def me(self) -> Principal:
        return self.principal(self.agent.organization)

    def need(self, scope: str) -> None:
        """Raises Forbidden as the API does."""
        if not self.me.has(scope):
            raise Forbidden(f"This needs the scope {scope}")

    def own_call(self, pk: uuid.UUID) -> Call:
        """One that the API would show them. Raises NotFound."""
        calls = Call.objects.of(self.me.organization_id).select_related("queue", "agent")
        call: Call | None = taking_part(self.me, calls).filter(pk=pk).first()
        if call is None:
            raise NotFound
        return call

    def call_at_hand(self, pk: uuid.UUID) -> Call:
        """One that the API would let them act on. Raises NotFound, Forbidden."""
        call = self.own_call(pk)
        refuse_unless_at_hand(self.me, call)
        return call

    def own_voicemail(self, pk: uuid.UUID) -> Voicemail:
        """In their own box, or in that of one of their queues. Raises NotFound."""
        rows = Voicemail.objects.of(self.me.organization_id).left().select_related("queue", "agent", "recording")
        found: Voicemail | None = in_own_boxes(self.me, rows).filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found


@pages.register
class DeskNow(DeskData):
    """Asked each second."""

    route = "desk/now"
    name = "desk_now"

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(desk_now.snapshot(self.agent))


@pages.register
class DeskDay(DeskData):
    route = "desk/day"
    name = "desk_day"

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(desk_around.day(self.me, self.agent))


@pages.register
class DeskCall(DeskData):
    route = "desk/calls/<uuid:pk>"
    name = "desk_call"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return JsonResponse(desk_around.call_details(self.me, self.own_call(pk)))


@pages.register
class DeskPerson(DeskData):
    route = "desk/person"
    name = "desk_person"

    def get(self, request: HttpRequest) -> HttpResponse:
        self.need("contacts:read")
        return JsonResponse(desk_around.person(self.me, request.GET.get("number", "")[:128]))


@pages.register
class DeskTargets(DeskData):
    route = "desk/targets"
    name = "desk_targets"

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(desk_around.targets(self.me, self.agent))


@pages.register
class DeskFind(DeskData):
    route = "desk/find"
    name = "desk_find"

    def get(self, request: HttpRequest) -> HttpResponse:
        self.need("contacts:read")
        return JsonResponse({"found": desk_around.find(self.me, request.GET.get("q", "")[:200])})


@pages.register
class DeskVoicemailAudio(DeskData):
    """The sound of a message, for the player."""

    route = "desk/voicemails/<uuid:pk>/audio"
    name = "desk_voicemail_audio"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        self.need("voicemails:read")
        recording = self.own_voicemail(pk).recording
        if recording is None or not recording.file:
            raise NotFound
        return ranged_response(
            request,
            recording.file,
            size=recording.size,
            content_type="audio/wav",
            filename=f"voicemail-{pk}.wav",
        )
