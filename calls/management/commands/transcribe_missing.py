"""Transcripts for recordings that have none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.actions import transcripts
from calls.management import backfill
from calls.models import Recording
from zerovoice.carrier.work import State
from zerovoice.speech import engine


class Command(BaseCommand):
    help = "Begin transcripts of recordings that were stored while transcription was off. The workers make them."

    def handle(self, *args: Any, **options: Any) -> None:
        if not engine.is_on():
            raise CommandError("Transcription is off: set TRANSCRIPTION_ENGINE.")
        rows = Recording.objects.filter(state=State.DONE, transcript=None).select_related("call")
        begun = backfill.each(rows, transcripts.begin, what="recordings", out=self.stdout)
        self.stdout.write(f"{begun:,} transcripts begun; /transcripts?status=pending shows those that are left.")
