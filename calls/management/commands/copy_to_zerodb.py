"""ZeroDB's copy of what was said before it was switched on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef

from calls.actions import transcripts
from calls.management import backfill
from calls.models import Transcript, TranscriptStep


class Command(BaseCommand):
    help = "Have the workers copy to ZeroDB what was transcribed before it was switched on."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ZERODB_API_KEY:
            raise CommandError("ZeroDB is not configured: set ZERODB_API_KEY and ZERODB_PROJECT_ID.")
        kind = TranscriptStep.Kind.ZERODB
        copied = TranscriptStep.objects.filter(transcript=OuterRef("pk"), kind=kind)
        rows = Transcript.objects.filter(~Exists(copied), status=Transcript.Status.COMPLETED)
        begun = backfill.each(
            rows, lambda transcript: transcripts.go_on(transcript, kind), what="transcripts", out=self.stdout
        )
        self.stdout.write(f"{begun:,} transcripts will be copied.")
