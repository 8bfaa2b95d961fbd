from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from messaging import actions, media
from messaging.filters import ConversationFilterSet, MessageFilterSet
from messaging.models import Conversation, Message
from messaging.serializers import ConversationSerializer, MessageSerializer, SendMessageSerializer
from zerovoice.api.errors import NotFound
from zerovoice.api.idempotency import idempotent
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["SMS"])
class MessageViewSet(ListMixin, TenantViewSet):
    """SMS and MMS, both ways."""

    scope = "messaging"
    queryset = Message.objects.prefetch_related("media")
    lookup_url_kwarg = "message_id"
    serializer_class = MessageSerializer
    filterset_class = MessageFilterSet
    write_serializers = {"send": SendMessageSerializer}
    counted = {"list": "messages"}
    statuses = {"send": 201}
    operation_ids = {"send": "send_message", "media": "get_message_media"}
    errors = {"send": (422, 451, 503)}

    def retrieve(self, request: Request, message_id: str) -> Response:
        """A message."""
        return self.answer(self.get_object())

    @action(detail=False, methods=["post"])
    @idempotent
    def send(self, request: Request) -> Response:
        """Send an SMS, or an MMS with media.

        The carrier has it when this is answered, or may have it: then the status stays `queued` until it shows.
        Whoever must not be written to is refused (451), and so are emergency numbers (422).
        """
        message = actions.send_message(principal=self.principal, **self.validated())
        return self.answer(self.get_queryset().get(pk=message.pk), status=201)

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")},
        parameters=[
            OpenApiParameter(
                "media_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="One of the message's media"
            )
        ],
    )
    @action(detail=True, url_path="media/(?P<media_id>[^/.]+)", url_name="media")
    def media(self, request: Request, message_id: str, media_id: str) -> HttpResponseBase:
        """A picture or another file that came with the message."""
        medium = self.get_object().media.filter(pk=media_id).first()
        if medium is None or not medium.file:
            raise NotFound()
        return media.as_response(medium)


@extend_schema(tags=["SMS"])
class ConversationViewSet(ListMixin, TenantViewSet):
    """All messages between one person and one of your numbers."""

    scope = "messaging"
    queryset = Conversation.objects.select_related("last_message").prefetch_related("last_message__media")
    lookup_url_kwarg = "conversation_id"
    serializer_class = ConversationSerializer
    filterset_class = ConversationFilterSet
    lists = {"messages": MessageSerializer}
    operation_ids = {"messages": "list_conversation_messages"}

    def narrow(self, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        known = Contact.objects.filter(organization_id=OuterRef("organization_id"), phone=OuterRef("phone"))
        return queryset.annotate(
            contact_id=Subquery(known.values("pk")[:1]), contact_name=Subquery(known.values("name")[:1])
        )

    def retrieve(self, request: Request, conversation_id: str) -> Response:
        """A conversation."""
        return self.answer(self.get_object())

    @action(detail=True)
    def messages(self, request: Request, conversation_id: str) -> Response:
        """Its messages, the newest first."""
        return self.answer_list(self.get_object().messages.prefetch_related("media"))
