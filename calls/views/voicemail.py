from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls.actions import voicemail
from calls.filters import VoicemailFilterSet
from calls.models import Agent, Call, Segment, Voicemail
from calls.serializers.call import CallDetailSerializer
from calls.serializers.voicemail import CallBackSerializer, VoicemailSerializer, WriteVoicemailSerializer
from zerovoice.api.errors import NotFound
from zerovoice.api.idempotency import idempotent
from zerovoice.api.principal import Principal
from zerovoice.api.ranges import RANGE, ranged_response, ranged_responses
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Voicemails"])
class VoicemailViewSet(ListMixin, TenantViewSet):
    """Messages that callers left in the box of a queue or of an agent."""

    scope = "voicemails"
    scopes = {"call_back": "calls:write"}
    queryset = (
        Voicemail.objects.left()
        .select_related("queue", "agent", "recording__transcript")
        .prefetch_related(Prefetch("recording__transcript__segments", Segment.objects.only("transcript", "text")))
    )
    lookup_url_kwarg = "voicemail_id"
    serializer_class = VoicemailSerializer
    filterset_class = VoicemailFilterSet
    write_serializers = {"partial_update": WriteVoicemailSerializer, "call_back": CallBackSerializer}
    operation_ids = {"audio": "get_voicemail_audio", "call_back": "call_back_voicemail"}
    statuses = {"call_back": 201}
    errors = {"call_back": (422, 451, 503)}

    def narrow(self, queryset: QuerySet[Voicemail]) -> QuerySet[Voicemail]:
        """An agent sees their own box and those of their queues."""
        return in_own_boxes(self.principal, queryset) if self.principal.own_calls_only else queryset

    def retrieve(self, request: Request, voicemail_id: str) -> Response:
        """A message."""
        return self.answer(self.get_object())

    def partial_update(self, request: Request, voicemail_id: str) -> Response:
        """Mark it as new, read or archived."""
        changed = voicemail.set_status(principal=self.principal, voicemail=self.get_object(), **self.validated())
        return self.answer(changed)

    @extend_schema(responses=ranged_responses("audio/wav"), parameters=[RANGE])
    @action(detail=True)
    def audio(self, request: Request, voicemail_id: str) -> HttpResponseBase:
        """The sound of the message."""
        recording = self.get_object().recording
        if not recording.file:
            raise NotFound()
        return ranged_response(
            request,
            recording.file,
            size=recording.size,
            content_type="audio/wav",
            filename=f"voicemail-{voicemail_id}.wav",
        )

    @extend_schema(responses={201: CallDetailSerializer})
    @action(detail=True, methods=["post"], url_path="call-back")
    @idempotent
    def call_back(self, request: Request, voicemail_id: str) -> Response:
        """Call who left the message. As an agent your phone is rung first; else they go to the box's queue, once they
        answer, or to the default one."""
        call = voicemail.call_back(principal=self.principal, voicemail=self.get_object(), **self.validated())
        placed = Call.objects.select_related("queue", "agent").prefetch_related("legs__agent").get(pk=call.pk)
        return self.answer(placed, status=201, serializer_class=CallDetailSerializer)


def in_own_boxes(principal: Principal, voicemails: QuerySet[Voicemail]) -> QuerySet[Voicemail]:
    """Those in the box of the agent that the caller is, and in those of their queues."""
    mine = Agent.objects.of(principal.organization_id).filter(user_id=principal.id)
    # Asked for first: an index finds values that are given, while those of a subquery are looked for in every row.
    boxes = list(mine.values_list("pk", "memberships__queue"))
    agents, queues = {agent for agent, _ in boxes}, {queue for _, queue in boxes if queue}
    return voicemails.filter(Q(agent__in=agents) | Q(queue__in=queues))
