from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls.models import Transcript, Voicemail
from calls.serializers.names import NamedSerializer
from zerovoice.api.serializers import OwnNumberField, StrictSerializer
from zerovoice.carrier.work import State as FetchState

_ID = "0199c0de-0000-7000-8000-000000000012"
VOICEMAIL = OpenApiExample(
    "A message in a queue's box",
    {
        "id": _ID,
        "call_id": "0199c0de-0000-7000-8000-000000000003",
        "from_number": "+14155550142",
        "queue": {"id": "0199c0de-0000-7000-8000-000000000001", "name": "Support"},
        "agent": None,
        "status": "new",
        "duration_seconds": 23,
        "media": "done",
        "audio_url": f"https://voice.example.com/api/v1/voicemails/{_ID}/audio",
        "transcript": {
            "id": "0199c0de-0000-7000-8000-000000000030",
            "status": "completed",
            "text": "Hello, this is Maria Lopez. Please call me back about my order.",
        },
        "created_at": "2026-03-02T19:04:11.310000Z",
    },
    status_codes=["200"],
)


class VoicemailTranscriptSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="`GET /transcripts/{id}` tells it word by word")
    status = serializers.ChoiceField(choices=Transcript.Status.choices)
    text = serializers.CharField(help_text="Empty until it is completed")


@extend_schema_serializer(examples=[VOICEMAIL])
class VoicemailSerializer(serializers.ModelSerializer[Voicemail]):
    from_number = serializers.CharField(help_text="Who called, as the carrier gives it; not always E.164")
    queue = NamedSerializer(allow_null=True, help_text="Whose box it is in; or the agent's")
    agent = NamedSerializer(allow_null=True)
    duration_seconds = serializers.IntegerField(source="recording.duration_seconds")
    media = serializers.ChoiceField(
        source="recording.state", choices=FetchState.choices, help_text="How far we are with fetching the audio"
    )
    audio_url = serializers.SerializerMethodField(help_text="WAV, with byte ranges; null until the media is fetched")
    transcript = serializers.SerializerMethodField(help_text="What was said; null until the media is fetched")

    class Meta:
        model = Voicemail
        fields = (
            "id",
            "call_id",
            "from_number",
            "queue",
            "agent",
            "status",
            "duration_seconds",
            "media",
            "audio_url",
            "transcript",
            "created_at",
        )

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_audio_url(self, voicemail: Voicemail) -> str | None:
        if not voicemail.recording or not voicemail.recording.file:
            return None
        path = reverse("voicemail-audio", kwargs={"voicemail_id": voicemail.pk})
        return str(self.context["request"].build_absolute_uri(path))

    @extend_schema_field(VoicemailTranscriptSerializer(allow_null=True))
    def get_transcript(self, voicemail: Voicemail) -> dict[str, Any] | None:
        transcript: Transcript | None = getattr(voicemail.recording, "transcript", None)
        if transcript is None:
            return None
        text = " ".join(segment.text for segment in transcript.segments.all())
        return {"id": transcript.pk, "status": transcript.status, "text": text}


@extend_schema_serializer(examples=[OpenApiExample("Listened to", {"status": "read"})])
class WriteVoicemailSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=Voicemail.Status.choices)


@extend_schema_serializer(
    examples=[
        OpenApiExample("From the number that was called", {}),
        OpenApiExample("From another, and recorded", {"from_number": "+16285550100", "record": True}),
    ]
)
class CallBackSerializer(StrictSerializer):
    from_number = OwnNumberField(required=False, help_text="E.164 or number id; by default the number that they called")
    record = serializers.BooleanField(required=False, help_text="Record the call (default: false)")
