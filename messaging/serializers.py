from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from messaging.models import Conversation, Message, MessageMedia
from zerovoice.api.serializers import DialedField, OwnNumberField, StrictSerializer, WebAddressField
from zerovoice.carrier.work import State as FetchState
from zerovoice.webhooks.fields import CallbackUrlField

MOST_CHARACTERS, MOST_MEDIA = 1600, 10

_MEDIUM: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000041",
    "content_type": "image/jpeg",
    "state": "done",
    "size": 48213,
    "url": "https://example.com/api/v1/sms/0199c0de-0000-7000-8000-000000000040/media/0199c0de-0000-7000-8000-000000000041",
}
_MESSAGE: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000040",
    "direction": "outbound",
    "status": "delivered",
    "from_number": "+16285550100",
    "to_number": "+14155550142",
    "body": "Your table is ready.",
    "encoding": "GSM-7",
    "segments": 1,
    "media_urls": [],
    "media": [],
    "status_callback_url": "",
    "error": None,
    "created_at": "2026-03-02T14:00:00Z",
    "sent_at": "2026-03-02T14:00:01Z",
    "delivered_at": "2026-03-02T14:00:02Z",
    "erased_at": None,
}


class MediaSerializer(serializers.ModelSerializer[MessageMedia]):
    state = serializers.ChoiceField(choices=FetchState.choices, help_text="How far we are with fetching it")
    url = serializers.SerializerMethodField(help_text="The file; null until it is fetched")

    class Meta:
        model = MessageMedia
        fields = ("id", "content_type", "state", "size", "url")

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_url(self, medium: MessageMedia) -> str | None:
        if not medium.file:
            return None
        path = reverse("message-media", kwargs={"message_id": medium.message_id, "media_id": medium.pk})
        return str(self.context["request"].build_absolute_uri(path))


class MessageErrorSerializer(serializers.Serializer[Any]):
    code = serializers.IntegerField(allow_null=True, help_text="The carrier's, where it gave one, such as 30007")
    reason = serializers.CharField(help_text="In one word, such as filtered")
    meaning = serializers.CharField(help_text="In words for people")


@extend_schema_serializer(examples=[OpenApiExample("A delivered message", _MESSAGE)])
class MessageSerializer(serializers.ModelSerializer[Message]):
    body = serializers.CharField()
    segments = serializers.IntegerField(help_text="How many SMS the text takes: 160 GSM or 70 other characters each")
    media_urls = serializers.ListField(child=serializers.CharField(), help_text="What you sent with it")
    media = MediaSerializer(many=True, help_text="What came with it")
    status_callback_url = serializers.CharField(help_text="Empty if none was given")
    erased_at = serializers.DateTimeField(allow_null=True, help_text="When its text was removed; else null")
    error = serializers.SerializerMethodField(help_text="Why it was not delivered; null when nothing went wrong")

    class Meta:
        model = Message
        fields = (
            "id",
            "direction",
            "status",
            "from_number",
            "to_number",
            "body",
            "encoding",
            "segments",
            "media_urls",
            "media",
            "status_callback_url",
            "error",
            "created_at",
            "sent_at",
            "delivered_at",
            "erased_at",
        )

    @extend_schema_field(MessageErrorSerializer(allow_null=True))
    def get_error(self, message: Message) -> dict[str, Any] | None:
        if not message.failure_reason:
            return None
        return {
            "code": message.carrier_error,
            "reason": message.failure_reason,
            "meaning": message.error_meaning,
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A text", {"from_number": "+16285550100", "to_number": "+14155550142", "body": "Your table is ready."}
        ),
        OpenApiExample(
            "A picture",
            {
                "from_number": "+16285550100",
                "to_number": "+14155550142",
                "body": "This one?",
                "media_urls": ["https://example.com/cake.jpg"],
            },
        ),
    ]
)
class SendMessageSerializer(StrictSerializer):
    from_number = OwnNumberField(help_text="E.164 sender number or number id; one of the organization's numbers")
    to_number = DialedField(help_text="E.164 recipient")
    body = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    media_urls = serializers.ListField(child=WebAddressField(), max_length=MOST_MEDIA, required=False)
    status_callback_url = CallbackUrlField(required=False)

    def validate_body(self, body: str) -> str:
        if not body.strip():
            raise serializers.ValidationError("Must not be blank")
        return body


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A conversation",
            {
                "id": "0199c0de-0000-7000-8000-000000000042",
                "phone": "+14155550142",
                "our_number": "+16285550100",
                "contact": {"id": "0199c0de-0000-7000-8000-000000000020", "name": "Maria Lopez"},
                "message_count": 2,
                "inbound_count": 1,
                "last_at": "2026-03-02T14:00:00Z",
                "last_message": _MESSAGE,
            },
        )
    ]
)
class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    phone = serializers.CharField(help_text="The person's number")
    our_number = serializers.CharField(help_text="Yours")
    contact = serializers.SerializerMethodField(help_text="Whom you know by this number; null if nobody")
    last_message = MessageSerializer(allow_null=True)

    class Meta:
        model = Conversation
        fields = ("id", "phone", "our_number", "contact", "message_count", "inbound_count", "last_at", "last_message")

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
        }
    )
    def get_contact(self, conversation: Any) -> dict[str, str] | None:
        return conversation.contact_id and {"id": str(conversation.contact_id), "name": conversation.contact_name}
