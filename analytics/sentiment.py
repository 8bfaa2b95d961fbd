"""The sentiment of a call, from what its transcript's lines were judged to be."""

from __future__ import annotations

from typing import Any

from calls.models import Segment, Transcript
from zerovoice.speech.moods import Line, Sentiment, by_speaker, overall, timeline


def of(transcript: Transcript) -> dict[str, Any]:
    """As the API answers it. What nobody said (prompts) is no one's mood."""
    recording = transcript.recording
    said = transcript.segments.exclude(speaker=Segment.Speaker.SYSTEM).exclude(sentiment="")
    lines = [
        Line(one.speaker, one.start, one.end, one.text, Sentiment(one.sentiment, one.sentiment_score or 0.0, engine))
        for engine in [transcript.sentiment_engine]
        for one in said.only("speaker", "start", "end", "text", "sentiment", "sentiment_score")
    ]
    duration = max([float(recording.duration_seconds), *(line.end for line in lines)])
    return {
        "call_id": transcript.call_id,
        "transcript_id": transcript.pk,
        "status": transcript.status,
        "duration_seconds": recording.duration_seconds,
        "overall": overall(lines),
        "speakers": [
            {
                "speaker": speaker,
                "sentiment": mood,
                "segments": sum(line.speaker == speaker for line in lines),
                "words": sum(len(line.text.split()) for line in lines if line.speaker == speaker),
            }
            for speaker, mood in by_speaker(lines).items()
        ],
        "timeline": [
            {
                "start": stretch.start,
                "end": stretch.end,
                "sentiment": stretch.sentiment,
                "speakers": by_speaker(line for line in lines if stretch.start <= line.start < stretch.end),
            }
            for stretch in timeline(lines, duration)
        ],
    }
