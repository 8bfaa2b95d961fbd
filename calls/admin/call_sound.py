"""What was heard and said in a call: its recordings, and their transcripts line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse

from calls.admin.call_axis import clock as mark
from calls.models import Call, Recording, Segment, Transcript, TranscriptStep
from zerovoice.accounts.lists import local, seconds
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.speech import engine

MOST_RECORDINGS = 10
#: Hours of talk. The rest is in the export.
MOST_LINES = 3000
#: So long after its end a recording of a call may still be on its way to us.
_ON_ITS_WAY = timedelta(minutes=2)
_MOODS = {"positive": "Positive", "neutral": "Neutral", "negative": "Negative"}


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a transcript. Seconds of the recording."""

    start: float
    end: float
    clock: str
    speaker: str
    who: str
    mood: str  # positive, neutral or negative; empty: not judged yet
    mood_words: str
    text: str


class Heard:
    """A recording, with its transcript where there is one."""

    def __init__(self, recording: Recording, lines: list[Said], names: dict[str, str], zone: str) -> None:
        self.recording, self.lines, self.zone = recording, lines, zone
        self.transcript: Transcript | None = getattr(recording, "transcript", None)
        self.speakers = [names.get(channel, channel.capitalize()) for channel in recording.channels]

    @property
    def title(self) -> str:
        voicemail = self.recording.kind == Recording.Kind.VOICEMAIL
        return "The message" if voicemail else "The conversation"

    @property
    def length(self) -> str:
        return seconds(self.recording.duration_seconds)

    @property
    def playable(self) -> bool:
        return bool(self.recording.file)

    @property
    def failed(self) -> bool:
        return self.recording.state == State.FAILED

    @property
    def problem(self) -> str:
        """Why there is nothing to hear, in words; empty where there is."""
        recording = self.recording
        if recording.erased_at:
            return f"The sound was removed {local(recording.erased_at, self.zone)}."
        if recording.file:
            return ""
        if self.failed:
            return f"The sound could not be fetched from the carrier: {recording.last_error or 'no reason was given'}"
        if recording.status in (Recording.Status.IN_PROGRESS, Recording.Status.PAUSED):
            return "It is being recorded." if recording.status == Recording.Status.IN_PROGRESS else "Recording pauses."
        return "The sound is being fetched from the carrier."

    @property
    def transcript_problem(self) -> str:
        """Why there is nothing to read, or not all of it."""
        transcript = self.transcript
        if transcript is None:
            if self.recording.erased_at or not self.playable:
                return ""
            return "Not transcribed yet." if engine.is_on() else "Not transcribed: transcription is switched off here."
        if transcript.erased_at:
            return f"What was said was removed {local(transcript.erased_at, self.zone)}."
        if transcript.status == Transcript.Status.FAILED:
            return f"The transcription failed: {transcript.reason or 'no reason was given'}"
        if transcript.status != Transcript.Status.COMPLETED:
            return f"Not transcribed yet. {self._progress}"
        return transcript.reason or ("" if self.lines else "Nobody speaks in it.")

    @property
    def _progress(self) -> str:
        if self.transcript is None or self.transcript.is_over:
            return ""
        step: TranscriptStep | None = next(
            (one for one in self.transcript.steps.all() if one.state != State.DONE), None
        )
        if step is None:
            return ""
        error = f" It is tried again after: {step.last_error}" if step.last_error else ""
        return f"{step}: {step.progress} %.{error}"

    @property
    def can_be_tried_again(self) -> bool:
        transcript = self.transcript
        failed = transcript is not None and transcript.status == Transcript.Status.FAILED
        return failed and self.playable and transcript.erased_at is None  # type: ignore[union-attr]

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come by itself."""
        recording, transcript = self.recording, self.transcript
        if recording.erased_at or self.failed:
            return True
        return self.playable and (transcript is None or transcript.is_over)

    @property
    def mood(self) -> str:
        return _MOODS.get(self.transcript.sentiment, "") if self.transcript else ""

    @property
    def peaks_url(self) -> str:
        return reverse("admin:call_peaks", args=[self.recording.pk])

    @property
    def audio_url(self) -> str:
        return reverse("admin:calls_recording_audio", args=[self.recording.pk])

    @property
    def version(self) -> str:
        recording = self.recording
        return f"{recording.state}.{recording.status}.{recording.duration_seconds}.{recording.erased_at}"

    @property
    def transcript_version(self) -> str:
        transcript = self.transcript
        if transcript is None:
            return "none"
        return f"{transcript.status}.{self._progress}.{transcript.completed_at}.{transcript.erased_at}"


class Sound:
    """All that was recorded of a call. `reads`: whether the person may read transcripts."""

    def __init__(self, call: Call, *, customer: str, agent: str, reads: bool) -> None:
        rows = call.recordings.select_related("transcript").order_by("created_at", "id")
        recordings = list(rows[:MOST_RECORDINGS])
        at_work = [one.transcript for one in recordings if hasattr(one, "transcript") and not one.transcript.is_over]
        prefetch_related_objects(at_work, "steps")
        names = {"customer": customer, "agent": agent or "Agent", "mixed": "Everybody, on one channel"}
        said = _said(recordings, names) if reads else {}
        zone = call.organization.timezone
        self.call, self.reads = call, reads
        self.heard = [Heard(one, said.get(getattr(one, "transcript", None), []), names, zone) for one in recordings]
        self.more_lines = sum(len(lines) for lines in said.values()) >= MOST_LINES

    @property
    def version(self) -> str:
        return " ".join(f"{one.recording.pk}.{one.version}" for one in self.heard) or self.nothing

    @property
    def nothing(self) -> str:
        """Why there is no recording, in words."""
        if self.heard:
            return ""
        if self._on_its_way:
            return "The recording is on its way from the carrier."
        if self.call.ended_at is None:
            return "This call is not being recorded."
        if self.call.record:
            return "It was to be recorded, but there is no recording of it."
        return "This call was not recorded."

    @property
    def _on_its_way(self) -> bool:
        call = self.call
        return call.record and (call.ended_at is None or clock.now() - call.ended_at < _ON_ITS_WAY)

    @property
    def settled(self) -> bool:
        return all(one.settled for one in self.heard) if self.heard else not self._on_its_way


def _said(recordings: list[Recording], names: dict[str, str]) -> dict[Any, list[Said]]:
    """The lines of each transcript."""
    transcripts = {one.transcript.pk: one.transcript for one in recordings if hasattr(one, "transcript")}
    found: dict[Any, list[Said]] = {transcript: [] for transcript in transcripts.values()}
    if not transcripts:
        return found
    who = {**names, "system": "The system", "target": "Transfer target", "mixed": "Somebody"}
    rows = Segment.objects.filter(transcript__in=transcripts).order_by("transcript", "position")
    for row in rows.values_list("transcript_id", "start", "end", "speaker", "sentiment", "text")[:MOST_LINES]:
        transcript_id, start, end, speaker, mood, text = row
        said = Said(
            start, end, mark(start), speaker, who.get(speaker, speaker), mood, _MOODS.get(mood, "Not judged yet"), text
        )
        found[transcripts[transcript_id]].append(said)
    return found
