from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls import filters
from calls.actions import agents
from calls.models import Agent
from calls.serializers.agent import (
    AgentSerializer,
    PresenceSerializer,
    StateChangeSerializer,
    VoiceTokenSerializer,
    WriteAgentSerializer,
)
from zerovoice.api.errors import Forbidden, NotFound
from zerovoice.api.serializers import StrictSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Agents"])
class AgentViewSet(ListMixin, TenantViewSet):
    """Who takes calls, and on which phone."""

    scope = "calls"
    write_scope = "settings"
    scopes = {"set_presence": "calls:write", "set_my_presence": "calls:write", "voice_token": "calls:write"}
    queryset = Agent.objects.prefetch_related("queues")
    lookup_url_kwarg = "agent_id"
    serializer_class = AgentSerializer
    filterset_class = filters.AgentFilterSet
    write_serializers = {
        "create": WriteAgentSerializer,
        "partial_update": WriteAgentSerializer,
        "set_presence": PresenceSerializer,
        "set_my_presence": PresenceSerializer,
        "voice_token": StrictSerializer,
    }
    lists = {"history": StateChangeSerializer}
    filtersets = {"history": filters.AgentHistoryFilterSet}
    operation_ids = {
        "set_presence": "set_agent_presence",
        "me": "get_my_agent",
        "set_my_presence": "set_my_presence",
        "history": "list_agent_history",
        "voice_token": "create_my_voice_token",
    }
    errors = {
        "me": (404,),
        "set_my_presence": (404,),
        "voice_token": (404, 422, 503),
        "create": (422,),
        "partial_update": (422,),
        "destroy": (422,),
    }

    def retrieve(self, request: Request, agent_id: str) -> Response:
        """An agent."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Make an agent. They begin offline."""
        return self._saved(agents.save_agent(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, agent_id: str) -> Response:
        """Change what is sent."""
        return self._saved(agents.save_agent(principal=self.principal, agent=self.get_object(), **self.validated()))

    def destroy(self, request: Request, agent_id: str) -> Response:
        """Remove an agent who never worked: no presence and no call of theirs is in the books."""
        agents.delete_agent(principal=self.principal, agent=self.get_object())
        return Response(status=204)

    @action(detail=True, methods=["put"], url_path="presence")
    def set_presence(self, request: Request, agent_id: str) -> Response:
        """Take calls, pause or leave. On a call, it comes true after it. Agents may set only their own."""
        agent = self.get_object()
        if self.principal.own_calls_only and agent.user_id != self.principal.id:
            raise Forbidden("Agents set only their own presence")
        return self._saved(agents.set_presence(principal=self.principal, agent=agent, **self.validated()))

    @action(detail=True)
    def history(self, request: Request, agent_id: str) -> Response:
        """The states that the agent was in, the newest first. Agents see only their own."""
        agent = self.get_object()
        if self.principal.own_calls_only and agent.user_id != self.principal.id:
            raise Forbidden("Agents see only their own history")
        return self.answer_list(agent.history.order_by("-created_at", "-id"))

    @action(detail=False, url_path="me")
    def me(self, request: Request) -> Response:
        """The agent you are."""
        return self.answer(self._mine())

    @action(detail=False, methods=["put"], url_path="me/presence")
    def set_my_presence(self, request: Request) -> Response:
        """Take calls, pause or leave. On a call, it comes true after it."""
        return self._saved(agents.set_presence(principal=self.principal, agent=self._mine(), **self.validated()))

    @extend_schema(responses={200: VoiceTokenSerializer})
    @action(detail=False, methods=["post"], url_path="me/voice-token")
    def voice_token(self, request: Request) -> Response:
        """A token with which your browser is your phone, for an hour. Your endpoint must be `client:identity`."""
        agent = self._mine()
        self.validated()
        return self.answer(agents.voice_token(agent), serializer_class=VoiceTokenSerializer)

    def _mine(self) -> Agent:
        if self.principal.kind != "user":
            raise Forbidden("An API key is no agent")
        agent = self.get_queryset().filter(user_id=self.principal.id).first()
        if agent is None:
            raise NotFound("You are no agent of this organization")
        return agent

    def _saved(self, agent: Agent, status: int = 200) -> Response:
        return self.answer(self.get_queryset().get(pk=agent.pk), status=status)
