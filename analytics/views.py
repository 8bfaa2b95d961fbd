from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import sentiment
from analytics.serializers import CallSentimentSerializer
from calls.models import Call, Transcript
from calls.views.call import taking_part
from zerovoice.api.errors import NotFound
from zerovoice.api.viewsets import TenantViewSet


@extend_schema(tags=["Analytics"])
class AnalyticsViewSet(TenantViewSet):
    scope = "analytics"
    queryset = Call.objects.all()
    serializer_class = CallSentimentSerializer
    operation_ids = {"sentiment": "get_call_sentiment"}
    errors = {"sentiment": (404,)}

    @extend_schema(
        parameters=[OpenApiParameter("call_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="A call's id")]
    )
    @action(detail=False, url_path="sentiment/(?P<call_id>[^/.]+)")
    def sentiment(self, request: Request, call_id: str) -> Response:
        """How people sounded in a call: overall, each of them, and as the call went on.

        404: the call has no transcript, because it was not recorded or is none of yours.
        """
        call = taking_part(self.principal, self.own(Call.objects.filter(pk=call_id))).first()
        transcript = Transcript.objects.of(self.principal.organization_id).of_call(call) if call else None
        if transcript is None:
            raise NotFound()
        return self.answer(sentiment.of(transcript))
