"""What was stored before transcription or ZeroDB were switched on is made up for by a command."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from calls.management import backfill
from calls.models import Recording, Transcript, TranscriptStep
from tests import people
from tests.api import factories
from tests.zerodb.control import ZeroDBControl

pytestmark = pytest.mark.django_db


def said(command: str) -> list[str]:
    out = io.StringIO()
    call_command(command, stdout=out)
    return out.getvalue().splitlines()


def test_recordings_without_a_transcript_get_one(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TRANSCRIPTION_ENGINE = "local"
    monkeypatch.setattr(backfill, "BATCH", 2)
    acme = people.organization()
    for _ in range(3):
        factories.voicemail(acme)
    factories.transcript(acme)
    assert said("transcribe_missing")[:2] == ["2 of 3 recordings (66 %)", "3 of 3 recordings (100 %)"]
    assert Transcript.objects.filter(status="pending").count() == 3
    assert TranscriptStep.objects.filter(kind="transcribe", state="pending").count() == 3
    assert said("transcribe_missing") == ["0 transcripts begun; /transcripts?status=pending shows those that are left."]


def test_not_those_that_are_not_stored(settings: Any) -> None:
    settings.TRANSCRIPTION_ENGINE = "local"
    factories.voicemail(people.organization())
    Recording.objects.update(state="failed")
    said("transcribe_missing")
    assert not Transcript.objects.exists()


def test_with_transcription_off_it_says_so() -> None:
    with pytest.raises(CommandError, match="TRANSCRIPTION_ENGINE"):
        call_command("transcribe_missing")


def test_transcripts_are_copied_to_zerodb(zerodb: ZeroDBControl) -> None:
    acme = people.organization()
    finished, _ = factories.transcript(acme), factories.transcript(acme, status="failed")
    assert said("copy_to_zerodb")[-1] == "1 transcripts will be copied."
    assert TranscriptStep.objects.get(kind="zerodb").transcript == finished
    assert said("copy_to_zerodb") == ["0 transcripts will be copied."]


def test_without_zerodb_it_says_so() -> None:
    with pytest.raises(CommandError, match="ZERODB_API_KEY"):
        call_command("copy_to_zerodb")
