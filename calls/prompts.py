"""Where the carrier fetches a prompt from: an address that nobody can guess, and that needs no log-in."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from calls.models import Prompt

EXTENSIONS = {"audio/wav": "wav", "audio/mpeg": "mp3"}

_signer = signing.Signer(salt="calls.prompts", sep=".")


def url(prompt: Prompt) -> str:
    """The absolute address of its sound; ends in .wav or .mp3, and holds as long as the prompt does."""
    token = f"{_signer.sign(prompt.pk.hex)}.{EXTENSIONS[prompt.content_type]}"
    return f"{settings.PUBLIC_URL}{reverse('prompt-media', kwargs={'token': token})}"


def named_by(token: str) -> Prompt | None:
    """The prompt of an address that `url` made; None for a made-up one, and for one that is gone."""
    signed, _, extension = token.rpartition(".")
    try:
        pk = UUID(_signer.unsign(signed))
    except (signing.BadSignature, ValueError):
        return None
    prompt = Prompt.objects.filter(pk=pk).first()
    return prompt if prompt and EXTENSIONS[prompt.content_type] == extension else None
