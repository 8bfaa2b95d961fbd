"""The page of one call: what it shows, what its script asks for again, and what people order there."""

from __future__ import annotations

import uuid
from typing import IO, Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from rest_framework.parsers import JSONParser
from rest_framework.serializers import Serializer

from calls import waveform
from calls.actions import calls, hangup, recordings, transcripts
from calls.admin.call_about import About, contact_of
from calls.admin.call_sound import Sound
from calls.admin.call_story import Story
from calls.models import Call, CallNote, Recording, Transcript, WrapUpCode
from calls.serializers.call import DispositionSerializer, NothingSerializer, WriteNoteSerializer
from zerovoice.accounts.lists import local
from zerovoice.api.errors import NotFound, Unprocessable
from zerovoice.backoffice import pages
from zerovoice.backoffice.pages import may_in

MOST_NOTES, MOST_CODES = 100, 200
#: So often the page asks again, in milliseconds: while the call lasts, and while sound or transcript are on their way.
_WHILE_LIVE, _WHILE_UNSETTLED = 2000, 4000


def shown(calls: QuerySet[Call]) -> QuerySet[Call]:
    """With what the page reads of the call itself."""
    return calls.select_related("organization", "queue", "agent", "menu", "original")


def context(request: HttpRequest, call: Call) -> dict[str, Any]:
    """For `calls/call.html`."""
    organization = call.organization
    return {
        "now": Now(request, call),
        "notes": notes_of(call),
        "may_write": may_in(request, "calls:write", organization),
        "urls": {
            name: reverse(f"admin:{view}", args=[call.pk])
            for name, view in (
                ("now", "call_now"), ("notes", "call_notes"), ("about", "call_about"), ("hang_up", "call_hang_up"),
                ("disposition", "call_disposition"),
            )
        },
        "floor": _floor(request),
    }  # fmt: skip


def notes_of(call: Call) -> list[tuple[CallNote, str]]:
    rows = call.notes.order_by("-created_at", "-id")[:MOST_NOTES]
    return [(note, local(note.created_at, call.organization.timezone)) for note in rows]


def _floor(request: HttpRequest) -> str:
    """Where the live floor is shown, to whom may see it."""
    page = next((view for view in pages.registered() if view.name == "floor"), None)
    return reverse("admin:floor") if page and page.shown_to(request) else ""


class Now:
    """What changes while the call lasts and for a while after: the head, the timeline, the sound."""

    def __init__(self, request: HttpRequest, call: Call) -> None:
        self.story = Story(call, contact_of(request, call))
        self.sound = Sound(
            call,
            customer=self.story.customer,
            agent=call.agent.name if call.agent else "",
            reads=may_in(request, "transcripts:read", call.organization),
        )
        self.may_transcribe = may_in(request, "transcripts:write", call.organization)

    @property
    def ask_again_after(self) -> int:
        """Milliseconds; 0: nothing will change by itself."""
        if self.story.live:
            return _WHILE_LIVE
        return 0 if self.sound.settled else _WHILE_UNSETTLED


class CallData(pages.StaffData):
    """About one call, named by its id."""

    scope = "calls"

    def call(self, pk: uuid.UUID) -> Call:
        found = shown(self.rows(Call)).filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def html(self, template: str, values: dict[str, Any], **more: Any) -> HttpResponse:
        return JsonResponse({"html": render_to_string(template, values, request=self.request), **more})


@pages.register
class CallNow(CallData):
    """The parts of the page that change, as they are now."""

    route = "calls/call/<uuid:pk>/now"
    name = "call_now"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        call = self.call(pk)
        now = Now(request, call)
        values = {"now": now, "may_write": may_in(request, "calls:write", call.organization)}
        return self.html(
            "calls/call_now.html", values, again=now.ask_again_after, live=now.story.live, status=_spoken(now.story)
        )


def _spoken(story: Story) -> str:
    """What a screen reader says when it changes."""
    return f"{story.call.get_phase_display()}" if story.live else f"The call is over. {story.disposition}"


@pages.register
class CallAbout(CallData):
    """What belongs to it elsewhere."""

    route = "calls/call/<uuid:pk>/about"
    name = "call_about"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return self.html("calls/call_about.html", {"about": About(request, self.call(pk))})


@pages.register
class CallPeaks(pages.StaffData):
    """How loud a recording is, along it: `{"channels": [[0..100, ...], ...]}`, in the order of the recording's."""

    scope = "calls"
    route = "calls/recording/<uuid:pk>/peaks"
    name = "call_peaks"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        recording = self.row(Recording, pk)
        if not recording.file:
            raise NotFound
        try:
            with recording.file.open("rb") as file:
                return JsonResponse({"channels": waveform.peaks(file)})
        except FileNotFoundError as error:
            raise NotFound("The sound is no longer there") from error
        except waveform.NoWaveform as error:
            raise Unprocessable("No waveform can be drawn of this sound") from error


class Order(CallData):
    """An order about the call. The body is checked by the API's own serializer."""

    verb = "write"
    serializer: ClassVar[type[Serializer[Any]]] = NothingSerializer

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        call = self.call(pk)
        checked = self.serializer(data=JSONParser().parse(cast(IO[bytes], request)))
        checked.is_valid(raise_exception=True)
        return self.act(call, **checked.validated_data)

    def act(self, call: Call, **given: Any) -> HttpResponse:
        raise NotImplementedError


@pages.register
class CallNotes(Order):
    """Adds a note; the answer is all of them."""

    serializer = WriteNoteSerializer
    route = "calls/call/<uuid:pk>/notes"
    name = "call_notes"

    def act(self, call: Call, **given: Any) -> HttpResponse:
        calls.add_note(principal=self.principal(call.organization), call=call, **given)
        return self.html("calls/call_notes.html", {"notes": notes_of(call)})


@pages.register
class CallDisposition(Order):
    serializer = DispositionSerializer
    route = "calls/call/<uuid:pk>/disposition"
    name = "call_disposition"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The wrap-up codes that are offered: `{"codes": [{"code", "label"}]}`."""
        codes = WrapUpCode.objects.of(self.call(pk).organization_id).filter(active=True).order_by("label")
        return JsonResponse({"codes": list(codes.values("code", "label")[:MOST_CODES])})

    def act(self, call: Call, **given: Any) -> HttpResponse:
        changed = calls.set_disposition(principal=self.principal(call.organization), call=call, **given)
        return JsonResponse({"disposition": changed.disposition})


@pages.register
class CallHangUp(Order):
    route = "calls/call/<uuid:pk>/hang-up"
    name = "call_hang_up"

    def act(self, call: Call, **given: Any) -> HttpResponse:
        hangup.hang_up(principal=self.principal(call.organization), call=call)
        return JsonResponse({})


@pages.register
class TranscribeAgain(pages.StaffData):
    scope = "transcripts"
    verb = "write"
    route = "calls/transcript/<uuid:pk>/again"
    name = "transcribe_again"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        transcript = self.row(Transcript, pk)
        if not transcripts.run_again(principal=self.principal(transcript.organization), transcript=transcript):
            raise Unprocessable("It is being made already")
        return JsonResponse({})


@pages.register
class FetchAgain(pages.StaffData):
    """Have a worker fetch the sound from the carrier once more."""

    scope = "calls"
    verb = "write"
    route = "calls/recording/<uuid:pk>/again"
    name = "fetch_again"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        recording = self.row(Recording, pk)
        if not recordings.fetch_again(principal=self.principal(recording.organization), recording=recording):
            raise Unprocessable("It has not failed")
        return JsonResponse({})
