from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls import filters
from calls.actions import calls, hangup, monitor, place, recordings, transfer
from calls.models import Call, CallLeg, Recording
from calls.serializers.call import (
    CallDetailSerializer,
    CallSerializer,
    DispositionSerializer,
    LegSerializer,
    NoteSerializer,
    NothingSerializer,
    PlaceCallSerializer,
    WriteNoteSerializer,
)
from calls.serializers.recording import RecordingSerializer
from calls.serializers.transfer import MonitorSerializer, TransferSerializer
from zerovoice.api.errors import Forbidden, NotFound
from zerovoice.api.idempotency import idempotent
from zerovoice.api.principal import Principal
from zerovoice.api.ranges import RANGE, ranged_response, ranged_responses
from zerovoice.api.viewsets import TenantViewSet


@extend_schema(tags=["Calls"])
class CallViewSet(TenantViewSet):
    scope = "calls"
    queryset = Call.objects.select_related("queue", "agent")
    lookup_url_kwarg = "call_id"
    serializer_class = CallDetailSerializer
    write_serializers = {
        "outbound": PlaceCallSerializer,
        "partial_update": DispositionSerializer,
        "transfer": TransferSerializer,
        "complete_transfer": NothingSerializer,
        "cancel_transfer": NothingSerializer,
        "hold": NothingSerializer,
        "resume": NothingSerializer,
        "monitor": MonitorSerializer,
        "pause_recording": NothingSerializer,
        "resume_recording": NothingSerializer,
        "hangup": NothingSerializer,
        "add_note": WriteNoteSerializer,
    }
    lists = {
        "live": CallSerializer,
        "logs": CallSerializer,
        "recordings": RecordingSerializer,
        "notes": NoteSerializer,
    }
    filtersets = {"live": filters.LiveCallFilterSet, "logs": filters.CallLogFilterSet}
    counted = {"logs": "calls"}
    statuses = {"outbound": 201, "add_note": 201, "monitor": 201}
    operation_ids = {
        "outbound": "place_call",
        "live": "list_live_calls",
        "logs": "search_call_logs",
        "transfer": "transfer_call",
        "complete_transfer": "complete_transfer",
        "cancel_transfer": "cancel_transfer",
        "hold": "hold_call",
        "resume": "resume_call",
        "monitor": "monitor_call",
        "pause_recording": "pause_recording",
        "resume_recording": "resume_recording",
        "hangup": "hang_up_call",
        "recordings": "list_call_recordings",
        "audio": "get_recording_audio",
        "notes": "list_call_notes",
        "add_note": "add_call_note",
    }
    errors = {
        "outbound": (422, 451, 503),
        "transfer": (422, 451, 503),
        "complete_transfer": (422,),
        "cancel_transfer": (422,),
        "hold": (422,),
        "resume": (422,),
        "monitor": (422, 451, 503),
        "pause_recording": (422,),
        "resume_recording": (422,),
        "hangup": (422, 503),
        "partial_update": (422,),
    }

    def narrow(self, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """An agent sees only the calls they took part in. One call is shown with its legs, and whose they are."""
        if not self.is_list():
            queryset = queryset.prefetch_related(Prefetch("legs", self._legs()))
        return taking_part(self.principal, queryset)

    def retrieve(self, request: Request, call_id: str) -> Response:
        """A call, with its legs."""
        return self.answer(self.get_object())

    def partial_update(self, request: Request, call_id: str) -> Response:
        """Set the disposition of a finished call: what became of it, in your words."""
        call = calls.set_disposition(principal=self.principal, call=self.get_object(), **self.validated())
        return self.answer(self.get_queryset().get(pk=call.pk))

    @action(detail=False, methods=["post"])
    @idempotent
    def outbound(self, request: Request) -> Response:
        """Place an outbound call.

        When the customer answers, the call goes to the named queue, else to the default one. When you are an agent and
        name no queue, your own phone is rung first. Emergency numbers are refused, and so is whoever must not be called
        (451).
        """
        call = place.place_call(principal=self.principal, **self.validated())
        return self.answer(Call.objects.select_related("queue", "agent").get(pk=call.pk), status=201)

    @action(detail=False)
    def live(self, request: Request) -> Response:
        """Calls that last, the newest first."""
        return self.answer_list(self.get_queryset().live())  # type: ignore[attr-defined]

    @action(detail=False)
    def logs(self, request: Request) -> Response:
        """Calls that are over, the newest first."""
        return self.answer_list(self.get_queryset().over())  # type: ignore[attr-defined]

    @action(detail=True, methods=["post"])
    @idempotent
    def transfer(self, request: Request, call_id: str) -> Response:
        """Hand the customer over to a number, an agent or a queue.

        `cold`: the agent is released at once, the target is rung while the customer hears music. When the target does
        not answer, the customer comes back: to the same agent if free, else to the head of the queue.

        `warm`: the customer is on hold while the target is rung, and agent and target talk; then complete or cancel.
        When the target does not answer or hangs up, the customer is back with the agent; an agent who hangs up has
        completed it. Of a queue, the agent whose turn it is is rung.
        """
        call = self._call_at_hand()
        data = self.validated()
        how = data.pop("transfer_type")
        target = transfer.Target(**{name.removeprefix("target_"): value for name, value in data.items()})
        return self._changed(transfer.transfer(principal=self.principal, call=call, target=target, how=how))

    @action(detail=True, methods=["post"], url_path="transfer/complete")
    def complete_transfer(self, request: Request, call_id: str) -> Response:
        """The customer and the transfer target talk from now on; the agent is released."""
        return self._command(transfer.complete)

    @action(detail=True, methods=["post"], url_path="transfer/cancel")
    def cancel_transfer(self, request: Request, call_id: str) -> Response:
        """Call a warm transfer off: the target is released, the customer is back with the agent."""
        return self._command(transfer.cancel)

    @action(detail=True, methods=["post"])
    def hold(self, request: Request, call_id: str) -> Response:
        """Put the customer on hold: they hear music, a recording pauses."""
        return self._command(transfer.hold)

    @action(detail=True, methods=["post"])
    def resume(self, request: Request, call_id: str) -> Response:
        """Take the customer back from hold."""
        return self._command(transfer.resume)

    @action(detail=True, methods=["post"])
    @idempotent
    def monitor(self, request: Request, call_id: str) -> Response:
        """Listen to a conversation (`listen`), speak to the agent alone (`whisper`), or with both (`barge`).

        The endpoint is rung and joined. Asked again for the same endpoint with another mode, that changes at once.
        Agents monitor nobody.
        """
        call = self.get_object()
        if self.principal.own_calls_only:
            raise Forbidden("Agents monitor nobody")
        data = self.validated()
        endpoint = data.get("endpoint") or monitor.own_endpoint(self.principal)
        leg = monitor.monitor(principal=self.principal, call=call, mode=data["mode"], endpoint=endpoint)
        return self.answer(leg, status=201, serializer_class=LegSerializer)

    @action(detail=True, methods=["post"], url_path="recording/pause")
    def pause_recording(self, request: Request, call_id: str) -> Response:
        """Record silence from now on, while a card number is said perhaps."""
        return self._command(recordings.pause)

    @action(detail=True, methods=["post"], url_path="recording/resume")
    def resume_recording(self, request: Request, call_id: str) -> Response:
        """Record again."""
        return self._command(recordings.resume)

    @action(detail=True, methods=["post"])
    def hangup(self, request: Request, call_id: str) -> Response:
        """End the call and every leg of it. The legs end as the carrier confirms."""
        return self._command(hangup.hang_up)

    @action(detail=True)
    def recordings(self, request: Request, call_id: str) -> Response:
        """The call's recordings, the oldest first."""
        return self.answer_list(self._recordings())

    @extend_schema(
        responses=ranged_responses("audio/wav"),
        parameters=[
            RANGE,
            OpenApiParameter(
                "recording_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="One of the call's recordings"
            ),
        ],
    )
    @action(
        detail=True, url_path="recordings/(?P<recording_id>[^/.]+)/audio", url_name="audio", suffix="Recording audio"
    )
    def audio(self, request: Request, call_id: str, recording_id: str) -> HttpResponseBase:
        """The sound of a recording: one channel for each speaker, 16-bit PCM."""
        recording = self._recordings().filter(pk=recording_id).first()
        if recording is None or not recording.file:
            raise NotFound()
        return ranged_response(
            request, recording.file, size=recording.size, content_type="audio/wav", filename=_filename(recording)
        )

    @action(detail=True)
    def notes(self, request: Request, call_id: str) -> Response:
        """Notes on the call, the newest first."""
        return self.answer_list(self.get_object().notes.all())

    @extend_schema(responses={201: NoteSerializer})
    @notes.mapping.post
    def add_note(self, request: Request, call_id: str) -> Response:
        """Add a note to the call."""
        note = calls.add_note(principal=self.principal, call=self.get_object(), **self.validated())
        return self.answer(note, status=201, serializer_class=NoteSerializer)

    def _recordings(self) -> QuerySet[Recording]:
        """Of conversations. Messages have an address, and a scope, of their own."""
        recordings: QuerySet[Recording] = self.get_object().recordings.filter(kind=Recording.Kind.CONVERSATION)
        return recordings

    def _legs(self) -> QuerySet[CallLeg]:
        """Who is in the call. Agents are not told who listens."""
        legs = CallLeg.objects.select_related("agent")
        return legs.exclude(role=CallLeg.Role.SUPERVISOR) if self.principal.own_calls_only else legs

    def _call_at_hand(self) -> Call:
        """The call, for who may act on it: an agent only while they are in it."""
        call: Call = self.get_object()
        refuse_unless_at_hand(self.principal, call)
        return call

    def _command(self, act: Callable[..., Call]) -> Response:
        """For commands that take nothing but the call."""
        call = self._call_at_hand()
        self.validated()
        return self._changed(act(principal=self.principal, call=call))

    def _changed(self, call: Call) -> Response:
        return self.answer(self.get_queryset().get(pk=call.pk))


def taking_part(principal: Principal, calls: QuerySet[Call]) -> QuerySet[Call]:
    """Those that the caller may see: an agent's are the ones they took part in."""
    if not principal.own_calls_only:
        return calls
    mine = CallLeg.objects.filter(in_the_call(), call=OuterRef("pk"), agent__user_id=principal.id)
    return calls.filter(Exists(mine))


def refuse_unless_at_hand(principal: Principal, call: Call) -> None:
    """An agent acts on a call only while they are in it. Raises Forbidden."""
    if not principal.own_calls_only:
        return
    there = call.legs.active().filter(agent__user_id=principal.id, released=False)
    if not there.filter(in_the_call()).exists():
        raise Forbidden("You are not in this call any more")


def in_the_call() -> Q:
    """Of an agent's legs, those in which they took the call, or called themselves: not where they were only rung."""
    return Q(accepted_at__isnull=False) | Q(entry=None, transfer="")


def _filename(recording: Recording) -> str:
    return f"call-{recording.call_id}.wav"
