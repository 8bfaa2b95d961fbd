from __future__ import annotations

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from calls import examples
from calls.models import Prompt
from zerovoice.api.serializers import StrictSerializer


@extend_schema_serializer(examples=[examples.PROMPT])
class PromptSerializer(serializers.ModelSerializer[Prompt]):
    content_type = serializers.CharField(help_text="audio/wav or audio/mpeg")
    sha256 = serializers.CharField(help_text="Of the file, in hexadecimal")
    audio_url = serializers.SerializerMethodField(help_text="The sound, with byte ranges; needs your credentials")

    class Meta:
        model = Prompt
        fields = ("id", "name", "content_type", "duration_seconds", "size", "sha256", "audio_url", "created_at")

    @extend_schema_field(OpenApiTypes.URI)
    def get_audio_url(self, prompt: Prompt) -> str:
        return str(self.context["request"].build_absolute_uri(reverse("prompt-audio", kwargs={"prompt_id": prompt.pk})))


@extend_schema_serializer(examples=[examples.RENAME_PROMPT])
class RenamePromptSerializer(StrictSerializer):
    name = serializers.CharField(max_length=64)


@extend_schema_serializer(examples=[examples.UPLOAD_PROMPT])
class UploadPromptSerializer(RenamePromptSerializer):
    file = serializers.FileField(
        help_text="WAV (PCM of 8 or 16 bits, µ-law or A-law, mono or stereo) or MP3; at most 10 MB and 10 minutes"
    )
