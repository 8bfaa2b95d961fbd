from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Recording
from zerovoice.carrier.work import State as FetchState


@extend_schema_serializer(examples=[examples.RECORDING])
class RecordingSerializer(serializers.ModelSerializer[Recording]):
    channels = serializers.ListField(
        child=serializers.CharField(), help_text="Who speaks on which channel, in the order of the file"
    )
    sha256 = serializers.CharField(help_text="Of the audio, in hexadecimal; empty until it is fetched")
    audio_url = serializers.SerializerMethodField(help_text="WAV, with byte ranges; null until the media is fetched")
    erased_at = serializers.DateTimeField(allow_null=True, help_text="When its sound was removed; else null")
    media = serializers.ChoiceField(
        source="state", choices=FetchState.choices, help_text="How far we are with fetching the audio"
    )

    class Meta:
        model = Recording
        fields = (
            *("id", "status", "channels", "started_at", "duration_seconds", "media", "size", "sha256", "audio_url"),
            "erased_at",
        )

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_audio_url(self, recording: Recording) -> str | None:
        if not recording.file:
            return None
        path = reverse("call-audio", kwargs={"call_id": recording.call_id, "recording_id": recording.pk})
        return str(self.context["request"].build_absolute_uri(path))
