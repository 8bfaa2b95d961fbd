from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls import transcript_search
from calls.filters import TranscriptFilterSet, TranscriptSearchFilterSet
from calls.models import Call, Segment, Transcript
from calls.serializers.transcript import HitSerializer, TranscriptDetailSerializer, TranscriptSerializer
from calls.transcript_text import Said, as_text, as_vtt
from calls.views.call import taking_part
from zerovoice.api.errors import BadRequest, NotFound
from zerovoice.api.pagination import PageLimitPagination
from zerovoice.api.viewsets import ListMixin, TenantViewSet

_DOCUMENTS: dict[str, tuple[str, Callable[[Iterable[Said]], str]]] = {
    "text": ("text/plain; charset=utf-8", as_text),
    "vtt": ("text/vtt; charset=utf-8", as_vtt),
}
_SUFFIX = {"text": "txt", "vtt": "vtt", "json": "json"}


class SearchPagination(PageLimitPagination):
    """A page of `transcript_search.Found`, which says where it was looked up."""

    example = {"semantic": "local"}

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.semantic = queryset.semantic
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data["semantic"] = self.semantic
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"]["semantic"] = {
            "type": "string",
            "enum": list(transcript_search.SEMANTIC),
            "description": "Where the meaning was looked up; `off` when only exact words were asked for.",
        }
        page["required"] = [*page["required"], "semantic"]
        return page


@extend_schema(tags=["Transcripts"])
class TranscriptViewSet(ListMixin, TenantViewSet):
    """What was said in recorded calls and in voicemails."""

    scope = "transcripts"
    queryset = Transcript.objects.select_related("call", "recording", "queue", "agent").prefetch_related("steps")
    lookup_url_kwarg = "transcript_id"
    serializer_class = TranscriptSerializer
    filterset_class = TranscriptFilterSet
    lists = {"search": HitSerializer}
    filtersets = {"search": TranscriptSearchFilterSet}
    counted = {"list": "transcripts"}
    query_parameters = {"search": ("q",), "export": ("as",)}
    operation_ids = {"of_call": "get_call_transcript", "search": "search_transcripts", "export": "export_transcript"}

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """An agent sees what was said in the calls they took part in."""
        if not self.principal.own_calls_only:
            return queryset
        return queryset.filter(Exists(taking_part(self.principal, Call.objects.filter(pk=OuterRef("call_id")))))

    @extend_schema(responses=TranscriptDetailSerializer)
    def retrieve(self, request: Request, transcript_id: str) -> Response:
        """A transcript, with what was said."""
        return self._whole(self.get_object())

    @extend_schema(
        responses=TranscriptDetailSerializer,
        parameters=[OpenApiParameter("call_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="A call's id")],
    )
    @action(detail=False, url_path="call/(?P<call_id>[^/.]+)")
    def of_call(self, request: Request, call_id: str) -> Response:
        """What was said in a call.

        That of the conversation; where there is none, that of the message which the caller left. It is there as soon as
        the recording is in our storage, and tells in `status` how far it is. 404: the call was not recorded, or is none
        of yours.
        """
        calls = taking_part(self.principal, self.own(Call.objects.filter(pk=call_id)))
        call = calls.first()
        if call is None:
            raise NotFound()
        transcript = self.get_queryset().of_call(call)  # type: ignore[attr-defined]
        if transcript is None:
            raise NotFound("The call has no transcript: it was not recorded, or the recording is not whole yet")
        return self._whole(transcript)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q",
                {"type": "string", "maxLength": transcript_search.MAX_QUERY, "pattern": r"[^\s\0]"},
                required=True,
                description=(
                    f'What to look for, at most {transcript_search.MAX_QUERY} characters. `"in quotes"`: exactly so; '
                    "`-word`: without it; `or` between alternatives"
                ),
                examples=[OpenApiExample("Another wording finds it too", "cancel my plan")],
            )
        ]
    )
    @action(detail=False, pagination_class=SearchPagination)
    def search(self, request: Request) -> Response:
        """Search in what was said, by words and by meaning.

        Each result is about a sentence, the best first. `semantic` says where the meaning was looked up: `zerodb`,
        `local`, or `off` when you asked for exact words only.
        """
        text = request.query_params.get("q", "").strip()
        if not text or "\x00" in text:
            raise BadRequest("Say what to look for", "q")
        if len(text) > transcript_search.MAX_QUERY:
            raise BadRequest(f"At most {transcript_search.MAX_QUERY} characters", "q")
        segments = self.filter_queryset(self.narrow(self.own(Segment.objects.all())))
        filters = set(request.query_params) & set(TranscriptSearchFilterSet.base_filters)
        found = transcript_search.search(
            text,
            segments,
            organization_id=self.principal.organization_id,
            narrowed=bool(filters) or self.principal.own_calls_only,
        )
        return self.answer_list(found)

    @extend_schema(
        parameters=[
            OpenApiParameter("as", str, enum=sorted(_SUFFIX), description="By default `json`, as this API answers it")
        ],
        responses={
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, description="A line for each segment"),
            (200, "text/vtt"): OpenApiResponse(OpenApiTypes.STR, description="WebVTT, for players"),
            (200, "application/json"): TranscriptDetailSerializer,
        },
    )
    @action(detail=True)
    def export(self, request: Request, transcript_id: str) -> HttpResponseBase:
        """Download a transcript as text, WebVTT or JSON."""
        form = request.query_params.get("as", "json")
        if form not in _SUFFIX:
            raise BadRequest(f"Must be one of {', '.join(sorted(_SUFFIX))}", "as")
        transcript = self.get_object()
        answer: HttpResponseBase
        if form == "json":
            answer = self._whole(transcript)
        else:
            content_type, document = _DOCUMENTS[form]
            said = transcript.segments.only("speaker", "start", "end", "text")
            answer = HttpResponse(document(said), content_type=content_type)
        answer["Content-Disposition"] = f'attachment; filename="transcript-{transcript.call_id}.{_SUFFIX[form]}"'
        return answer

    def _whole(self, transcript: Transcript) -> Response:
        return self.answer(transcript, serializer_class=TranscriptDetailSerializer)
